import json  #: no unsafe


def handler(event, context):
    global json  # decides
    return json.dumps(event)
