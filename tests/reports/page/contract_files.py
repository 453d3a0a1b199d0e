"""The page's data contract in its other two forms, made from the TypedDicts.

`python tests/reports/page/contract_files.py` writes the JSON Schema and the page's JSDoc types.
"""

from __future__ import annotations

import json
import sys
import types
import typing
from pathlib import Path
from typing import Any

from importcost import reports
from importcost.reports.page import contract
from importcost.reports.page.assets import templates_folder

SCHEMA_FILE = Path(reports.__file__).parent / "data" / "page-data.schema.json"
TYPES_FILE = templates_folder() / "js" / "model" / "data.js"
ROOTS = ("WholePageData", "DifferenceData", "WholeIndexData")
PLAIN = {str: "string", int: "integer", float: "number", bool: "boolean", type(None): "null"}
HEAD = """// The types of the page's data. Made from the TypedDicts of reports/page/contract.py by
// tests/reports/page/contract_files.py: change it there.
"""


def contract_types() -> dict[str, Any]:
    """Return the public TypedDicts of the contract by name, in their order."""
    return {
        name: value
        for name, value in vars(contract).items()
        if typing.is_typeddict(value) and not name.startswith("_")
    }


def fields_of(kind: Any) -> list[tuple[str, Any, bool]]:
    """Return name, type and whether it is required, for each key."""
    hints = typing.get_type_hints(kind)
    return [(name, hint, name in kind.__required_keys__) for name, hint in hints.items()]


def schema_text() -> str:
    """Return the JSON Schema of all pages' data."""
    definitions = {name: schema_of(kind) for name, kind in contract_types().items()}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The data of importcost's pages",
        "anyOf": [{"$ref": f"#/$defs/{name}"} for name in ROOTS],
        "$defs": definitions,
    }
    return json.dumps(schema, indent=2) + "\n"


def schema_of(kind: Any) -> dict[str, Any]:
    fields = fields_of(kind)
    return {
        "description": summary_of(kind),
        "type": "object",
        "properties": {name: json_type(hint) for name, hint, _ in fields},
        "required": [name for name, _, required in fields if required],
        "additionalProperties": False,
    }


def json_type(hint: Any) -> dict[str, Any]:
    if typing.is_typeddict(hint):
        return {"$ref": f"#/$defs/{hint.__name__}"}
    if typing.get_origin(hint) is list:
        return {"type": "array", "items": json_type(typing.get_args(hint)[0])}
    if isinstance(hint, types.UnionType):
        return {"anyOf": [json_type(part) for part in typing.get_args(hint)]}
    return {"type": PLAIN[hint]}


def types_text() -> str:
    """Return the page's module of JSDoc types."""
    parts = [HEAD, *(jsdoc_of(name, kind) for name, kind in contract_types().items())]
    return "\n".join([*parts, "export {};\n"])


def jsdoc_of(name: str, kind: Any) -> str:
    lines = ["/**", f" * {summary_of(kind)}", f" * @typedef {{object}} {name}"]
    for field, hint, required in fields_of(kind):
        lines.append(f" * @property {{{js_type(hint)}}} {field if required else f'[{field}]'}")
    return "\n".join([*lines, " */\n"])


def js_type(hint: Any) -> str:
    if typing.is_typeddict(hint):
        return str(hint.__name__)
    if typing.get_origin(hint) is list:
        inner = js_type(typing.get_args(hint)[0])
        return f"({inner})[]" if "|" in inner else f"{inner}[]"
    if isinstance(hint, types.UnionType):
        return " | ".join(js_type(part) for part in typing.get_args(hint))
    return {"integer": "number"}.get(PLAIN[hint], PLAIN[hint])


def summary_of(kind: Any) -> str:
    """Return the first paragraph of a docstring as one line."""
    return " ".join((kind.__doc__ or "").strip().partition("\n\n")[0].split())


def main() -> None:
    SCHEMA_FILE.write_text(schema_text(), encoding="utf-8")
    TYPES_FILE.write_text(types_text(), encoding="utf-8")
    sys.stdout.write(f"{SCHEMA_FILE}\n{TYPES_FILE}\n")


if __name__ == "__main__":
    main()
