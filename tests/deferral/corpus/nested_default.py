import decimal  #: deferrable safe


def handler(event, context):
    def add(value, zero=decimal.Decimal(0)):  # decides
        return value + zero

    return add(event)
