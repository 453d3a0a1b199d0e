"""Find the service and operation that a request is for, by botocore's own service models."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, unquote

_LABEL = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class SigningNames:
    """The services behind the names in signatures, and those that are called without one."""

    services: Mapping[str, Sequence[str]]
    unsigned_targets: Mapping[str, str]
    unsigned_actions: Mapping[str, str]

    def candidates(self, signing_name: str) -> Sequence[str]:
        """Return the services that sign with this name, the best known first."""
        return self.services.get(signing_name) or [signing_name]


@functools.lru_cache(maxsize=1)
def signing_names() -> SigningNames:
    """Return the dated list."""
    text = resources.files("importcost.measure").joinpath("data", "signing-names.json")
    data = json.loads(text.read_text(encoding="utf-8"))
    return SigningNames(data["services"], data["unsigned_targets"], data["unsigned_actions"])


@dataclass(frozen=True, slots=True)
class RestOperation:
    """One operation of a REST service; `input` is its input shape, empty if it has none.

    `literals` are the pairs of the query that its URI asks for; `headers` and `queries` the names
    of required members that stand there.
    """

    name: str
    method: str
    pattern: re.Pattern[str]
    literals: tuple[tuple[str, str], ...]
    headers: frozenset[str]
    queries: frozenset[str]
    input: Mapping[str, Any]

    def score(self, method: str, query: Mapping[str, str], headers: Mapping[str, str]) -> int:
        """Return the number of conditions that the request meets, -1 if it misses any."""
        met = all(query.get(name, None) == value for name, value in self.literals)
        met = met and method == self.method and self.headers <= set(headers)
        if not met or not self.queries <= set(query):
            return -1
        return len(self.literals) + len(self.headers) + len(self.queries)


@functools.lru_cache(maxsize=32)
def service_model(service: str) -> Mapping[str, Any] | None:
    """Return botocore's description of a service, None if it knows no such service."""
    from botocore.exceptions import UnknownServiceError
    from botocore.loaders import Loader

    try:
        model: Mapping[str, Any] = Loader().load_service_model(service, "service-2")
    except UnknownServiceError:
        return None
    return model


def chosen_service(candidates: Sequence[str], key: str, value: str) -> str:
    """Return the candidate whose metadata has this value; the first if there is none."""
    if len(candidates) > 1:
        for service in candidates:
            model = service_model(service)
            if model is not None and model["metadata"].get(key) == value:
                return service
    return candidates[0]


@functools.lru_cache(maxsize=32)
def _rest_operations(service: str) -> tuple[RestOperation, ...]:
    model = service_model(service)
    if model is None or not str(model["metadata"].get("protocol")).startswith("rest"):
        return ()
    return tuple(_rest_operation(model, name) for name in model["operations"])


def _rest_operation(model: Mapping[str, Any], name: str) -> RestOperation:
    described = model["operations"][name]
    uri, _, query = described["http"]["requestUri"].partition("?")
    shape = model["shapes"].get(described.get("input", {}).get("shape"), {})
    required = [shape["members"][member] for member in shape.get("required", ())]
    return RestOperation(
        name=name,
        method=described["http"]["method"],
        pattern=_pattern(uri),
        # `x-id` repeats the operation's name; botocore of before 2023 does not send it.
        literals=tuple(
            (key, value) for key, value in parse_qsl(query, keep_blank_values=True) if key != "x-id"
        ),
        headers=_located(required, "header", str.lower),
        queries=_located(required, "querystring", str),
        input=shape,
    )


def _located(members: Sequence[Mapping[str, Any]], location: str, form: Any) -> frozenset[str]:
    return frozenset(
        form(one["locationName"])
        for one in members
        if one.get("location") == location and "locationName" in one
    )


def _pattern(uri: str) -> re.Pattern[str]:
    """Return the pattern of a URI: a label is one segment, one with a plus may be several."""
    parts = _LABEL.split(uri.rstrip("/"))
    text = "".join(
        re.escape(part) if number % 2 == 0 else _group(part) for number, part in enumerate(parts)
    )
    return re.compile(f"{text}/?$" if not uri.endswith("+}") else f"{text}$")


def _group(label: str) -> str:
    name = re.sub(r"\W", "_", label.rstrip("+"))
    return f"(?P<{name}>.+)" if label.endswith("+") else f"(?P<{name}>[^/]+)"


@dataclass(frozen=True, slots=True)
class RestMatch:
    """The operation of a REST request, and the values of the labels in its path."""

    service: str
    operation: RestOperation
    labels: Mapping[str, str]


def match_rest(
    candidates: Sequence[str],
    method: str,
    path: str,
    query: Mapping[str, str],
    headers: Mapping[str, str],
) -> RestMatch | None:
    """Return the best match of a request among the services, None if no model has it.

    `path` is as it was sent, so that an encoded slash separates no segments.
    """
    named = query.get("x-id")
    found = [
        (one.name == named, one.score(method, query, headers), -len(match.groupdict()), match, one)
        for service in candidates
        for one in _rest_operations(service)
        if (match := one.pattern.match(path)) and one.score(method, query, headers) >= 0
    ]
    if not found:
        return None
    best = max(found, key=lambda item: item[:3])
    operation = best[4]
    service = next(one for one in candidates if operation in _rest_operations(one))
    labels = {name: unquote(value) for name, value in best[3].groupdict().items()}
    return RestMatch(service, operation, labels)


def members_at(shape: Mapping[str, Any], location: str) -> Iterator[tuple[str, str]]:
    """Yield the members of an input shape in one location: name on the wire, name in the API."""
    for name, member in shape.get("members", {}).items():
        if member.get("location") == location:
            yield member.get("locationName", name), name
