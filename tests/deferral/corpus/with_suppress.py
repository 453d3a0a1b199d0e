import contextlib  #: no@none unsafe

with contextlib.suppress(ImportError):
    import orjson  #: no@none unsafe


def handler(event, context):
    return orjson.dumps(event)
