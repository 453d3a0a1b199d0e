import sys  #: no@none unsafe

if sys.version_info >= (3, 11):
    import tomllib  #: no@none unsafe
else:
    import tomli as tomllib  #: no@none unsafe


def handler(event, context):
    return tomllib.loads(event)
