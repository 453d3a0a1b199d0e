import socket  #: no unsafe

FAMILY = socket.AddressFamily(2)


def lambda_handler(event, context):
    return f"{FAMILY=}"  # decides
