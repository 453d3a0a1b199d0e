import json  #: deferrable safe


def handler(event, context):
    class Encoder(json.JSONEncoder):  # decides
        def default(self, value):
            return json.loads(value)

    return Encoder().encode(event)
