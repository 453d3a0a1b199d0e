import enum  #: no@none unsafe
from models import Order  #: annotations safe


class Kind(enum.Enum):
    SMALL = 1

    def of(self, order: Order) -> "Kind":  # decides
        return self
