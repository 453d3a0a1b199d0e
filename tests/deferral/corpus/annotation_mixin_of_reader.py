from pydantic import BaseModel  #: no@none unsafe
from models import Order  #: no unsafe


class Mixin:
    first: "Order"  # decides


class Cart(BaseModel, Mixin):
    pass
