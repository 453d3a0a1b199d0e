from dataclasses import dataclass  #: no@none unsafe
from models import Order  #: annotations safe


@dataclass
class Cart:
    size: int

    def first(self) -> "Order":  # decides
        return self.size
