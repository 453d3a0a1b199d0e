"""A session id made while the module is imported: a snapshot gives it to every environment."""

import uuid

SESSION_ID = str(uuid.uuid4())


def handler(event, context):
    return {"statusCode": 200, "body": SESSION_ID}
