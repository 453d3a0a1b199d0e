from snapshot_restore_py import register_after_restore, register_before_snapshot
import random

BUCKET = random.random()  # hazard: random


@register_after_restore
def renew():
    global BUCKET
    BUCKET = random.random()
