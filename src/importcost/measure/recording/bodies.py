"""Bodies of requests as flat parameters: pairs of a path and a value as text."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from importcost.model.results.aws_calls import SET_ASIDE

Parameters = Iterator[tuple[str, str]]

MAX_TEXT = 4000
"""Longer values are compared by their digest."""
_GZIP_MAGIC = b"\x1f\x8b"
_SETS = ("SS", "NS", "BS")
"""DynamoDB's sets: boto3 writes them in the order of a Python set, which changes by itself."""
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE)


def flat(value: Any, path: str = "") -> Parameters:
    """Yield the scalars of a JSON-like value with their paths; texts that hold JSON are opened."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            is_set = name in _SETS and isinstance(inner, list)
            ordered = sorted(inner, key=str) if is_set else inner
            yield from flat(ordered, f"{path}/{name}" if path else str(name))
    elif isinstance(value, (list, tuple)) and value:
        for number, inner in enumerate(value):
            yield from flat(inner, f"{path}/{number}" if path else str(number))
    elif isinstance(value, str):
        yield from _flat_text(value, path)
    else:
        yield path, json.dumps(value, default=str)


def _flat_text(text: str, path: str) -> Parameters:
    if text[:1] in ("{", "["):
        with contextlib.suppress(ValueError):
            yield from flat(json.loads(text), path)
            return
    last = path.rpartition("/")[2].lower()
    if last.endswith(("token", "requestid")) and _UUID.fullmatch(text):
        yield path, SET_ASIDE
    else:
        yield path, shortened(text)


def shortened(text: str) -> str:
    """Return a text, or the digest of one that is too long to keep."""
    if len(text) <= MAX_TEXT:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"({len(text)} characters, SHA-256 {digest})"


def flat_bytes(body: bytes, path: str) -> Parameters:
    """Yield the contents of a body that is one value: JSON, other text, or the digest of bytes."""
    if body.startswith(_GZIP_MAGIC):
        # A gzip file holds the time of its making.
        with contextlib.suppress(OSError, EOFError):
            body = gzip.decompress(body)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        digest = hashlib.sha256(body).hexdigest()[:16]
        yield path, f"({len(body)} bytes, SHA-256 {digest})"
    else:
        yield from _flat_text(text, path)


def json_parameters(body: bytes) -> Parameters:
    """Yield the parameters of a JSON body; of one that is not JSON, the body itself."""
    try:
        value = json.loads(body) if body.strip() else {}
    except ValueError:
        yield from flat_bytes(body, "body")
        return
    if value != {}:
        yield from flat(value)


def form_parameters(pairs: Sequence[tuple[str, str]]) -> Parameters:
    """Yield the parameters of a Query or EC2 request, without what names the operation."""
    for name, value in pairs:
        if name not in ("Action", "Version"):
            yield from _flat_text(value, name.replace(".", "/"))


def form_pairs(body: bytes) -> list[tuple[str, str]]:
    """Return the pairs of a form's body."""
    return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)


def xml_parameters(body: bytes) -> Parameters:
    """Yield the elements of an XML body, without its namespaces; else the body itself."""
    import xmltodict

    if not body.strip():
        return
    try:
        value = xmltodict.parse(body, attr_prefix="@")
    except Exception:  # noqa: BLE001 - the parser's error class is another one on each platform
        yield from flat_bytes(body, "body")
        return
    for path, text in flat(value):
        if "@xmlns" not in path:
            # The root names the operation or its one structure.
            yield path.partition("/")[2] or path, text
