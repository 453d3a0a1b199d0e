"""Checks of a rewritten text against the original, on both syntax trees."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence

from importcost.deferral.rewrite.getter import Getter
from importcost.deferral.rewrite.tree import CannotRewriteError, parse_text


def check_result(before: ast.Module, text: str, getters: Sequence[Getter]) -> None:
    """Raise CannotRewriteError if `text` does not compile or a use was lost.

    The texts inside f-strings must be the same as before (`f"{s3=}"` shows its source), and every
    use of an object must have become a call of its getter.
    """
    try:
        after = parse_text(text)
    except CannotRewriteError as error:
        raise CannotRewriteError(f"the rewritten file {error}") from error
    if not getters:
        return
    if _formatted(before) != _formatted(after):
        raise CannotRewriteError("an f-string would show another text")
    names_before, names_after = _names(before), _names(after)
    calls = _calls(after)
    for getter in getters:
        uses = len(getter.made.uses)
        gone = names_before[getter.made.name] - names_after[getter.made.name]
        if calls[getter.name] != uses or gone != uses + 1:
            raise CannotRewriteError(
                f"not every use of {getter.made.name} was found at its place in the text"
            )


def _formatted(module: ast.Module) -> Counter[str]:
    return Counter(
        part.value
        for node in ast.walk(module)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    )


def _names(module: ast.Module) -> Counter[str]:
    return Counter(node.id for node in ast.walk(module) if isinstance(node, ast.Name))


def _calls(module: ast.Module) -> Counter[str]:
    return Counter(
        node.func.id
        for node in ast.walk(module)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and not node.args
        and not node.keywords
    )
