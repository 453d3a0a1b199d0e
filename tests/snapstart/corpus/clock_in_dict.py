import time

STATE = {
    "started": time.time(),
    "requests": 0,
}  # hazard@3: clock
