"""Make resources in the endpoint's account; runs in the endpoint's own process."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from importcost.measure.recording.resources import NeededResource

VALUE = "example"
JSON_VALUE = '{"username": "example", "password": "example", "host": "example.com"}'
OWN_REGION = "us-east-1"


def supply(resources: Sequence[NeededResource], address: str, headers: Mapping[str, str]) -> None:
    """Make each resource at the endpoint; one that cannot be made is left out."""
    from botocore.exceptions import BotoCoreError, ClientError

    for one in resources:
        client = _client(one.service, one.region or OWN_REGION, address, tuple(headers.items()))
        try:
            _MAKERS[one.service](client, one)
        except (BotoCoreError, ClientError):
            continue


@functools.lru_cache(maxsize=64)
def _client(service: str, region: str, address: str, headers: tuple[tuple[str, str], ...]) -> Any:
    from botocore.session import Session

    session = Session()
    session.set_credentials("importcost", "importcost")
    client = session.create_client(service, region_name=region, endpoint_url=address)

    def mark(request: Any, **_: Any) -> None:
        for name, value in headers:
            request.headers[name] = value

    client.meta.events.register("before-send", mark)
    return client


def _bucket(client: Any, one: NeededResource) -> None:
    where = {"LocationConstraint": one.region}
    extra = {} if one.region in ("", OWN_REGION) else {"CreateBucketConfiguration": where}
    client.create_bucket(Bucket=one.name, **extra)


def _table(client: Any, one: NeededResource) -> None:
    kinds = ("HASH", "RANGE")
    client.create_table(
        TableName=one.name,
        KeySchema=[
            {"AttributeName": name, "KeyType": kind}
            for (name, _), kind in zip(one.keys, kinds, strict=False)
        ],
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": kind} for name, kind in one.keys
        ],
        BillingMode="PAY_PER_REQUEST",
    )


def _queue(client: Any, one: NeededResource) -> None:
    fifo = {"Attributes": {"FifoQueue": "true"}} if one.name.endswith(".fifo") else {}
    client.create_queue(QueueName=one.name, **fifo)


def _topic(client: Any, one: NeededResource) -> None:
    client.create_topic(Name=one.name)


def _secret(client: Any, one: NeededResource) -> None:
    client.create_secret(Name=one.name, SecretString=JSON_VALUE)


def _parameter(client: Any, one: NeededResource) -> None:
    client.put_parameter(Name=one.name, Value=VALUE, Type="String")


def _stream(client: Any, one: NeededResource) -> None:
    client.create_stream(StreamName=one.name, ShardCount=1)


_MAKERS: Mapping[str, Callable[[Any, NeededResource], None]] = {
    "dynamodb": _table,
    "kinesis": _stream,
    "s3": _bucket,
    "secretsmanager": _secret,
    "sns": _topic,
    "sqs": _queue,
    "ssm": _parameter,
}
