import json  #: deferrable safe


def handler(event, context):
    return json.dumps(vars(event))  # decides
