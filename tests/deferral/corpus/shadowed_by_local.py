import json  #: deferrable safe


def other(event):
    json = event["module"]
    return [json for json in event] + [json]


def handler(event, context):
    return json.dumps(event)  # decides
