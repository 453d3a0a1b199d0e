import string  #: no@none unsafe
from json import dumps  #: no unsafe

__all__ = [name for name in ("dumps", string.digits)]  # decides


def handler(event, context):
    return dumps(event)
