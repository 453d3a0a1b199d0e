import os

KEY = os.environ["AWS_ACCESS_KEY_ID"]  # hazard: credentials
SECRET = os.getenv("AWS_SECRET_ACCESS_KEY")  # hazard: credentials
