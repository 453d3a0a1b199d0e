"""Orders of a shop behind API Gateway: four routes, of which most requests need one."""

import json
import os

import boto3
import jsonschema
import requests
from aws_lambda_powertools import Logger, Metrics, Tracer
from aws_lambda_powertools.metrics import MetricUnit

logger = Logger(service="orders")
tracer = Tracer(service="orders")
metrics = Metrics(namespace="Shop", service="orders")
dynamodb = boto3.resource("dynamodb", region_name=os.environ.get("AWS_REGION", "eu-west-1"))

ORDER = {
    "type": "object",
    "required": ["id", "items"],
    "properties": {"id": {"type": "string"}, "items": {"type": "array", "minItems": 1}},
}


def list_orders(customer):
    table = dynamodb.Table(os.environ["ORDERS_TABLE"])
    return table.query(
        KeyConditionExpression="customer = :c",
        ExpressionAttributeValues={":c": customer},
    )["Items"]


def place_order(order):
    jsonschema.validate(order, ORDER)
    dynamodb.Table(os.environ["ORDERS_TABLE"]).put_item(Item=order)
    metrics.add_metric(name="Placed", unit=MetricUnit.Count, value=1)
    return {"placed": order["id"]}


def shipping_costs(order):
    answer = requests.post("https://shipping.example.com/quote", json=order, timeout=2)
    answer.raise_for_status()
    return answer.json()


def export_orders(day):
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerows([order["id"], order["total"]] for order in list_orders(day))
    boto3.client("s3").put_object(Bucket="exports", Key=f"{day}.csv", Body=text.getvalue())
    return {"exported": day}


def handler(event, context):
    route = event.get("route", "health")
    logger.info("request", extra={"route": route})
    body = json.loads(event.get("body") or "{}")
    if route == "list":
        answer = list_orders(body["customer"])
    elif route == "place":
        answer = place_order(body)
    elif route == "quote":
        answer = shipping_costs(body)
    elif route == "export":
        answer = export_orders(body["day"])
    else:
        answer = {"ok": True}
    return {"statusCode": 200, "body": json.dumps(answer, default=str)}
