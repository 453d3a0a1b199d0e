import time


def handler(event, context, started=time.time()):  # hazard: clock
    return started
