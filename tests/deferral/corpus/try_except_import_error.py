try:  # decides
    import orjson as fast  #: no unsafe
except ImportError:
    fast = None


def handler(event, context):
    return fast
