"""A second opinion on deferrable imports, from an analyser of lazy imports if one is installed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from importcost.app.defer.findings import JudgedImport
from importcost.model.graph import FUNCTION, STDLIB, ImportGraph
from importcost.processes.lifeguard import (
    LifeguardDoubt,
    LifeguardOpinion,
    ask_lifeguard,
    lifeguard_program,
)


def with_second_opinion(
    findings: Sequence[JudgedImport], graph: ImportGraph, python: tuple[int, int]
) -> list[JudgedImport]:
    """Return the findings; where lifeguard calls a module that moves unsafe, the reason says so.

    Agreement is quiet. A doubt refuses nothing: it calls unsafe what it cannot prove to be safe, in
    nearly every popular package, and refusing that would cost most of what deferring saves.
    """
    program = lifeguard_program() if any(one.changes for one in findings) else None
    if program is None:
        return list(findings)
    files = {
        one.name: one.file
        for one in graph.modules
        if one.file
        and one.file.endswith(".py")
        and one.distribution != STDLIB
        and Path(one.file).is_file()
    }
    opinion = ask_lifeguard(*program, files, python)
    own = {one.name for one in graph.modules if one.distribution == FUNCTION}
    return [_with_doubt(one, opinion, own) if one.changes else one for one in findings]


def _with_doubt(one: JudgedImport, opinion: LifeguardOpinion | str, own: set[str]) -> JudgedImport:
    if isinstance(opinion, str):
        doubt = f"there is no second opinion: {opinion}"
    else:
        moved = [name for name in one.finding.modules if name in opinion.unsafe]
        if not moved:
            return one
        first = next((name for name in moved if name in own), moved[0])
        doubt = _words(opinion, opinion.unsafe[first], len(moved) - 1)
    verdict = one.finding.verdict
    verdict = replace(verdict, reason=f"{verdict.reason}; {doubt}")
    return replace(one, finding=replace(one.finding, verdict=verdict))


def _words(opinion: LifeguardOpinion, doubt: LifeguardDoubt, more: int) -> str:
    why = f" ({doubt.kind}, line {doubt.line})" if doubt.kind else ""
    rest = f" and {more} more of its modules" if more else ""
    return (
        f"lifeguard {opinion.version} does not call {doubt.module}{why}{rest} safe to load late, "
        "so prove it with an event or a test"
    )
