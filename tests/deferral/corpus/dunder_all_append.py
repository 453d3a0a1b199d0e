from json import dumps  #: no unsafe
from csv import reader  #: deferrable@none safe

__all__ = []
__all__.append("handler")
__all__.extend(["dumps"])  # decides


def handler(event, context):
    return dumps(reader(event))
