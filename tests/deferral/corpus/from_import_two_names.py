from decimal import (  #: deferrable safe
    Decimal,
    getcontext as context_of,
)


def handler(event, context):
    context_of().prec = 5  # decides
    return Decimal(1) / 3
