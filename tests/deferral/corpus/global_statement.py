import json  #: no unsafe


def patch():
    global json  # decides
    json = None


def handler(event, context):
    return json.dumps(event)
