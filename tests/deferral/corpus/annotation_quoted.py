from models import Order  #: annotations safe


def handler(event: "list['Order']", context):  # decides
    return event
