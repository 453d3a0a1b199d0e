from snapshot_restore_py import register_after_restore, register_before_snapshot
import uuid

STATE = {"session": uuid.uuid4()}  # accepted: uuid


@register_after_restore
def renew():
    STATE["session"] = uuid.uuid4()
