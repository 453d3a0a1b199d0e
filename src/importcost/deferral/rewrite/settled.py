"""Settle the verdicts of a file by the edit itself: what cannot be written is not deferrable."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from importcost.deferral.rewrite.rewrite import Change, Refused, rewrite
from importcost.deferral.source.model import ImportStatement, ModuleObject, SourceFile
from importcost.model.advice import DeferStyle, DeferVerdict, VerdictKind

Statement = TypeVar("Statement", ImportStatement, ModuleObject)


def settle_verdicts(file: SourceFile, python: tuple[int, int]) -> SourceFile:
    """Return the file with a refusal, and its reason, for each change that cannot be written.

    Each verdict is tried in the style that it names; `python` is the version that the function
    runs on.
    """
    every = [change for one in file.imports for change in changes_of(one)]
    every += [change for one in file.objects for change in changes_of(one)]
    if not every or not isinstance(rewrite(file, every, python), Refused):
        return file
    while (tried := _tried_objects(file, python)) != file:
        file = tried
    return replace(file, imports=tuple(_tried(file, one, python) for one in file.imports))


def changes_of(statement: ImportStatement | ModuleObject) -> tuple[Change, ...]:
    """Return the change that a verdict allows, nothing if it allows none."""
    style = statement.verdict.style
    return () if style is None else (Change(statement, style),)


def _tried_objects(file: SourceFile, python: tuple[int, int]) -> SourceFile:
    return replace(file, objects=tuple(_tried(file, one, python) for one in file.objects))


def _tried(file: SourceFile, statement: Statement, python: tuple[int, int]) -> Statement:
    """Return the statement, its verdict a refusal if its own change cannot be written."""
    result = rewrite(file, changes_of(statement), python)
    if not isinstance(result, Refused):
        return statement
    return replace(statement, verdict=refusal(statement.verdict, result))


def refusal(verdict: DeferVerdict, refused: Refused) -> DeferVerdict:
    """Return the verdict on a change that cannot be written.

    One that was to be lazy may still be deferrable in another style.
    """
    if verdict.style in (DeferStyle.LAZY, DeferStyle.LAZY_MODULES):
        left = f"{verdict.reason}; --style {verdict.style.value} leaves it: {refused.reason}"
        return replace(verdict, reason=left, style=None)
    return DeferVerdict(VerdictKind.NOT_DEFERRABLE, refused.reason, verdict.line)
