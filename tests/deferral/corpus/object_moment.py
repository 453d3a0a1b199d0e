import time  #: no unsafe

STARTED = time.time()  # decides


def lambda_handler(event, context):
    return time.time() - STARTED
