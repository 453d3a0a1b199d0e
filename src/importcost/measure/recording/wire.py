"""Turn a request as it arrived into the call that the client made.

Only what the client's code chose is kept. Dates, signatures, user agents, checksums and the like
are new at each call or follow from the rest.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from importcost.measure.recording.bodies import (
    flat_bytes,
    form_pairs,
    form_parameters,
    json_parameters,
    shortened,
    xml_parameters,
)
from importcost.measure.recording.operations import (
    RestMatch,
    chosen_service,
    match_rest,
    members_at,
    service_model,
    signing_names,
)
from importcost.model.results.aws_calls import SET_ASIDE

_CREDENTIAL = re.compile(r"Credential=([^,\s]+)")
_SIGV2 = re.compile(r"AWS ([^:\s]+):")
_FORM = "application/x-www-form-urlencoded"
_CBOR_PATH = re.compile(r"/service/([^/]+)/operation/([^/]+)$")
_FOLLOWING = re.compile(r"Checksum(?!Algorithm|Mode|Type).*|ContentMD5|ContentLength")
"""Members that follow from the body."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request as it arrived: `headers` by lower-case name, path and query still encoded."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def content_type(self) -> str:
        """Return the type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


@dataclass(frozen=True, slots=True)
class Signature:
    """The part of a signature that says who signs, where, and for which service."""

    key: str = ""
    region: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True)
class ReadCall:
    """A call as its request alone shows it."""

    service: str
    operation: str
    signature: Signature
    parameters: tuple[tuple[str, str], ...]


def read_call(request: WireRequest) -> ReadCall:
    """Return the call that this request makes; an unknown operation is named by its path."""
    query: dict[str, str] = {}
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        query[name] = f"{query[name]},{value}" if name in query else value
    signature = read_signature(request.headers, query)
    service, operation, parameters = _read(request, query, signature)
    kept = sorted({*parameters})
    return ReadCall(service, operation, signature, tuple(kept))


def read_signature(headers: Mapping[str, str], query: Mapping[str, str]) -> Signature:
    """Return who signed: by header or presigned URL, Signature version 4, 4a or 2."""
    header = headers.get("authorization", "")
    found = _CREDENTIAL.search(header)
    scope = found[1] if found else query.get("X-Amz-Credential", "")
    if scope:
        # The key id comes first; asymmetric signatures have no region in their scope.
        parts = scope.split("/")
        regional = len(parts) >= 5
        region = parts[2] if regional else headers.get("x-amz-region-set", "")
        service = parts[3] if regional else (parts[2] if len(parts) > 2 else "")
        return Signature(parts[0], region, service)
    older = _SIGV2.match(header)
    if older:
        return Signature(older[1], "", "s3")
    if "AWSAccessKeyId" in query:
        return Signature(query["AWSAccessKeyId"], "", "s3" if "Signature" in query else "")
    return Signature()


Read = tuple[str, str, Iterator[tuple[str, str]]]


def _read(request: WireRequest, query: Mapping[str, str], signature: Signature) -> Read:
    names = signing_names()
    candidates = names.candidates(signature.service) if signature.service else ()
    target = request.headers.get("x-amz-target")
    if target:
        prefix, _, operation = target.rpartition(".")
        service = names.unsigned_targets.get(prefix) or (
            chosen_service(candidates, "targetPrefix", prefix) if candidates else prefix
        )
        return service, operation, json_parameters(request.body)
    cbor = _CBOR_PATH.search(request.path)
    if cbor and candidates:
        return candidates[0], cbor[2], flat_bytes(request.body, "body")
    pairs = form_pairs(request.body) if request.content_type == _FORM else []
    pairs += list(query.items())
    form = dict(pairs)
    if "Action" in form and (not candidates or not _is_rest(candidates[0])):
        service = names.unsigned_actions.get(form["Action"]) or (
            chosen_service(candidates, "apiVersion", form.get("Version", ""))
            if candidates
            else "unknown"
        )
        return service, form["Action"], form_parameters(_without_signature(pairs))
    # A request without a signature goes to S3 if anywhere: public buckets are read like that.
    candidates = candidates or ("s3",)
    match = match_rest(candidates, request.method, request.path, query, request.headers)
    if match is None:
        words = f"{request.method} {unquote(request.path)}"
        return candidates[0], words, _unknown(request, query)
    return match.service, match.operation.name, _rest(match, request, query)


def _is_rest(service: str) -> bool:
    model = service_model(service)
    return model is not None and str(model["metadata"].get("protocol")).startswith("rest")


def _without_signature(pairs: list[tuple[str, str]]) -> list[tuple[str, str]]:
    ours = ("x-amz-", "signature", "awsaccesskeyid", "timestamp", "expires")
    return [pair for pair in pairs if not pair[0].lower().startswith(ours)]


def _unknown(request: WireRequest, query: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in _without_signature(list(query.items())):
        yield name, shortened(value)
    yield from _body(request, is_xml=False)


def _body(request: WireRequest, *, is_xml: bool) -> Iterator[tuple[str, str]]:
    return xml_parameters(request.body) if is_xml else json_parameters(request.body)


def _rest(
    match: RestMatch, request: WireRequest, query: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield the parameters of a REST request under the names that the API gives them."""
    for name, value in _all_rest(match, request, query):
        if not _FOLLOWING.fullmatch(name):
            yield name, value


def _all_rest(
    match: RestMatch, request: WireRequest, query: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    shape = match.operation.input
    members = shape.get("members", {})
    tokens = {name for name, member in members.items() if member.get("idempotencyToken")}
    uri_names = dict(members_at(shape, "uri"))
    for label, value in match.labels.items():
        yield uri_names.get(label, label), shortened(value)
    located = [
        *_queries(match, query),
        *_headers(shape, request.headers),
    ]
    for name, value in located:
        yield name, SET_ASIDE if name in tokens else shortened(value)
    payload = shape.get("payload")
    model = service_model(match.service)
    if payload is not None and model is not None:
        described = model["shapes"][members[payload]["shape"]]
        if described["type"] in ("blob", "string"):
            if request.body:
                yield from flat_bytes(request.body, payload)
            return
    is_xml = model is not None and model["metadata"]["protocol"] == "rest-xml"
    for path, value in _body(request, is_xml=is_xml):
        yield path, SET_ASIDE if path in tokens else value


def _queries(match: RestMatch, query: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    names = dict(members_at(match.operation.input, "querystring"))
    literal = {"x-id", *(name for name, _ in match.operation.literals)}
    for wire, value in _without_signature(list(query.items())):
        if wire not in literal:
            yield names.get(wire, wire), value


def _headers(shape: Mapping[str, object], headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for wire, name in members_at(shape, "header"):
        if wire.lower() in headers:
            yield name, headers[wire.lower()]
    for prefix, name in members_at(shape, "headers"):
        for header, value in headers.items():
            if header.startswith(prefix.lower()):
                yield f"{name}/{header[len(prefix) :]}", value
