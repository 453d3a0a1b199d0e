import threading  #: no unsafe

LOCK = threading.Lock()  # decides


def lambda_handler(event, context):
    with LOCK:
        return event
