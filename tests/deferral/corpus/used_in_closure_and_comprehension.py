import re  #: deferrable safe


def handler(event, context):
    return {key: re.escape(key) for key in event if [re.match(x, key) for x in event]}  # decides
