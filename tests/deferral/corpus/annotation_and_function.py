from models import Order  #: deferrable safe


def handler(event: Order, context):
    return Order(event)  # decides
