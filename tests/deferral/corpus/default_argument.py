import decimal  #: no unsafe


def handler(event, zero=decimal.Decimal(0)):  # decides
    return zero
