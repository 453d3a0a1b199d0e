"""The evaluator of a CloudFormation template: its names, and the walk through its expressions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from importcost.errors import UsageError
from importcost.projects.documents import DocumentTable
from importcost.projects.placeholders import (
    PLACEHOLDER,
    OpenText,
    name_property,
    plain_placeholder,
)

MAX_VALUES = 2_000_000
"""Values that one template may expand to; aliases and FindInMap can repeat without end."""
MAX_CHARACTERS = 50_000_000
"""Characters of all texts that the expressions of one template have as values."""
MAX_NESTING = 100
_DYNAMIC = re.compile(r"\{\{resolve:[^}]*\}\}")


class _Nothing:
    """AWS::NoValue: the property is left out."""


NO_VALUE = _Nothing()


@dataclass(slots=True)
class TemplateScope:
    """All names that a template's expressions may mention.

    `values` are the parameters with a value; `defaultless` those without one. `resources` are the
    raw resources, for the shape of a placeholder. `file` is for messages.
    """

    file: str
    region: str = "us-east-1"
    stack_name: str = "importcost-placeholder"
    values: Mapping[str, Any] = field(default_factory=dict)
    defaultless: frozenset[str] = frozenset()
    mappings: Mapping[str, Any] = field(default_factory=dict)
    conditions: Mapping[str, Any] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)


class Evaluator:
    """Evaluates the expressions of one template; nothing is evaluated that is not asked for.

    `functions` maps the name of an intrinsic function to its implementation.
    """

    def __init__(self, scope: TemplateScope, functions: Mapping[str, Intrinsic]) -> None:
        self.scope = scope
        self._functions = functions
        self._judged: dict[str, bool | OpenText] = {}
        self._asked: list[str] = []
        self._values_left = MAX_VALUES
        self._characters_left = MAX_CHARACTERS
        self._depth = 0

    def value(self, raw: Any) -> Any:
        """Return a raw value with every function in it evaluated; NO_VALUE entries are left out.

        Raises UsageError for templates that expand without end.
        """
        self._depth += 1
        try:
            self.count_made(values=1)
            if self._depth > MAX_NESTING:
                raise self._endless()
            found = self._evaluated(raw)
            if isinstance(found, str):
                self.count_made(characters=len(found))
            return found
        finally:
            self._depth -= 1

    def count_made(self, values: int = 0, characters: int = 0) -> None:
        """Count what an expression makes, before it is made.

        Raises UsageError if the template has made too much: texts of texts double their length
        again and again.
        """
        self._values_left -= values
        self._characters_left -= characters
        if self._values_left < 0 or self._characters_left < 0:
            raise self._endless()

    def text_of(self, found: Any) -> str:
        """Return an evaluated value as CloudFormation puts it into text, and count it."""
        if isinstance(found, list):
            return ",".join([self.text_of(one) for one in found])
        text = as_text(found)
        self.count_made(values=1, characters=len(text) + 1)
        return text

    def _endless(self) -> UsageError:
        return UsageError(
            f"{self.scope.file} expands without end: its expressions nest or repeat too"
            " often; correct the template."
        )

    def holds(self, name: str) -> bool | OpenText:
        """Return whether a condition holds; a placeholder if that is known only in the cloud."""
        if name not in self._judged:
            if name in self._asked or name not in self.scope.conditions:
                return plain_placeholder(f"the condition {name} cannot be evaluated")
            self._asked.append(name)
            found = self.value(self.scope.conditions[name])
            self._asked.pop()
            self._judged[name] = found if isinstance(found, bool | OpenText) else bool(found)
        return self._judged[name]

    def _evaluated(self, raw: Any) -> Any:
        if isinstance(raw, dict):
            if len(raw) == 1:
                name = next(iter(raw))
                function = self._functions.get(name)
                if function is not None and not (name == "Condition" and _is_type(raw[name])):
                    return function(self, raw[name])
            return self._table(raw)
        if isinstance(raw, list):
            found = [self.value(one) for one in raw]
            return [one for one in found if one is not NO_VALUE]
        if isinstance(raw, str) and "{{resolve:" in raw:
            return OpenText(_DYNAMIC.sub(PLACEHOLDER, raw), "a dynamic reference names it")
        return raw

    def _table(self, raw: dict[str, Any]) -> DocumentTable:
        table = DocumentTable(line=getattr(raw, "line", 1))
        table.lines = getattr(raw, "lines", {})
        for key, one in raw.items():
            found = self.value(one)
            if found is not NO_VALUE:
                table[key] = found
        return table

    def type_of(self, name: str) -> str:
        """Return the type of a resource, empty if there is none."""
        resource = self.scope.resources.get(name)
        found = resource.get("Type") if isinstance(resource, dict) else None
        return found if isinstance(found, str) else ""

    def name_of(self, logical_id: str) -> str | None:
        """Return the name that a resource's own properties give it, if they fix one."""
        wanted = name_property(self.type_of(logical_id))
        if wanted is None or logical_id in self._asked:
            return None
        raw = self.scope.resources[logical_id].get("Properties")
        if not isinstance(raw, dict) or wanted not in raw:
            return None
        self._asked.append(logical_id)
        found = self.value(raw[wanted])
        self._asked.pop()
        return found if isinstance(found, str) else None


def _is_type(value: Any) -> bool:
    return isinstance(value, str) and "::" in value


def as_text(value: Any) -> str:
    """Return a value as CloudFormation puts it into text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ",".join(as_text(one) for one in value)
    return "" if value is NO_VALUE or value is None else str(value)


Intrinsic = Callable[[Evaluator, Any], Any]
