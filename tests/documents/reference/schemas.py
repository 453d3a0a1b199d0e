"""The JSON that importcost writes: each schema's top level, and where the whole of it is."""

from __future__ import annotations

import json
from pathlib import Path

from tests.documents.reference.text import page, table

ROOT = Path(__file__).parents[3]
FOLDER = "src/importcost/reports/data"
INTRODUCTION = """
What other programs may read is versioned: a field is added without a new number, and taken away or
given another meaning only with one. Each schema is a file of the package and is made from the code.
"""


def schemas_page() -> str:
    """Return the page."""
    parts = [INTRODUCTION]
    for file in sorted((ROOT / FOLDER).glob("importcost-*.schema.json")):
        schema = json.loads(file.read_text(encoding="utf-8"))
        name = file.name.removesuffix(".schema.json")
        required = set(schema.get("required", ()))
        rows = [
            (f"`{key}`", _type(value), "always" if key in required else "if known")
            for key, value in schema["properties"].items()
        ]
        parts += [f"## {name}", schema.get("description", "")]
        parts += [f"The whole schema: [{file.name}](../../{FOLDER}/{file.name})."]
        parts += [table(("field", "value", "there"), rows)]
    return page("JSON", *parts)


def _type(schema: dict[str, object]) -> str:
    """Return a schema's type in words: `number`, `ImportTree`, `list of Warning`, `x or null`."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
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
