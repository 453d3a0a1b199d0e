import socket  #: getter safe

FAMILY = socket.AddressFamily(2)  # decides


def lambda_handler(event, context):
    return f"family {FAMILY!r:>10}"
