import typing  #: deferrable safe
from models import Order  #: no unsafe


def create(order: "Order"):
    return order


def handler(event, context):
    return typing.get_type_hints(create)
