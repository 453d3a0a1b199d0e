import json  #: no unsafe


def handler(event, context):
    class Tools:
        json = json  # decides

    return Tools.json.dumps(event)
