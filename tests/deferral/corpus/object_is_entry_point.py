from mangum import Mangum  #: no unsafe

handler = Mangum(object())  # decides


def other(event):
    return handler(event, None)
