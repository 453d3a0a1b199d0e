import random

RNG = random.Random()  # hazard: random
FIXED = random.Random(7)
VALUE = FIXED.random()
