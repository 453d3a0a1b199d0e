import json  #: no unsafe

try:
    pass
except ValueError as json:  # decides
    pass


def handler(event, context):
    return json
