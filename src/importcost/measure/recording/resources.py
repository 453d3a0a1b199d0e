"""The resources that a handler's calls ask for: without them most handlers fail at the first call.

The account of the endpoint is empty. What the original's calls did not find is made before each
further launch, empty or with a made-up value, for both versions alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from importcost.model.results.aws_calls import AwsCall, Recording

ACCOUNT = "123456789012"
_FAILED = 400
_KEY = re.compile(r"Key/([^/]+)/([SNB])")
_ITEM = re.compile(r"Item/([^/]+)/([SNB])")
_EQUALS = re.compile(r"(#?\w+)\s*=\s*(:\w+)")
_SORTED_LAST = re.compile(r"(^|_)(sk|sort|range|time|date|created|version)|sk$", re.IGNORECASE)
_LIKELY_KEY = re.compile(r"^(pk|id|key)$|id$", re.IGNORECASE)
Attributes = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NeededResource:
    """A resource to make: `service` as for boto3, its name or path, and its region.

    `keys` are a table's key attributes with their types, the partition key first.
    """

    service: str
    name: str
    region: str
    keys: Attributes = ()

    @property
    def words(self) -> str:
        """Return it in words: `dynamodb orders`."""
        return f"{self.service} {self.name}"


def missing_resources(recording: Recording) -> tuple[NeededResource, ...]:
    """Return what failed calls may have missed, in the order of the calls."""
    found = (
        resource
        for call in recording.calls
        if call.status >= _FAILED and call.is_answered and call.service in _READERS
        for resource in _READERS[call.service](call, dict(call.parameters))
        if resource.name
    )
    unique: dict[tuple[str, str, str], NeededResource] = {}
    for one in found:
        unique.setdefault((one.service, one.name, one.region), one)
    return tuple(unique.values())


Reader = Callable[[AwsCall, Mapping[str, str]], Iterator[NeededResource]]


def _by_parameter(*names: str) -> Reader:
    def read(call: AwsCall, values: Mapping[str, str]) -> Iterator[NeededResource]:
        for name in names:
            if name in values:
                yield NeededResource(call.service, values[name], call.region)

    return read


def _queue(call: AwsCall, values: Mapping[str, str]) -> Iterator[NeededResource]:
    name = values.get("QueueName") or values.get("QueueUrl", "").rpartition("/")[2]
    yield NeededResource("sqs", name, call.region)


def _topic(_: AwsCall, values: Mapping[str, str]) -> Iterator[NeededResource]:
    # arn:aws:sns:REGION:ACCOUNT:NAME; another account's topic cannot be made.
    parts = (values.get("TopicArn") or values.get("TargetArn", "")).split(":")
    if len(parts) == 6 and parts[4] == ACCOUNT:
        yield NeededResource("sns", parts[5], parts[3])


def _table(call: AwsCall, values: Mapping[str, str]) -> Iterator[NeededResource]:
    if "TableName" in values:
        name = values["TableName"].rpartition("/")[2]
        yield NeededResource("dynamodb", name, call.region, _keys(values))


def _keys(values: Mapping[str, str]) -> Attributes:
    """Return the key that a call's parameters suggest, `id` if they suggest none."""
    named = [match.groups() for name in values if (match := _KEY.fullmatch(name))]
    if named:
        named.sort(key=lambda pair: (bool(_SORTED_LAST.search(pair[0])), pair[0]))
        return tuple((name, kind) for name, kind in named[:2])
    condition = _EQUALS.search(values.get("KeyConditionExpression", ""))
    if condition:
        name = values.get(f"ExpressionAttributeNames/{condition[1]}", condition[1])
        value = f"ExpressionAttributeValues/{condition[2]}/"
        kinds = [path[len(value) :] for path in values if path.startswith(value)]
        return ((name, kinds[0] if kinds and kinds[0] in "SNB" else "S"),)
    items = [match.groups() for name in values if (match := _ITEM.fullmatch(name))]
    items.sort(key=lambda pair: (not _LIKELY_KEY.search(pair[0]), len(pair[0]), pair[0]))
    return tuple((name, kind) for name, kind in items[:1]) or (("id", "S"),)


_READERS: Mapping[str, Reader] = {
    "dynamodb": _table,
    "kinesis": _by_parameter("StreamName"),
    "s3": _by_parameter("Bucket"),
    "secretsmanager": _by_parameter("SecretId"),
    "sns": _topic,
    "sqs": _queue,
    "ssm": _by_parameter("Name", "Names/0", "Names/1", "Names/2"),
}
