import json  #: no unsafe


def handler(event, context):
    json.dumps(event)
    return "{event}".format(**locals())  # decides
