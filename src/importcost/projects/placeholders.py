"""Visible placeholders for values that only the cloud knows, in the shape of the real ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

PLACEHOLDER = "importcost-placeholder"
ACCOUNT = "123456789012"
"""The account that AWS's own documentation uses."""


class OpenText(str):
    """A text with a part that the files leave open; `reason` says which."""

    __slots__ = ("reason",)
    reason: str

    def __new__(cls, text: str, reason: str) -> OpenText:
        """Make the text itself, with its reason."""
        made = super().__new__(cls, text)
        made.reason = reason
        return made


def plain_placeholder(reason: str) -> OpenText:
    """Return the placeholder of a value of unknown shape."""
    return OpenText(PLACEHOLDER, reason)


def open_reason(*values: object) -> str | None:
    """Return the reason of the first placeholder among values, None without one."""
    return next((one.reason for one in values if isinstance(one, OpenText)), None)


def name_property(resource_type: str) -> str | None:
    """Return the property that fixes a resource's name, if its type has one."""
    found = _shapes().get(resource_type, {}).get("name")
    return found if isinstance(found, str) else None


def resource_reference(resource_type: str, name: str | None, region: str, what: str) -> str:
    """Return what `Ref` of a resource gives; `name` is its fixed name, `what` its logical id."""
    shape = _shapes().get(resource_type, {}).get("ref", "{name}")
    if name is not None and shape == "{name}":
        return name
    return _filled(shape, name, region, f"{what} is known only in the cloud")


def resource_attribute(
    resource_type: str, attribute_name: str, name: str | None, region: str, what: str
) -> OpenText:
    """Return what `GetAtt` of a resource's attribute gives, an ARN in the shape of one."""
    shapes = _shapes().get(resource_type, {}).get("attributes", {})
    shape = shapes.get(attribute_name)
    if shape is None:
        shape = _arn_of(resource_type) if attribute_name.endswith("Arn") else "{name}"
    return _filled(shape, name, region, f"{what}.{attribute_name} is known only in the cloud")


def shaped_variable(name: str, value: OpenText) -> OpenText:
    """Return a variable's placeholder in the shape that its reader checks, if one is known."""
    shape = _data().get("variables", {}).get(name)
    if shape is None or str(value) != PLACEHOLDER:
        return value
    return OpenText(shape.replace("{name}", PLACEHOLDER), value.reason)


def _arn_of(resource_type: str) -> str:
    parts = resource_type.split("::")
    service = parts[1].lower() if len(parts) > 1 else "service"
    return f"arn:aws:{service}:{{region}}:{{account}}:{{name}}"


def _filled(shape: str, name: str | None, region: str, reason: str) -> OpenText:
    text = shape.replace("{region}", region).replace("{account}", ACCOUNT)
    return OpenText(text.replace("{name}", name or PLACEHOLDER), reason)


@cache
def _data() -> Mapping[str, Any]:
    text = resources.files("importcost.projects").joinpath("data", "resource-shapes.json")
    found: Mapping[str, Any] = json.loads(text.read_text(encoding="utf-8"))
    return found


def _shapes() -> Mapping[str, Any]:
    shapes: Mapping[str, Any] = _data()["types"]
    return shapes
