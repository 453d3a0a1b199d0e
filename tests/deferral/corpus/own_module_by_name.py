import sys  #: no unsafe
import math  #: no unsafe


def handler(event, context):
    return getattr(sys.modules[__name__], event["name"]), math.pi  # decides
