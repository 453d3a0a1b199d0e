"""A chatbot's back end as it is usually written: everything at the top.

Most requests are `ping` and `ask`. Only `history` needs DynamoDB, only `report` needs pandas,
and every cold start pays for both.
"""

import json

import boto3
import pandas as pd

dynamodb = boto3.client("dynamodb", region_name="us-east-1")

ANSWERS = {"hi": "Hello!", "help": "Ask me about an order."}


def handler(event, context):
    request = json.loads(event["body"]) if "body" in event else event
    action = request.get("action", "ping")
    if action == "ping":
        return reply({"ok": True})
    if action == "ask":
        return reply({"answer": ANSWERS.get(request.get("text", ""), "I do not know yet.")})
    if action == "history":
        return reply({"messages": history(request["user"])})
    if action == "report":
        return reply({"per_day": report(request["messages"])})
    return {"statusCode": 400, "body": json.dumps({"error": f"unknown action {action}"})}


def history(user):
    found = dynamodb.query(
        TableName="messages",
        KeyConditionExpression="#user = :user",
        ExpressionAttributeNames={"#user": "user"},
        ExpressionAttributeValues={":user": {"S": user}},
    )
    return [item["text"]["S"] for item in found["Items"]]


def report(messages):
    frame = pd.DataFrame(messages, columns=["day", "text"])
    return {day: int(count) for day, count in frame.groupby("day").size().items()}


def reply(body):
    return {"statusCode": 200, "body": json.dumps(body)}
