import socket  #: no unsafe

match 1:
    case socket.AF_INET:  # decides
        pass
