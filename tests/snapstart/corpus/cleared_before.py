from snapshot_restore_py import register_after_restore, register_before_snapshot
import uuid

SESSION = str(uuid.uuid4())  # accepted: uuid


@register_before_snapshot
def clear():
    global SESSION
    SESSION = None
