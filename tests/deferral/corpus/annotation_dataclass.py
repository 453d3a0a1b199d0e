from dataclasses import dataclass  #: no@none unsafe
from models import Order  #: no unsafe


@dataclass
class Cart:
    first: Order  # decides
