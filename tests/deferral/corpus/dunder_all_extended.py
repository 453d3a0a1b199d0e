from json import dumps  #: no unsafe

__all__ = ["handler"]
__all__ += ("dumps",)  # decides


def handler(event, context):
    return dumps(event)
