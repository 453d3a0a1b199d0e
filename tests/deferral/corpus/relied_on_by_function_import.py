import google.auth as login  #: no unsafe
import json.decoder as decoder  #: deferrable@12 safe


def handler(event, context):
    import google

    return google.auth.default()  # decides


def other():
    return login.default(), decoder.JSONDecoder()


def third():
    import json.decoder

    return json.decoder.JSONDecodeError
