import json  #: deferrable safe


def handler(event, context):
    return "ä€𝄞", json.dumps(event)  # decides
