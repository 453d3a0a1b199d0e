import re  #: getter safe

WORD = re.compile(r"\w+")  # decides


def lambda_handler(event, context):
    return WORD.findall(event), re.escape(event)
