"""The functions of Terraform that make names, paths and variables; all others stay open.

https://developer.hashicorp.com/terraform/language/functions (read 2026-11-30)
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable, Mapping
from typing import Any

from importcost.projects.placeholders import OpenText

_WIDE = re.compile(r"%[^a-zA-Z%]*[0-9]{4}")


class FailedText(OpenText):
    """A placeholder for what Terraform cannot evaluate either: `try` takes its next argument."""

    __slots__ = ()


class OpenTable(dict[str, Any]):
    """A table of which only some keys are known here."""

    __slots__ = ()


def _merge(*tables: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table in tables:
        found.update(table if isinstance(table, dict) else {})
    return found


def _coalesce(*values: Any) -> Any:
    return next((one for one in values if one not in (None, "")), None)


def _lookup(table: dict[str, Any], key: Any, *default: Any) -> Any:
    return table.get(str(key), *default) if default else table[str(key)]


def _format(text: str, *values: Any) -> str:
    if _WIDE.search(str(text)):
        raise ValueError("a field of thousands of characters")
    return str(text) % tuple(values)


def _flat(values: list[Any]) -> list[Any]:
    return [one for part in values for one in (_flat(part) if isinstance(part, list) else [part])]


def _try(*values: Any) -> Any:
    return next((one for one in values if not isinstance(one, FailedText)), values[0])


def _element(values: list[Any], index: int) -> Any:
    return values[int(index) % len(values)]


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "abspath": lambda path: path,
    "basename": posixpath.basename,
    "coalesce": _coalesce,
    "concat": lambda *lists: [one for part in lists for one in part],
    "dirname": posixpath.dirname,
    "element": _element,
    "flatten": _flat,
    "format": _format,
    "join": lambda sign, *lists: sign.join(str(one) for one in _flat(list(lists))),
    "jsonencode": lambda value: json.dumps(value, separators=(",", ":")),
    "keys": lambda table: sorted(table),
    "length": len,
    "lookup": _lookup,
    "lower": str.lower,
    "max": max,
    "merge": _merge,
    "min": min,
    "nonsensitive": lambda value: value,
    "pathexpand": lambda path: path,
    "replace": lambda text, old, new: str(text).replace(old, new),
    "sensitive": lambda value: value,
    "split": lambda sign, text: str(text).split(sign),
    "title": str.title,
    "tolist": list,
    "tomap": dict,
    "tonumber": int,
    "toset": lambda values: list(dict.fromkeys(values)),
    "tostring": str,
    "trim": lambda text, signs: text.strip(signs),
    "trimprefix": lambda text, part: text.removeprefix(part),
    "trimspace": str.strip,
    "trimsuffix": lambda text, part: text.removesuffix(part),
    "try": _try,
    "upper": str.upper,
    "values": lambda table: [table[key] for key in sorted(table)],
}
"""`abspath` and `pathexpand` leave a path relative: an absolute one would be refused."""
