import json  #: no@none unsafe
import simplejson as json  #: no@none unsafe


def handler(event, context):
    return json.dumps(event)
