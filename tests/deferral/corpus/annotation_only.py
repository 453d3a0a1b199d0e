from models import Order  #: annotations safe


def handler(event: Order, context) -> list[Order]:  # decides
    total: Order
    return [event]
