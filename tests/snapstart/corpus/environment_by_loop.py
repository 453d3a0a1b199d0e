import os

NAMES = ("HOME", "LANG")
VALUES = [os.environ[name] for name in NAMES]  # note: environment
