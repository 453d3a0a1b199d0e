import os

TABLE = os.environ.get("TABLE", "orders")  # note: environment
