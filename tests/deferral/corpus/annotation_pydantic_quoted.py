from pydantic import BaseModel  #: no@none unsafe
from models import Order  #: no unsafe


class Cart(BaseModel):
    first: "Order"  # decides
