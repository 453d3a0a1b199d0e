import functools  #: no unsafe


@functools.cache  # decides
def handler(event, context):
    return functools.reduce(max, event)
