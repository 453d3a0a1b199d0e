import google  #: deferrable safe
import google.auth as login  #: no unsafe


def handler(event, context):
    return google.auth.default()  # decides


def other():
    return login.default()
