from fast import app  #: no@none unsafe
from models import Order  #: no unsafe


@app.post("/")
def create(order: "Order"):  # decides
    return order
