import json  #: no unsafe


def handler(event, context):
    return json.dumps(event)


json = None  # decides
