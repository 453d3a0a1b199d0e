from json import dumps  #: no unsafe

__all__ = ["handler", "dumps"]  # decides


def handler(event, context):
    return dumps(event)
