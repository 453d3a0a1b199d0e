"""The JSON that importcost writes: each schema's top level, and the types that its fields have."""

from __future__ import annotations

import json
import re
from pathlib import Path

from importcost.model.graph import FUNCTION, RUNTIME, STDLIB, UNKNOWN_DISTRIBUTION
from tests.documents.reference.text import page, plain, table

ROOT = Path(__file__).parents[3]
FOLDER = "src/importcost/reports/data"
INTRODUCTION = """
What other programs may read is versioned: a field is added without a new number, and taken away or
given another meaning only with one. Each schema is a file of the package and is made from the code.

The end of a key is its unit: `_us` microseconds, `_ms` milliseconds, `_bytes` bytes, `_kb`
kilobytes and `_mb` megabytes (of 1,024), `_share` a part of 1. Unless a type says otherwise, `_us`
is CPU time on the measuring machine, and `_ms` is modelled on Lambda.
"""
WORDS = {
    "None": "null",
    "True": "true",
    "False": "false",
    "STDLIB": f"`{STDLIB}`",
    "RUNTIME": f"`{RUNTIME}`",
    "FUNCTION": f"`{FUNCTION}`",
    "UNKNOWN_DISTRIBUTION": f"`{UNKNOWN_DISTRIBUTION}`",
}
TYPES = """
## Types of fields

The types that the tables name, by the alphabet.
"""
"""The head of the types that schemas share."""


def schemas_page() -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    types: dict[str, list[dict[str, object]]] = {}
    for file in sorted((ROOT / FOLDER).glob("importcost-*.schema.json")):
        schema = json.loads(file.read_text(encoding="utf-8"))
        name = file.name.removesuffix(".schema.json")
        parts += [f"## {name}", _in_json(schema.get("description", ""))]
        parts += [f"The whole schema: [{file.name}](../../{FOLDER}/{file.name})."]
        parts += [_fields(schema)]
        for type_name, kind in schema.get("$defs", {}).items():
            known = types.setdefault(type_name, [])
            if kind not in known:
                known.append(kind)
    parts.append(TYPES)
    for type_name in sorted(types):
        for number, kind in enumerate(types[type_name]):
            parts.append(f"### {type_name}{' (another schema)' * (number > 0)}")
            parts.append(plain(_in_json(str(kind.get("description", "")))))
            parts.append(_fields(kind) if kind.get("properties") else f"Value: {_type(kind)}.")
    return page("JSON", *parts)


def _in_json(text: str) -> str:
    """Return a docstring that names Python's constants with the values that JSON has."""
    return re.sub(r"\b[A-Z]\w+\b", lambda found: WORDS.get(found[0], found[0]), text)


def _fields(schema: dict[str, object]) -> str:
    """Return the table of an object's fields."""
    required = set(schema.get("required", ()))  # type: ignore[call-overload]
    rows = [
        (f"`{key}`", _type(value), "always" if key in required else "if known")
        for key, value in schema["properties"].items()  # type: ignore[attr-defined]
    ]
    return table(("field", "value", "there"), rows)


def _type(schema: dict[str, object]) -> str:
    """Return a schema's type in words: `number`, `ImportTree`, `list of Warning`, `x or null`."""
    if "$ref" in schema:
        name = str(schema["$ref"]).rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return "one of " + ", ".join(f"`{one}`" for one in schema["enum"])  # type: ignore[attr-defined]
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(_type(one) for one in schema[key])  # type: ignore[attr-defined]
    kind = schema.get("type", "any value")
    if isinstance(kind, list):
        return " or ".join(kind)
    if kind == "array" and isinstance(schema.get("items"), dict):
        return f"list of {_type(schema['items'])}"  # type: ignore[arg-type]
    return str(kind)
