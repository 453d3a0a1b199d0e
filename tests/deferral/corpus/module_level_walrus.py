import json  #: no unsafe

if (dump := json.dumps):  # decides
    pass


def handler(event, context):
    return dump(event)
