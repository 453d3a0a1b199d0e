from snapshot_restore_py import register_after_restore, register_before_snapshot
import socket

CONNECTION = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # accepted: connection


@register_before_snapshot
def close():
    CONNECTION.close()
