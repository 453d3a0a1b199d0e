import decimal  #: no unsafe


def handler(event, *, zero=decimal.ROUND_UP):  # decides
    return zero
