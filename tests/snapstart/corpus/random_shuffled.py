import random

HOSTS = ["a", "b", "c", "d"]
random.shuffle(HOSTS)  # hazard: random
