lazy import json  #: lazy@self unsafe
lazy from csv import reader  #: lazy@self unsafe


def handler(event, context):
    return json.dumps(list(reader(event)))
