from typing import Optional  #: no@none unsafe
from models import Order  #: no unsafe

MaybeOrder = Optional["Order"]  # decides


def handler(event, context):
    return Order, MaybeOrder
