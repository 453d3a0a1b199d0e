try:
    import orjson  #: no@none unsafe
except ImportError:
    import json as orjson  #: no@none unsafe


def handler(event, context):
    return orjson.dumps(event)
