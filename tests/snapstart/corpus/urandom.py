import os

SALT = os.urandom(16)  # hazard: urandom
