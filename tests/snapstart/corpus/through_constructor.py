import time


class Clock:
    def __init__(self):
        self.started = time.monotonic()


CLOCK = Clock()  # hazard: clock
