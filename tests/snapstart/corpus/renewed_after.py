from snapshot_restore_py import register_after_restore, register_before_snapshot
import uuid

SESSION = str(uuid.uuid4())  # accepted: uuid


def renew():
    global SESSION
    SESSION = str(uuid.uuid4())


register_after_restore(renew)
