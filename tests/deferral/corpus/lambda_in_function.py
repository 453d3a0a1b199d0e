import json  #: deferrable safe


def handler(event, context):
    return sorted(event, key=lambda item: json.dumps(item))  # decides
