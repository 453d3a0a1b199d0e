from pydantic import BaseModel  #: no@none unsafe
from models import Order  #: no unsafe


class Base(BaseModel):
    pass


class Cart(Base):
    first: "Order"  # decides
