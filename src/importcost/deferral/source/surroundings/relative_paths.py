"""Decide whether a call may be given a path that the working directory completes."""

from __future__ import annotations

import ast

from importcost.deferral.source.reach.units import UnitFacts
from importcost.deferral.source.surroundings.aspects import covering, surroundings
from importcost.deferral.source.surroundings.full_names import FullNames, assigned

BY_PATH = ("folder", "umask")
"""Aspects that a call reads only if it is given a path that is not absolute."""

_DEPTH = 4


def takes_relative_path(names: FullNames, facts: UnitFacts, node: ast.Call) -> bool:
    """Return True if a call may be given a path that the working directory completes."""
    values = [*node.args, *(word.value for word in node.keywords)]
    name = names.of(facts, node.func) or ""
    paths = any(covering(name, surroundings().aspects[aspect].read_by) for aspect in BY_PATH)
    return any(_is_relative(facts, value, sure=paths) for value in values)


def _is_relative(facts: UnitFacts, value: ast.expr, *, sure: bool, depth: int = 0) -> bool:
    """Return True if an argument may be a relative path.

    `sure` says that the call takes a path, so that any text may be one.
    """
    if depth > _DEPTH:
        return True
    texts = [
        child.value
        for child in ast.walk(value)
        if isinstance(child, ast.Constant) and isinstance(child.value, str)
    ]
    names = {child.id for child in ast.walk(value) if isinstance(child, ast.Name)}
    if "__file__" in names or any(text.startswith(("/", "s3://", "http")) for text in texts):
        return False
    if isinstance(value, ast.Constant):
        text = value.value
        return isinstance(text, str) and (sure or "/" in text or "." in text)
    if isinstance(value, ast.Name):
        scope: UnitFacts | None = facts
        while scope is not None:
            inner = assigned(scope, value.id)
            if inner is not None:
                return _is_relative(scope, inner, sure=sure, depth=depth + 1)
            scope = scope.parent
    return True
