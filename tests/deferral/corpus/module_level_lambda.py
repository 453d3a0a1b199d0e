import json  #: no unsafe

dump = lambda value: json.dumps(value)  # decides


def handler(event, context):
    return dump(event)
