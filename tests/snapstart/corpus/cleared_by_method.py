from snapshot_restore_py import register_after_restore, register_before_snapshot
import uuid

CACHE = {}
CACHE["id"] = uuid.uuid4()  # accepted: uuid
register_before_snapshot(CACHE.clear)
