import random

BUCKET = random.randint(1, 100)  # hazard: random
ROLLOUT = random.random() < 0.5  # hazard: random
