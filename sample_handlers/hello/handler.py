"""The smallest function: what it costs is the floor that every function pays."""


def handler(event, context):
    return {"statusCode": 200, "body": "hello"}
