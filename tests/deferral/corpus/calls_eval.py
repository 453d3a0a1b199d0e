import math  #: no unsafe


def handler(event, context):
    return eval(event["formula"]), math.pi  # decides
