from snapshot_restore_py import register_after_restore, register_before_snapshot
import secrets
import time

KEY = secrets.token_hex()  # accepted: secrets
STARTED = time.time()  # hazard: clock


@register_after_restore
def renew():
    global KEY
    KEY = secrets.token_hex()
