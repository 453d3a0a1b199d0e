import functools  #: deferrable safe


def handler(event, context):
    compose = functools.partial(print, end="")  # decides
    return compose
