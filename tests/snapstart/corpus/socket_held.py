import socket

CONNECTION = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # hazard: connection
CONNECTION.connect(("127.0.0.1", 9))
