from fastapi_cache import cache  #: no@none unsafe
from models import Order  #: no unsafe


@cache
def create(order: "Order"):  # decides
    return order
