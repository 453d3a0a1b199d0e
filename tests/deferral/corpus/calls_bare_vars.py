import json  #: no unsafe


def handler(event, context):
    return json, vars()  # decides
