"""Make up events and environment variables for a handler from what its source reads.

An event has the form of the trigger that the source hints at, and in it plausible values for every
key that the function's own files read anywhere: the handler's answers then come from deeper in.
"""

from __future__ import annotations

import ast
import base64
import gzip
import json
import re
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

MOST_EVENTS = 4
REGION, ACCOUNT = "us-east-1", "123456789012"
ENDPOINT = "http://127.0.0.1:4599"
WHEN = "2026-01-01T00:00:00Z"
IDENTITY = "11111111-2222-4333-8444-555555555555"
COUNTS = (
    "count|size|total|amount|price|quantity|limit|number|num|age|index|page|ttl|day|hour|minute"
    "|second|timeout|width|height|score|year|month|percent|rate"
)
BY_NAME: tuple[tuple[str, Any], ...] = (
    (r"^(statusCode|code|port)$", 200),
    (r"arn$", f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:made-up"),
    (r"url|uri|endpoint|webhook|link", f"{ENDPOINT}/made-up"),
    (r"account", ACCOUNT),
    (r"region", REGION),
    (r"e?mail", "someone@example.com"),
    (r"bucket", "made-up-bucket"),
    (r"table", "made-up-table"),
    (r"(time|date|_at|At)$|^(time|date|created|updated|timestamp)", WHEN),
    (r"^(is|has|enable|use)[_A-Z]|enabled$|debug|dry_?run", False),
    (f"({COUNTS})s?$", "1"),
    (r"level$", "INFO"),
    (r"json$", "{}"),
    (r"(key|path|file|filename)$", "made-up/file.json"),
    (r"(id|uuid)$", IDENTITY),
    (r"(method|httpMethod)$", "GET"),
)  # fmt: skip
PLURAL = re.compile(r"(?<![su])s$", re.IGNORECASE)
SINGULAR = re.compile(
    r"(address|status|news|class|access|process|alias|bus|dns|sms|sns|sqs)$", re.I
)
ROUTE = re.compile(r"""@\w+(?:\.\w+)*\.(get|post|put|delete|patch|route)\(\s*["']([^"']*)["']""")


def strings_read(texts: Iterable[str]) -> list[str]:
    """Return the constant keys that the sources read, by subscripts and `get`, but of no variable
    of the environment."""
    keys: dict[str, None] = {}
    for text in texts:
        for owner, key in _reads(text):
            if "environ" not in owner and re.fullmatch(r"[\w-]{1,40}", key):
                keys[key] = None
    return list(keys)


def _reads(text: str) -> Iterator[tuple[str, str]]:
    """Give what a key is read from, as source, and the key."""
    for node in ast.walk(_parsed(text)):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
            if isinstance(node.slice.value, str):
                yield ast.unparse(node.value), node.slice.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            first = node.args[0]
            is_get = node.func.attr in ("get", "pop", "getenv")
            if is_get and isinstance(first, ast.Constant) and isinstance(first.value, str):
                owner = ast.unparse(node.func.value)
                environ = owner == "os" and node.func.attr == "getenv"
                has_default = len(node.args) > 1 or bool(node.keywords)
                suffix = " environ" if environ else ""
                yield f"{owner}{suffix}{' default' if has_default else ''}", first.value


def literals_compared(texts: Iterable[str]) -> dict[str, str]:
    """Return the first constant that each key, or a variable of its name, is compared with."""
    found: dict[str, str] = {}
    for text in texts:
        for node in ast.walk(_parsed(text)):
            if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.In):
                continue
            names = re.findall(r"[\"']([\w-]+)[\"']|(\w+)", ast.unparse(node.left))
            for value in ast.walk(node.comparators[0]):
                if names and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    quoted = [quoted for quoted, _ in names if quoted]
                    found.setdefault(quoted[-1] if quoted else names[-1][1], value.value)
                    break
    return found


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings(action="ignore"):
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError):
            return ast.Module([], [])


def variables_of(texts: Iterable[str]) -> dict[str, str]:
    """Return values for the variables that the sources read without a default of their own."""
    found: dict[str, str] = {}
    for text in texts:
        for owner, key in _reads(text):
            is_own = not SET_BY_OTHERS.fullmatch(key)
            if "environ" in owner and "default" not in owner and is_own:
                found[key] = variable(key)
    return found


def variable(name: str) -> str:
    """Return a value for a variable by its name."""
    value = guess(name.lower(), ())
    if re.search(r"topic|sns", name, re.I):
        return f"arn:aws:sns:{REGION}:{ACCOUNT}:made-up"
    if re.search(r"queue|sqs", name, re.I):
        return f"{ENDPOINT}/{ACCOUNT}/made-up"
    if value is False:
        return "false"
    return value if isinstance(value, str) else "made-up"


def guess(key: str, inner: Iterable[str]) -> Any:
    """Return a value for a key by its name; a plural is a list of one object with `inner` keys."""
    for pattern, value in BY_NAME:
        if re.search(pattern, key, re.IGNORECASE if pattern.islower() else 0):
            return value
    if PLURAL.search(key) and not SINGULAR.search(key):
        return [{name: guess(name, ()) for name in inner}]
    return f"made-up-{key.lower()}"


def missed(errors: Iterable[str]) -> dict[str, Any]:
    """Return values for what errors of calls say was missing, or was no number, by its name."""
    found: dict[str, Any] = {}
    for error in errors:
        lacking = re.match(r"KeyError: '([\w-]+)'$", error)
        if lacking:
            found[lacking[1]] = guess(lacking[1], ())
        number = re.match(r"ValueError: .*'made-up-([\w-]+)'$", error)
        if number:
            found[number[1]] = "1"
    return found


def with_missed(event: Any, found: dict[str, Any]) -> Any:
    """Return an event with further keys, at its top and in its records."""
    if not isinstance(event, dict) or not event:
        return event
    records = event.get("Records")
    more = {key: held for key, held in found.items() if key not in event}
    if isinstance(records, list):
        more["Records"] = [{**found, **one} for one in records]
    return {**event, **more}


def bag_of(texts: list[str]) -> dict[str, Any]:
    """Return a value for each key that is read: enough for items of tables, bodies, details."""
    keys = strings_read(texts)
    flat = [key for key in keys if not PLURAL.search(key)][:40]
    guessed = {key: guess(key, flat) for key in keys[:60]}
    compared = literals_compared(texts)
    known = {key: compared.get(key, held) for key, held in guessed.items()}
    return known or {"id": IDENTITY, "name": "made-up"}


SET_BY_OTHERS = re.compile(
    r"AWS_(REGION|DEFAULT_REGION|ACCESS\w+|SECRET\w+|SESSION\w+|ENDPOINT\w*|PROFILE|LAMBDA_\w+"
    r"|EXECUTION_ENV|XRAY_\w+|SAM_LOCAL|CONFIG_FILE|SHARED\w+)|LAMBDA_\w+|PYTHON\w*|_\w+|PATH|HOME"
    r"|\w+_(PROXY|proxy)"
)


def events_of(handler: str, texts: list[str]) -> list[Any]:
    """Return the events for a handler: an empty one, and those that its source hints at."""
    bag = bag_of([handler, *texts])
    whole = "\n".join([handler, *texts])
    hinted = [make(bag, whole) for hints, make in TRIGGERS if hints.search(whole)]
    found = [{}, *(event for events in hinted for event in events)]
    found.append({**bag, "Records": [{"body": json.dumps(bag), **bag}]} if not hinted else bag)
    return found[:MOST_EVENTS] if len(found) > MOST_EVENTS else found


def _gateway(bag: dict[str, Any], text: str) -> list[Any]:
    routes = ROUTE.findall(text)[:2] or [("post" if "body" in bag else "get", "/made-up/1")]
    return [_gateway_v1(bag, method, path) for method, path in routes]


def _gateway_v1(bag: dict[str, Any], method: str, path: str) -> dict[str, Any]:
    texts = {key: held for key, held in bag.items() if isinstance(held, str)}
    plain = re.sub(r"[<{][^>}]*[>}]", "1", path)
    verb = "GET" if method == "route" else method.upper()
    return {
        "resource": path,
        "path": plain,
        "rawPath": plain,
        "rawQueryString": "",
        "routeKey": f"{verb} {path}",
        "httpMethod": verb,
        "headers": {"content-type": "application/json", "host": "example.com", **texts},
        "multiValueHeaders": {},
        "queryStringParameters": texts,
        "multiValueQueryStringParameters": {key: [held] for key, held in texts.items()},
        "pathParameters": texts,
        "stageVariables": None,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "api",
            "domainName": "api.example.com",
            "stage": "dev",
            "requestId": IDENTITY,
            "connectionId": "connection",
            "routeKey": "$default",
            "eventType": "MESSAGE",
            "requestTimeEpoch": 1767225600000,
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "made-up"},
            "authorizer": {"claims": {"sub": "user", "email": "a@example.com", **texts}, **texts},
            "http": {
                "method": verb,
                "path": plain,
                "sourceIp": "127.0.0.1",
                "userAgent": "made-up",
                "protocol": "HTTP/1.1",
            },
        },
        "body": json.dumps(bag),
        "isBase64Encoded": False,
        "version": "1.0",
    }


def _gateway_v2(bag: dict[str, Any], text: str) -> list[Any]:
    return [{**one, "version": "2.0"} for one in _gateway(bag, text)]


def _records(source: str, bag: dict[str, Any], **own: Any) -> list[Any]:
    common = {"eventSource": source, "awsRegion": REGION, "eventVersion": "1.0"}
    return [{"Records": [{**common, **own}]}]


def _s3(bag: dict[str, Any], _: str) -> list[Any]:
    return _records(
        "aws:s3",
        bag,
        eventName="ObjectCreated:Put",
        eventTime=WHEN,
        userIdentity={"principalId": "made-up"},
        s3={
            "bucket": {"name": "made-up-bucket", "arn": "arn:aws:s3:::made-up-bucket"},
            "object": {"key": "made-up/file.json", "size": 1, "eTag": "0", "sequencer": "0"},
        },
    )


def _sns(bag: dict[str, Any], _: str) -> list[Any]:
    sns = {
        "Message": json.dumps(bag),
        "Subject": "made-up",
        "MessageId": IDENTITY,
        "Timestamp": WHEN,
        "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:made-up",
        "MessageAttributes": {},
        "Type": "Notification",
    }
    return [{"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns}]}]


def _sqs(bag: dict[str, Any], _: str) -> list[Any]:
    return _records(
        "aws:sqs",
        bag,
        messageId=IDENTITY,
        receiptHandle="made-up",
        body=json.dumps(bag),
        attributes={"ApproximateReceiveCount": "1", "SentTimestamp": "1767225600000"},
        messageAttributes={},
        md5OfBody="0" * 32,
        eventSourceARN=f"arn:aws:sqs:{REGION}:{ACCOUNT}:made-up",
    )


def _stream(bag: dict[str, Any], _: str) -> list[Any]:
    image = {
        key: {"S": held if isinstance(held, str) else json.dumps(held)} for key, held in bag.items()
    }
    found = []
    for name in ("INSERT", "MODIFY"):
        change = {"Keys": {"id": {"S": "1"}, **image}, "NewImage": image, "SequenceNumber": "1"}
        if name == "MODIFY":
            change["OldImage"] = image
        found += _records(
            "aws:dynamodb",
            bag,
            eventID="1",
            eventName=name,
            dynamodb={**change, "StreamViewType": "NEW_AND_OLD_IMAGES"},
            eventSourceARN=f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/made-up/stream/1",
        )
    return found


def _kinesis(bag: dict[str, Any], _: str) -> list[Any]:
    data = base64.b64encode(json.dumps(bag).encode()).decode()
    held = {"data": data, "sequenceNumber": "1", "partitionKey": "1"}
    firehose = {"invocationId": "1", "records": [{"recordId": "1", "data": data}]}
    return [*_records("aws:kinesis", bag, kinesis=held, eventID="shard:1"), firehose]


def _logs(bag: dict[str, Any], _: str) -> list[Any]:
    entry = {"id": "1", "timestamp": 1767225600000, "message": json.dumps(bag)}
    group = {
        "messageType": "DATA_MESSAGE",
        "owner": ACCOUNT,
        "logGroup": "/aws/lambda/made-up",
        "logStream": "made-up",
        "subscriptionFilters": ["made-up"],
        "logEvents": [entry],
    }
    data = base64.b64encode(gzip.compress(json.dumps(group).encode(), mtime=0)).decode()
    return [{"awslogs": {"data": data}}]


def _custom_resource(bag: dict[str, Any], _: str) -> list[Any]:
    base = {
        "ResponseURL": f"{ENDPOINT}/response",
        "StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/made-up/1",
        "RequestId": IDENTITY,
        "ResourceType": "Custom::MadeUp",
        "LogicalResourceId": "MadeUp",
        "PhysicalResourceId": "made-up",
        "ResourceProperties": {"ServiceToken": "made-up", **bag},
        "OldResourceProperties": bag,
    }
    return [{**base, "RequestType": kind} for kind in ("Create", "Delete")]


def _rule(bag: dict[str, Any], _: str) -> list[Any]:
    item = {
        "resourceType": "AWS::EC2::Instance",
        "resourceId": "i-1",
        "configurationItemStatus": "OK",
        "configurationItemCaptureTime": WHEN,
        "ARN": f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1",
        "awsAccountId": ACCOUNT,
        "awsRegion": REGION,
        "configuration": bag,
        "tags": {},
        "relationships": [],
        "supplementaryConfiguration": {},
    }
    common = {
        "ruleParameters": json.dumps({key: held for key, held in bag.items() if key.islower()}),
        "resultToken": "made-up",
        "eventLeftScope": False,
        "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/made-up",
        "accountId": ACCOUNT,
        "configRuleName": "made-up",
        "configRuleArn": "made-up",
        "configRuleId": "made-up",
    }
    changed = {
        "messageType": "ConfigurationItemChangeNotification",
        "configurationItem": item,
        "notificationCreationTime": WHEN,
    }
    scheduled = {
        "messageType": "ScheduledNotification",
        "awsAccountId": ACCOUNT,
        "notificationCreationTime": WHEN,
    }
    return [{**common, "invokingEvent": json.dumps(one)} for one in (scheduled, changed)]


def _skill(bag: dict[str, Any], _: str) -> list[Any]:
    base = {
        "version": "1.0",
        "session": {
            "new": True,
            "sessionId": "s",
            "application": {"applicationId": "a"},
            "attributes": {},
            "user": {"userId": "u"},
        },
        "context": {
            "System": {
                "application": {"applicationId": "a"},
                "user": {"userId": "u"},
                "device": {"deviceId": "d", "supportedInterfaces": {}},
                "apiEndpoint": ENDPOINT,
                "apiAccessToken": "t",
            }
        },
    }
    request = {"requestId": "r", "timestamp": WHEN, "locale": "en-US"}
    intent = {"name": "AMAZON.HelpIntent", "confirmationStatus": "NONE", "slots": {}}
    return [
        {**base, "request": {**request, "type": "LaunchRequest"}},
        {**base, "request": {**request, "type": "IntentRequest", "intent": intent}},
    ]


def _rotation(bag: dict[str, Any], _: str) -> list[Any]:
    secret = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:made-up"
    return [
        {"SecretId": secret, "ClientRequestToken": IDENTITY, "Step": step, **bag}
        for step in ("createSecret", "setSecret", "testSecret")
    ]


def _bridge(bag: dict[str, Any], _: str) -> list[Any]:
    return [
        {
            "version": "0",
            "id": IDENTITY,
            "detail-type": bag.get("detail-type", "Made Up"),
            "source": bag.get("source", "made.up"),
            "account": ACCOUNT,
            "time": WHEN,
            "region": REGION,
            "resources": [f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/i-1"],
            "detail": {**bag, "requestParameters": bag, "responseElements": bag},
        }
    ]


TRIGGERS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"RequestType|cfnresponse|crhelper|CfnResource"), _custom_resource),
    (re.compile(r"ClientRequestToken"), _rotation),
    (re.compile(r"invokingEvent"), _rule),
    (re.compile(r"ask_sdk|shouldEndSession"), _skill),
    (re.compile(r"awslogs"), _logs),
    (re.compile(r"""["']s3["']\]|S3Event|s3\.bucket\.name"""), _s3),
    (re.compile(r"""["']Sns["']|SNSEvent|SnsModel"""), _sns),
    (re.compile(r"NewImage|DynamoDBStream|dynamodb\.new_image|dynamodb_handler"), _stream),
    (re.compile(r"""["']kinesis["']|KinesisStream|recordId"""), _kinesis),
    (re.compile(r"SQSEvent|EventType\.SQS|receiptHandle|messageId|record\[.body"), _sqs),
    (re.compile(r"detail-type|EventBridge(Event|Model)|event\[.detail|get\(.detail"), _bridge),
    (re.compile(r"HttpResolver|APIGatewayProxyEventV2|Mangum|rawPath"), _gateway_v2),
    (re.compile(r"Resolver|pathParameters|httpMethod|queryStringParameters|statusCode|requestContext"
                r"|APIGatewayProxyEvent|SlackRequestHandler|multiValue"), _gateway),
)  # fmt: skip
