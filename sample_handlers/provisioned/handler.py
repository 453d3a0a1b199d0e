"""Answers orders; template.yaml keeps environments initialised for it, more of them by day."""

import json
from decimal import Decimal

FEE = Decimal("0.0025")


def handler(event, context):
    order = json.loads(event["body"]) if "body" in event else event
    amount = Decimal(str(order.get("amount", 0)))
    return {"statusCode": 200, "body": json.dumps({"fee": str(amount * FEE)})}
