"""Find other code that names things which an edit removes from a module: tests that patch them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from importcost.app.defer.findings import LAZY_STYLES, JudgedImport
from importcost.app.defer.waiting_files import project_sources
from importcost.deferral.source.model import ModuleObject
from importcost.files.read import text_found

MOST_SHOWN = 3
MOST_NOTES = 8
"""Limits for one file, and in all: functions of one project may share a name such as handler."""


def mentions(
    root: Path, removed: Mapping[str, Collection[str]], analysed: Collection[str]
) -> tuple[str, ...]:
    """Return sentences about files below `root` that use removed names, `app.boto3` for example.

    `removed` are the names that each module loses, by the module's dotted name. `analysed` are the
    files that the edit has seen itself. Environments, hidden folders and unreadable files are left
    out; at most MAX_FILES files are searched.
    """
    pairs = sorted({(module, name) for module, lost in removed.items() for name in lost})
    if not pairs:
        return ()
    wanted = re.compile("|".join(_pattern(module, name) for module, name in pairs))
    found = []
    for path in project_sources(root):
        if str(path) in analysed:
            continue
        try:
            lines = text_found(path, errors="replace").splitlines()
        except OSError:
            continue
        hits = [(at, hit) for at, line in enumerate(lines, 1) if (hit := wanted.search(line))]
        name = path.relative_to(root).as_posix()
        for at, hit in hits[:MOST_SHOWN]:
            module, lost = pairs[(hit.lastindex or 1) - 1]
            found.append(
                f"{name}:{at} names {lost} of {module}, which the edit removes: change it too"
            )
        if len(hits) > MOST_SHOWN:
            found.append(f"{name} has {len(hits) - MOST_SHOWN} more such lines")
    if len(found) > MOST_NOTES:
        rest = len(found) - MOST_NOTES
        found[MOST_NOTES:] = [f"{rest} more such notes are left out"]
    return tuple(found)


def _pattern(module: str, name: str) -> str:
    """Return a pattern of one group: `app.boto3`, `patch.object(app, "boto3")`, from-imports."""
    whole, last, wanted = (re.escape(one) for one in (module, module.rpartition(".")[2], name))
    dotted = rf"(?<!\w){whole}\.{wanted}(?!\w)"
    patched = rf"(?<!\w){last}\s*,\s*[\"']{wanted}[\"']"
    imported = rf"from\s+{whole}\s+import\b[^#]*(?<!\w){wanted}(?!\w)"
    return f"({dotted}|{patched}|{imported})"


def project_root(task_root: Path) -> Path:
    """Return the Git working tree around the task root, else the task root itself."""
    for folder in (task_root, *task_root.parents):
        if (folder / ".git").exists():
            return folder
    return task_root


def removed_names(findings: Sequence[JudgedImport]) -> Mapping[str, set[str]]:
    """Return the names that these findings' edits remove from each module's namespace."""
    removed: dict[str, set[str]] = defaultdict(set)
    for one in findings:
        for change in one.changes:
            if change.style in LAZY_STYLES:
                continue
            statement = change.statement
            if isinstance(statement, ModuleObject):
                removed[one.file.module] |= set(statement.verdict.objects)
            else:
                removed[one.file.module] |= {*statement.bound, *statement.verdict.objects}
    return removed


def lazy_names(findings: Sequence[JudgedImport]) -> Mapping[str, set[str]]:
    """Return the names that become lazy in each module's namespace."""
    lazy: dict[str, set[str]] = defaultdict(set)
    for one in findings:
        for change in one.changes:
            if change.style in LAZY_STYLES and not isinstance(change.statement, ModuleObject):
                lazy[one.file.module] |= set(change.statement.bound)
    return lazy
