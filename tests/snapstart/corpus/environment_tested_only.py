import os

if os.environ.get("DEBUG"):
    print("debugging")
