import time

STARTED = time.time()  # hazard: clock
BEGAN = time.perf_counter()  # hazard: clock
