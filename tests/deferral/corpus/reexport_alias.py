from json import dumps as dumps  #: no@self unsafe


def handler(event, context):
    return dumps(event)
