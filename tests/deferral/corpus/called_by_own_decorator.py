import time  #: no unsafe


def timed(function):
    def wrapper(event, context):
        start = time.time()
        return function(event, context), time.time() - start

    return wrapper


@timed  # decides
def handler(event, context):
    return event
