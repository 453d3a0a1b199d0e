"""Carry findings out as edits of their files, in memory, and as a diff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.app.defer.advise import Analysis
from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.sources import Sources
from importcost.deferral.rewrite.diff import unified_diff
from importcost.deferral.rewrite.rewrite import Change, Refused, rewrite
from importcost.deferral.source.model import SourceFile
from importcost.deferral.source.text import encode
from importcost.files.journal import FileEdit
from importcost.model.advice import Advice, BestSet


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Files before and after some changes; `notes` are for their reader."""

    edits: tuple[FileEdit, ...]
    notes: tuple[str, ...]


def rewrite_files(
    findings: Sequence[JudgedImport], sources: Sources, python: tuple[int, int]
) -> Rewrite | Refused:
    """Apply the changes of all findings together, file by file; one refusal refuses all."""
    changes: dict[str, list[Change]] = defaultdict(list)
    files: dict[str, SourceFile] = {}
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


def diff_text(changed: Rewrite, root: Path) -> str:
    """Return all edits as one unified diff with paths below `root`.

    It is text, for a report to show and copy: a byte that is not UTF-8 becomes a lone surrogate.
    """
    parts = []
    for edit in changed.edits:
        inside = edit.path.is_relative_to(root)
        name = (edit.path.relative_to(root) if inside else edit.path).as_posix()
        before, after = (
            data.decode("utf-8", "surrogateescape") for data in (edit.before, edit.after)
        )
        parts.append(unified_diff(name, before, after))
    return "".join(parts)


def with_fixes(
    advice: Advice,
    best: BestSet | None,
    edited: Mapping[int, Rewrite | Refused],
    joint: Rewrite | Refused | None,
    root: Path,
) -> Advice:
    """Put each edit beside its suggestion as a diff.

    `edited` are the edits of single findings by their number, `joint` those of the best set.
    """
    fixes = {
        number: diff_text(edits, root)
        for number, edits in edited.items()
        if not isinstance(edits, Refused)
    }
    findings = tuple(
        replace(one, fix=fixes.get(number)) for number, one in enumerate(advice.findings)
    )
    if best is not None and isinstance(joint, Rewrite):
        best = replace(best, fix=diff_text(joint, root))
    return replace(advice, findings=findings, best_set=best)


def with_predicted_fixes(analysis: Analysis, python: tuple[int, int], root: Path) -> Advice:
    """Return the analysis's advice with the edits of its suggestions; nothing is measured."""
    advice, found = analysis.advice, analysis.findings
    edited = {
        number: rewrite_files([one], analysis.sources, python)
        for number, one in enumerate(found)
        if one.changes
    }
    best = advice.best_set
    joint = None
    if best is not None:
        chosen = [found[number] for number in best.finding_ids]
        joint = rewrite_files(chosen, analysis.sources, python)
    return with_fixes(advice, best, edited, joint, root)
