from snapshot_restore_py import register_after_restore, register_before_snapshot
import secrets

KEYS = {"a": secrets.token_hex()}  # accepted: secrets


def renew(name, length=8):
    KEYS[name] = secrets.token_hex(length)


register_after_restore(renew, "a", length=4)
