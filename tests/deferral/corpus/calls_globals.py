import numpy as np  #: no unsafe


def handler(event, context):
    return globals()[event["name"]].zeros(3), np  # decides
