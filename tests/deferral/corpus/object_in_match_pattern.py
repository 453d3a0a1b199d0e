import socket  #: no unsafe

FAMILY = socket.AddressFamily(2)


def lambda_handler(event, context):
    match event:
        case FAMILY.name:  # decides
            return 1
