import time  #: no unsafe


def now():
    return time.time()  # decides


STARTED = now()


def lambda_handler(event, context):
    return STARTED
