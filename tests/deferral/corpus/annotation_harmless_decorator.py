import functools  #: no@none unsafe
from models import Order  #: annotations safe


@functools.lru_cache(maxsize=None)
def create(order: Order):  # decides
    return order
