import random

rng = random.SystemRandom()
TOKEN = rng.randint(0, 9)  # hazard: secrets
