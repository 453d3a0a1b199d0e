import string  #: no unsafe

DIGITS = (char in string.digits for char in "abc")  # decides


def handler(event, context):
    return next(DIGITS)
