"""Carry findings out as edits of their files, in memory, and as a diff."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.sources import Sources
from importcost.deferral.lazy.dependency_module import FILE, module_text, with_module_first
from importcost.deferral.rewrite.diff import unified_diff
from importcost.deferral.rewrite.rewrite import Change, Refused, rewrite
from importcost.deferral.rewrite.settled import refusal
from importcost.deferral.rewrite.tree import CannotRewriteError
from importcost.deferral.source.model import SourceFile
from importcost.deferral.source.text import encode
from importcost.files.journal import FileEdit
from importcost.files.read import read_found
from importcost.model.advice import Advice, BestSet


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Files before and after some changes; `notes` are for their reader."""

    edits: tuple[FileEdit, ...]
    notes: tuple[str, ...]


class Edits:
    """Writes the changes of findings, by their numbers; each set of them once."""

    def __init__(
        self, findings: Sequence[JudgedImport], sources: Sources, python: tuple[int, int]
    ) -> None:
        self._findings = findings
        self._sources = sources
        self._python = python
        self._known: dict[tuple[int, ...], Rewrite | Refused] = {}

    def settled(self) -> list[JudgedImport]:
        """Return the findings, each with a change that can be written or a verdict against it."""
        return [self._settled(number, one) for number, one in enumerate(self._findings)]

    def agreeing(self, numbers: Sequence[int]) -> tuple[int, ...]:
        """Return the findings whose changes can be written together, the costliest first choice."""
        if not isinstance(self.attempt(numbers), Refused):
            return tuple(numbers)
        chosen: tuple[int, ...] = ()
        for number in sorted(numbers, key=lambda one: -self._findings[one].finding.exclusive_us):
            more = tuple(one for one in numbers if one in (*chosen, number))
            if not isinstance(self.attempt(more), Refused):
                chosen = more
        return chosen

    def of(self, numbers: Sequence[int]) -> Rewrite:
        """Return the edits of findings that are settled and agree."""
        result = self.attempt(numbers)
        assert isinstance(result, Rewrite)  # noqa: S101 - only such findings have numbers
        return result

    def attempt(self, numbers: Sequence[int]) -> Rewrite | Refused:
        """Return the edits of findings together, or the reason why none carries them out."""
        key = tuple(numbers)
        if key not in self._known:
            chosen = [self._findings[number] for number in key]
            self._known[key] = _rewrite_files(chosen, self._sources, self._python)
        return self._known[key]

    def _settled(self, number: int, one: JudgedImport) -> JudgedImport:
        result = self.attempt([number]) if one.changes else None
        if not isinstance(result, Refused):
            return one
        finding = replace(one.finding, verdict=refusal(one.finding.verdict, result))
        return replace(one, finding=finding, changes=())


def _rewrite_files(
    findings: Sequence[JudgedImport], sources: Sources, python: tuple[int, int]
) -> Rewrite | Refused:
    """Apply the changes of all findings together, file by file; one refusal refuses all."""
    changes: dict[str, list[Change]] = defaultdict(list)
    files: dict[str, SourceFile] = {}
    waiting = [one for one in findings if one.file.source.path in sources.dependencies]
    if waiting:
        # This style changes nothing else.
        return _wait_for(waiting, sources, python)
    for one in findings:
        path = one.file.source.path
        files[path] = one.file
        changes[path] += [change for change in one.changes if change not in changes[path]]
    edits: list[FileEdit] = []
    notes: list[str] = []
    for path, file in files.items():
        result = rewrite(file, changes[path], python)
        if isinstance(result, Refused):
            return result
        after = encode(file.source, result.text)
        notes += result.notes
        if after != sources.data[path]:
            edits.append(FileEdit(Path(path), sources.data[path], after))
    return Rewrite(tuple(edits), tuple(notes))


def _wait_for(
    findings: Sequence[JudgedImport], sources: Sources, python: tuple[int, int]
) -> Rewrite | Refused:
    """Make imports inside dependencies wait: one new file, or more names in it, and one line."""
    handler = sources.files.get(sources.handler)
    if handler is None:
        return Refused("the handler's own file cannot be edited")
    path = Path(sources.handler).with_name(FILE)
    pairs: dict[str, frozenset[str]] = defaultdict(frozenset)
    for one in findings:
        pairs[one.file.module] |= one.waits_for
    try:
        before = read_found(path) if os.path.lexists(path) else None
        text = module_text(pairs, python, None if before is None else before.decode("utf-8"))
        first = encode(handler.source, with_module_first(handler))
    except CannotRewriteError as error:
        return Refused(str(error))
    except (OSError, UnicodeDecodeError) as error:
        return Refused(f"{path.name} exists and cannot be read ({error})")
    edits = [FileEdit(path, before, text.encode("utf-8"))]
    edits.append(FileEdit(Path(sources.handler), sources.data[sources.handler], first))
    changed = tuple(edit for edit in edits if edit.before != edit.after)
    return Rewrite(changed, ())


def diff_text(changed: Rewrite, root: Path) -> str:
    """Return all edits as one unified diff with paths below `root`.

    It is text, for a report to show and copy: a byte that is not UTF-8 becomes a lone surrogate.
    """
    parts = []
    for edit in changed.edits:
        inside = edit.path.is_relative_to(root)
        name = (edit.path.relative_to(root) if inside else edit.path).as_posix()
        before, after = (
            data.decode("utf-8", "surrogateescape") for data in (edit.before or b"", edit.after)
        )
        parts.append(unified_diff(name, None if edit.before is None else before, after))
    return "".join(parts)


def with_fixes(
    advice: Advice, best: BestSet | None, findings: Sequence[JudgedImport], edits: Edits, root: Path
) -> Advice:
    """Put each change beside its suggestion as a diff, and `best` as the best set."""
    fixes = {
        number: diff_text(edits.of([number]), root)
        for number, one in enumerate(findings)
        if one.changes
    }
    suggested = tuple(
        replace(one, fix=fixes.get(number)) for number, one in enumerate(advice.findings)
    )
    if best is not None:
        best = replace(best, fix=diff_text(edits.of(best.finding_ids), root))
    return replace(advice, findings=suggested, best_set=best)
