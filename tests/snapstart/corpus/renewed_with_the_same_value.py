from snapshot_restore_py import register_after_restore, register_before_snapshot
from datetime import date

TODAY = date.today()  # accepted: clock


@register_after_restore
def renew():
    global TODAY
    TODAY = date.today()
