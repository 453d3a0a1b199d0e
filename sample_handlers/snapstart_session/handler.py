"""A session id that no two environments share: cleared before the snapshot, renewed after it."""

import uuid

from snapshot_restore_py import register_after_restore, register_before_snapshot

SESSION_ID = str(uuid.uuid4())


@register_before_snapshot
def forget_session():
    global SESSION_ID
    SESSION_ID = None


@register_after_restore
def renew_session():
    global SESSION_ID
    SESSION_ID = str(uuid.uuid4())


def handler(event, context):
    return {"statusCode": 200, "body": SESSION_ID}
