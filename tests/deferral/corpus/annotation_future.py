from __future__ import annotations  #: no@self unsafe

from models import Order  #: annotations safe

LAST: Order | None = None  # decides


def handler(event: Order, context):
    return event
