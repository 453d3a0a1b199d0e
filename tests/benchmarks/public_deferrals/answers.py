"""Make up AWS's answers to requests, from the models that botocore itself has of the services.

Every request gets an answer of the right form with one plausible value a field, always the same
one, so that handlers get further than with an empty account. `bag` holds values for the keys that
the handler reads, for whatever the model leaves open: items of tables, objects, secrets.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape

PREFERRED = ("ACTIVE", "Active", "available", "running", "COMPLETED", "SUCCEEDED", "Success")
PAGES = re.compile(r"^(next|continuation|lastevaluated|unprocessed|failed|error)|^marker$", re.I)
BY_SIGNATURE = {
    "monitoring": "cloudwatch",
    "states": "stepfunctions",
    "email": "ses",
    "elasticloadbalancing": "elbv2",
    "elasticmapreduce": "emr",
    "execute-api": "apigatewaymanagementapi",
    "tagging": "resourcegroupstaggingapi",
    "bedrock": "bedrock-runtime",
    "cognito-idp": "cognito-idp",
    "aoss": "opensearchserverless",
    "airflow": "mwaa",
    "forecast": "forecast",
    "mobiletargeting": "pinpoint",
    "cloudhsm": "cloudhsmv2",
    "lex": "lex-runtime",
    "rds-data": "rds-data",
    "iotdata": "iot-data",
}
EPOCH, ISO, RFC = 1767225600, "2026-01-01T00:00:00Z", "Thu, 01 Jan 2026 00:00:00 GMT"
DEEPEST = 7
FEW_KEYS_FROM = 4
"""At this depth a map has one key instead of all that the handler reads."""


@dataclass(frozen=True)
class Request:
    """An HTTP request; header names are lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """An HTTP response, with the service and operation that it belongs to."""

    status: int
    headers: dict[str, str]
    body: bytes
    service: str
    operation: str


@cache
def model_of(service: str) -> ServiceModel | None:
    loader = Loader()
    if service not in loader.list_available_services("service-2"):
        return None
    return ServiceModel(loader.load_service_model(service, "service-2"), service)


def services_of(request: Request) -> list[str]:
    """Return the services that a signed request may be meant for, by its signature."""
    signed = re.search(
        r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", request.headers.get("authorization", "")
    )
    if not signed:
        return []
    name = signed[1]
    known = [BY_SIGNATURE[name]] if name in BY_SIGNATURE else []
    alike = [one for one in Loader().list_available_services("service-2") if one.startswith(name)]
    return list(dict.fromkeys([*known, name, *alike]))


def answer(request: Request, bag: dict[str, Any]) -> Answer:
    """Return the made-up answer to one request."""
    for service in services_of(request):
        model = model_of(service)
        operation = operation_of(request, model) if model else None
        if model is not None and operation is not None:
            return Responder(model, operation, bag).respond(request)
    body = json.dumps({"__type": "UnknownOperationException", "message": "not known"}).encode()
    services = services_of(request)
    return Answer(400, {}, body, services[0] if services else "?", "?")


def operation_of(request: Request, model: ServiceModel) -> str | None:
    target = request.headers.get("x-amz-target", "")
    if target:
        name = target.rpartition(".")[2]
        prefix = model.metadata.get("targetPrefix")
        fits = prefix == target.rpartition(".")[0] and name in model.operation_names
        return name if fits else None
    cbor = re.search(r"/service/\w+/operation/(\w+)$", request.target)
    if cbor:
        return cbor[1] if cbor[1] in model.operation_names else None
    if model.resolved_protocol in ("query", "ec2"):
        names = parse_qs(request.body.decode("utf-8", "replace")).get("Action", [""])
        return names[0] if names[0] in model.operation_names else None
    return by_path(request, model)


def by_path(request: Request, model: ServiceModel) -> str | None:
    """Return the operation whose path and constants in the query fit best."""
    parts = urlsplit(request.target)
    query = parse_qs(parts.query, keep_blank_values=True)
    best, most = None, -1
    for name, pattern, constants, length in paths_of(model.service_name):
        operation = model.operation_model(name)
        if operation.http["method"] != request.method or not pattern.fullmatch(parts.path):
            continue
        if all(key in query and value in (None, query[key][0]) for key, value in constants):
            score = 100 * len(constants) + length
            if score > most:
                best, most = name, score
    return best


@cache
def paths_of(service: str) -> list[tuple[str, re.Pattern[str], list[Any], int]]:
    model = model_of(service)
    found = []
    for name in model.operation_names if model else ():
        path, _, query = model.operation_model(name).http["requestUri"].partition("?")
        constants = [
            (key, value if equals else None)
            for key, equals, value in (part.partition("=") for part in query.split("&") if part)
        ]
        pattern = re.escape(path)
        pattern = re.sub(r"\\\{[^}]*?\\\+\\\}", ".+", pattern)
        pattern = re.sub(r"\\\{[^}]*?\\\}", "[^/]+", pattern)
        found.append((name, re.compile(pattern + "/?"), constants, len(re.findall("[^{}]", path))))
    return found


class Responder:
    """Writes one operation's response in the service's protocol."""

    def __init__(self, model: ServiceModel, operation: str, bag: dict[str, Any]) -> None:
        self.model = model
        self.operation = model.operation_model(operation)
        self.bag = bag
        self.protocol = model.resolved_protocol

    def respond(self, request: Request) -> Answer:
        shape = self.operation.output_shape
        if "/operation/" in request.target and "cbor" in request.headers.get("content-type", ""):
            self.protocol = "cbor"
        headers = {"content-type": "application/json", "x-amzn-requestid": "1" * 8}
        body = b""
        value = self.value(shape, "", 0) if shape is not None else {}
        if self.protocol in ("json",):
            headers["content-type"] = "application/x-amz-json-1.1"
            body = json.dumps(self.plain(shape, value) if shape else {}).encode()
        elif self.protocol == "cbor":
            headers |= {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
            body = cbor(shape, value) if shape else b"\xa0"
        elif self.protocol in ("query", "ec2"):
            headers["content-type"] = "text/xml"
            body = self.wrapped(shape, value)
        else:
            body = self.rest(shape, value, headers)
        return Answer(
            200,
            headers,
            b"" if request.method == "HEAD" else body,
            self.model.service_name,
            self.operation.name,
        )

    def wrapped(self, shape: Shape | None, value: Any) -> bytes:
        name = self.operation.name
        inner = "".join(self.members(shape, value)) if shape else ""
        wrapper = shape.serialization.get("resultWrapper") if shape else None
        if wrapper:
            inner = f"<{wrapper}>{inner}</{wrapper}>"
        identity = "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        if self.protocol == "ec2":
            identity = "<requestId>1</requestId>"
        return f"<{name}Response>{inner}{identity}</{name}Response>".encode()

    def rest(self, shape: Any, value: Any, headers: dict[str, str]) -> bytes:
        """Return the body, and add the members that travel as headers."""
        is_xml = self.protocol == "rest-xml"
        headers["content-type"] = "application/xml" if is_xml else "application/json"
        if shape is None:
            return b""
        places = {key: one.serialization.get("location") for key, one in shape.members.items()}
        for name in value:
            if places[name] == "header":
                key = shape.members[name].serialization["name"]
                if key.lower() not in ("content-length", "content-encoding", "content-range"):
                    headers[key] = header_text(shape.members[name], value[name])
        payload = shape.serialization.get("payload")
        if payload:
            return self.payload(payload, shape.members[payload], value.get(payload))
        body = {name: held for name, held in value.items() if places[name] is None}
        if is_xml:
            root = shape.serialization.get("name", shape.name)
            return f"<{root}>{''.join(self.members(shape, body))}</{root}>".encode()
        return json.dumps(self.plain(shape, body)).encode()

    def payload(self, name: str, member: Any, value: Any) -> bytes:
        """Return a body that is one member."""
        if member.type_name in ("blob", "string"):
            return value if isinstance(value, bytes) else str(value or "").encode()
        if self.protocol == "rest-xml":
            return self.element(name, member, value).encode() if value else b""
        return json.dumps(self.plain(member, value)).encode()

    def value(self, shape: Any, name: str, depth: int) -> Any:
        """Return a value of a shape, of Python's own types."""
        kind = shape.type_name
        if kind == "structure":
            return self.structure(shape, depth)
        if kind == "list":
            if depth > DEEPEST:
                return []
            return [self.value(shape.member, name.removesuffix("s"), depth + 1)]
        if kind == "map":
            if getattr(shape.value, "name", "") == "AttributeValue":
                return {key: attribute(held) for key, held in self.bag.items()}
            if depth > DEEPEST:
                return {}
            keys = [*self.bag, "key"] if depth < FEW_KEYS_FROM else ["key"]
            return {key: self.value(shape.value, name, depth + 1) for key in keys}
        return self.scalar(shape, name)

    def structure(self, shape: Any, depth: int) -> dict[str, Any]:
        if shape.name == "AttributeValue":
            return {"S": "1"}
        if getattr(shape, "eventstream", False) or depth > DEEPEST:
            return {}
        members = shape.members
        if shape.is_tagged_union:
            members = dict(list(members.items())[:1])
        return {
            key: self.value(member, key, depth + 1)
            for key, member in members.items()
            if not PAGES.search(key) and not getattr(member, "eventstream", False)
        }

    def scalar(self, shape: Any, name: str) -> Any:
        kind = shape.type_name
        if kind == "blob":
            return json.dumps(self.bag).encode()
        if kind == "boolean":
            return False
        if kind in ("integer", "long"):
            return 1
        if kind in ("float", "double"):
            return 1.0
        if kind == "timestamp":
            return EPOCH
        return self.text(shape, name)

    def text(self, shape: Any, name: str) -> str:
        for wanted in PREFERRED:
            if wanted in shape.enum:
                return wanted
        if shape.enum:
            return shape.enum[0]
        if name in ("SecretString", "Payload", "Body", "body", "policy"):
            return json.dumps(self.bag)
        return text_for(name)

    def plain(self, shape: Any, value: Any) -> Any:
        """Return a value as the JSON protocols write it."""
        kind = shape.type_name
        if kind == "structure":
            return {
                shape.members[key].serialization.get("name", key): self.plain(
                    shape.members[key], held
                )
                for key, held in value.items()
            }
        if kind == "list":
            return [self.plain(shape.member, one) for one in value]
        if kind == "map":
            return {key: self.plain(shape.value, one) for key, one in value.items()}
        if kind == "blob":
            return base64.b64encode(value).decode()
        return value

    def members(self, shape: Any, value: dict[str, Any]) -> list[str]:
        return [self.element(key, shape.members[key], held) for key, held in value.items()]

    def element(self, key: str, shape: Any, value: Any) -> str:
        """Return a member as XML."""
        name = shape.serialization.get("name", key)
        kind = shape.type_name
        if kind == "list":
            inner = shape.member.serialization.get("name", "member")
            if shape.serialization.get("flattened"):
                return "".join(self.element(name, shape.member, one) for one in value)
            items = "".join(self.element(inner, shape.member, one) for one in value)
            return f"<{name}>{items}</{name}>"
        if kind == "structure":
            return f"<{name}>{''.join(self.members(shape, value))}</{name}>"
        if kind == "map":
            entries = "".join(
                f"<entry><key>{escape(k)}</key>{self.element('value', shape.value, v)}</entry>"
                for k, v in value.items()
            )
            return f"<{name}>{entries}</{name}>"
        if kind == "timestamp":
            value = ISO
        elif kind == "blob":
            value = base64.b64encode(value).decode()
        elif kind == "boolean":
            value = "true" if value else "false"
        return f"<{name}>{escape(str(value))}</{name}>"


def header_text(member: Any, value: Any) -> str:
    if member.type_name == "timestamp":
        return RFC
    return str(value).lower() if isinstance(value, bool) else str(value)


def text_for(name: str) -> str:
    """Return a text for a field by its name."""
    low = name.lower()
    if low.endswith("arn") or low == "resource":
        return "arn:aws:lambda:us-east-1:123456789012:function:made-up"
    if low.endswith(("url", "uri", "endpoint")):
        return "http://127.0.0.1:1/made-up"
    if "account" in low:
        return "123456789012"
    if "etag" in low or low.startswith("md5"):
        return '"00000000000000000000000000000000"'
    if low.endswith(("json", "document", "definition")):
        return "{}"
    return f"made-up-{low}" if low else "made-up"


def attribute(value: Any) -> dict[str, Any]:
    """Return a value as DynamoDB has it."""
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, int | float):
        return {"N": str(value)}
    if isinstance(value, list):
        return {"L": [attribute(one) for one in value]}
    if isinstance(value, dict):
        return {"M": {key: attribute(one) for key, one in value.items()}}
    return {"S": str(value)}


def cbor(shape: Any, value: Any) -> bytes:
    """Return a value as CBOR, of the few kinds that the models have."""
    kind = shape.type_name
    if kind == "structure":
        items = [(key, cbor(shape.members[key], held)) for key, held in value.items()]
        return cbor_head(5, len(items)) + b"".join(cbor_text(key) + held for key, held in items)
    if kind == "map":
        pairs = [cbor_text(key) + cbor(shape.value, held) for key, held in value.items()]
        return cbor_head(5, len(pairs)) + b"".join(pairs)
    if kind == "list":
        return cbor_head(4, len(value)) + b"".join(cbor(shape.member, one) for one in value)
    if kind == "boolean":
        return b"\xf5" if value else b"\xf4"
    if kind == "timestamp":
        return b"\xc1" + cbor_head(0, int(value))
    if kind in ("integer", "long", "float", "double"):
        return cbor_head(0, int(value))
    if kind == "blob":
        return cbor_head(2, len(value)) + value
    return cbor_text(value)


def cbor_text(text: str) -> bytes:
    data = text.encode()
    return cbor_head(3, len(data)) + data


def cbor_head(major: int, count: int) -> bytes:
    if count < 24:
        return bytes([major << 5 | count])
    for extra, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if count < 1 << 8 * size:
            return bytes([major << 5 | extra]) + count.to_bytes(size, "big")
    raise ValueError(count)
