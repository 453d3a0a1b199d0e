"""Expand Fn::ForEach, the loops of the AWS::LanguageExtensions transform."""

from __future__ import annotations

from typing import Any

from importcost.errors import UsageError
from importcost.projects.cloudformation.evaluator import Evaluator
from importcost.projects.documents import DocumentTable

MAX_ENTRIES = 100_000
_LOOP = "Fn::ForEach::"


def expanded(section: Any, evaluator: Evaluator) -> DocumentTable:
    """Return a section of a template with its loops unrolled. Raises UsageError for endless ones.

    A loop over a list that only the cloud knows is left out.
    """
    table = section if isinstance(section, DocumentTable) else DocumentTable()
    if not any(key.startswith(_LOOP) for key in table):
        return table
    made = DocumentTable(line=table.line)
    for key, value in table.items():
        line = table.line_of(key)
        if not key.startswith(_LOOP):
            made[key], made.lines[key] = value, line
            continue
        for name, entry in _unrolled(value, evaluator):
            made[name], made.lines[name] = entry, line
            if len(made) > MAX_ENTRIES:
                raise UsageError(
                    f"{evaluator.scope.file} line {line}: its loops make more than {MAX_ENTRIES:,}"
                    " entries: correct the template."
                )
    return made


def _unrolled(loop: Any, evaluator: Evaluator) -> list[tuple[str, Any]]:
    if not (isinstance(loop, list) and len(loop) == 3 and isinstance(loop[2], dict)):
        return []
    if not isinstance(loop[0], str):
        return []
    variable, items = loop[0], evaluator.value(loop[1])
    found = []
    for item in items if isinstance(items, list) else []:
        body = _put(loop[2], variable, evaluator.text_of(item), evaluator)
        found += list(expanded(DocumentTable(body), evaluator).items())
    return found


def _put(value: Any, variable: str, text: str, evaluator: Evaluator) -> Any:
    """Return a value with a loop's variable replaced in its keys and texts."""
    evaluator.count_made(values=1)
    if isinstance(value, dict):
        if value == {"Ref": variable}:
            return text
        return DocumentTable(
            {
                _put(key, variable, text, evaluator): _put(one, variable, text, evaluator)
                for key, one in value.items()
            },
            getattr(value, "line", 1),
        )
    if isinstance(value, list):
        return [_put(one, variable, text, evaluator) for one in value]
    if isinstance(value, str):
        for mark in (f"${{{variable}}}", f"&{{{variable}}}"):
            evaluator.count_made(characters=value.count(mark) * len(text))
            value = value.replace(mark, text)
    return value
