from fast import app  #: no@none unsafe
from models import Order  #: no unsafe


def create(order: "Order"):  # decides
    return order


app.add_route("/", create)
