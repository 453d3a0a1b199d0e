import json  #: no unsafe

for json in ():  # decides
    pass


def handler(event, context):
    return json
