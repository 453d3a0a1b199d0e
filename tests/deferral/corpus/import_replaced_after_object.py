import json as codec  #: no@none unsafe

decoder = codec.JSONDecoder()
import simplejson as codec  #: no@none unsafe


def lambda_handler(event, context):
    return decoder.decode(event)
