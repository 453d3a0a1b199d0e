from snapshot_restore_py import register_after_restore, register_before_snapshot
import uuid

SESSION = str(uuid.uuid4())  # hazard: uuid


def handler(event, context):  # hazard: late-hook
    @register_after_restore
    def renew():
        global SESSION
        SESSION = str(uuid.uuid4())
