import socket

probe = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
probe.close()
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
    other.getsockname()
