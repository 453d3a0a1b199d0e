import os

EVERYTHING = dict(os.environ)  # hazard: environment
