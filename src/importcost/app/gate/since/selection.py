"""Decide which handlers a change may have touched, and say why."""

from __future__ import annotations

import bisect
import os
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from importcost.app.gate.inputs.closure import AskedBy, Probe, chain_of
from importcost.app.gate.inputs.function_inputs import FunctionInputs, is_in_cache
from importcost.app.gate.inputs.mentions import Manner
from importcost.app.gate.since.base_settings import HandlerAt
from importcost.files.own_reports import is_own_report
from importcost.gate.selection import SinceSelection, TakenHandler
from importcost.processes.git_changes import ChangedFiles

_MODULES = (".py", ".so", ".pyd", ".pyc", ".zip", ".whl", ".pth", ".egg")
_MOST_HOPS = 6
_MOST_PACKAGES = 3


def watched_probes(changes: ChangedFiles) -> frozenset[Probe]:
    """Return the changed files as import looks for them: folder, and name before the first dot."""
    found = set()
    for path in changes.paths:
        folder, name = os.path.split(path)
        found.add((folder, name.partition(".")[0]))
    return frozenset(found)


def reasons_of(inputs: FunctionInputs, changes: ChangedFiles, top: str) -> tuple[str, ...]:
    """Return why a change may touch a handler's files, the plainest reason first; empty if not."""
    if inputs.unknown is not None:
        return (f"{inputs.unknown}, which git does not tell",)
    judge = _Judge(inputs, changes, top)
    found = [*judge.direct(), *judge.computed(), *judge.outside_of_git()]
    return tuple(dict.fromkeys(found))


def changed_settings(before: HandlerAt | None, now: HandlerAt) -> Iterator[str]:
    """Yield why a handler's settings, packages or baseline are not those of the base."""
    if before is None:
        return
    if before.trouble is not None:
        yield before.trouble
        return
    names = {*before.settings, *now.settings}
    other = sorted(one for one in names if before.settings.get(one) != now.settings.get(one))
    if other:
        yield f"its settings changed: {', '.join(other)}"
    if before.packages != now.packages:
        yield f"its packages changed{_said_of_lines(before.lines, now.lines)}"
    for name in sorted({*before.lists, *now.lists}):
        if before.lists.get(name, "") != now.lists.get(name, ""):
            word = "changed" if name in before.lists else "new"
            word = word if name in now.lists else "removed"
            yield f"{name} ({word}) lists packages, and no list of its own says what it has"
    if before.baseline != now.baseline:
        yield "its baseline changed"


def _said_of_lines(before: Sequence[str], now: Sequence[str]) -> str:
    """Return the first packages that differ, as in `: click==8.2 instead of click==8.1`."""
    old = {_name_of(one): one for one in before if one not in now}
    new = {_name_of(one): one for one in now if one not in before}
    found = []
    for name in sorted({*old, *new}):
        if name in old and name in new:
            is_pinned = "://" not in old[name] + new[name]  # an address may hold a password
            both = f"{new[name]} instead of {old[name]}"
            found.append(both if is_pinned else f"{name} from another place")
        else:
            found.append(f"{name} is {'new' if name in new else 'gone'}")
    more = f", and {len(found) - _MOST_PACKAGES} more" if len(found) > _MOST_PACKAGES else ""
    return f": {', '.join(found[:_MOST_PACKAGES])}{more}" if found else ""


def _name_of(line: str) -> str:
    return re.split(r"[\s\[=<>~!;@(]", line, maxsplit=1)[0].lower().replace("_", "-")


class _Judge:
    """Holds one handler's inputs against the changes."""

    def __init__(self, inputs: FunctionInputs, changes: ChangedFiles, top: str) -> None:
        self._inputs = inputs
        self._reached = inputs.reached
        self._changes = changes
        self._top = top
        self._whole = {one.path: one for one in inputs.folders}

    def direct(self) -> Iterator[str]:
        """Yield the changed files that the handler loads or that count as they are."""
        for path, word in sorted(self._changes.paths.items()):
            said = self._why(path)
            if said:
                yield f"{self._short(path)} ({word}), {said}"
        for folder in self._changes.folders:
            if self._touches(folder):
                yield f"{self._short(folder)} changed, another repository in which it has files"

    def _why(self, path: str) -> str | None:
        inputs, reached = self._inputs, self._reached
        # A list of packages counts by what the function sees of it: `changed_settings`.
        is_list = inputs.requirements is not None and path == inputs.requirements.path
        if path in inputs.files and not is_list:
            return inputs.files[path]
        origin = reached.files.get(path)
        if origin is not None:
            return self._chain(origin)
        folder, name = os.path.split(path)
        origin = reached.hits.get((folder, name.partition(".")[0]))
        if origin is not None:
            return self._chain(origin)
        is_module = path.endswith(_MODULES)
        for place in _around(path):
            whole = self._whole.get(place)
            if whole is None or (whole.only_modules and not is_module):
                continue
            return None if is_own_report(path) else whole.why
        return None

    def computed(self) -> Iterator[str]:
        """Yield the changed modules that a dynamic import may load."""
        any_text = self._reached.any_text
        for path in sorted(self._changes.paths):
            if any_text is not None and not self._why(path):
                yield f"{self._short(path)} may be loaded: {self._said(any_text)}"
                return
            if not path.endswith(_MODULES) or self._why(path):
                continue
            for place in _around(path):
                if place in self._reached.folders:
                    origin = self._reached.folders[place]
                    yield f"{self._short(path)} may be loaded: {self._said(origin)}"
                    return
            if self._reached.anywhere is not None:
                said = self._said(self._reached.anywhere)
                yield f"{self._short(path)} may be loaded: {said}"
                return

    def outside_of_git(self) -> Iterator[str]:
        """Yield files and folders of which git cannot tell if they changed."""
        if not self._changes.paths and not self._changes.folders:
            return
        for file, origin in self._reached.files.items():
            is_own = os.path.realpath(file) == file and not is_in_cache(file)
            if is_own and not self._is_known(file):
                yield f"git does not have {self._short(file)}, {self._chain(origin)}"
                return
        for file, why in self._inputs.files.items():
            if not self._is_known(file):
                yield f"git does not have {self._short(file)}, {why}"
                return
        for whole in self._inputs.folders:
            if not whole.only_modules and not self._has_known(whole.path):
                yield f"git has no file of {self._short(whole.path)}: {whole.why}"
                return

    def _is_known(self, file: str) -> bool:
        tracked = self._changes.tracked
        at = bisect.bisect_left(tracked, file)
        is_tracked = at < len(tracked) and tracked[at] == file
        return is_tracked or file in self._changes.paths

    def _has_known(self, folder: str) -> bool:
        tracked = self._changes.tracked
        start = f"{folder}{os.sep}"
        at = bisect.bisect_left(tracked, start)
        is_tracked = at < len(tracked) and tracked[at].startswith(start)
        return is_tracked or any(one.startswith(start) for one in self._changes.paths)

    def _touches(self, folder: str) -> bool:
        start = f"{folder}{os.sep}"
        places: Iterable[str] = (*self._reached.files, *self._inputs.files, *self._whole)
        return (
            any(place.startswith(start) or place == folder for place in places)
            or any(place.startswith(start) for place, _ in self._reached.hits)
            or any(folder.startswith(f"{place}{os.sep}") for place in self._whole)
            or self._reached.anywhere is not None
            or self._reached.any_text is not None
        )

    def _chain(self, origin: AskedBy) -> str:
        """Return the way from the handler to a file: `app.py:1 > shared/db.py:4`."""
        if origin.manner is Manner.SHADOW:
            return "which has a name of the standard library or of Python's start"
        if origin.file is None:
            return "the handler" if origin.manner is Manner.IMPORT else "which its settings name"
        steps = [*chain_of(self._reached, origin.file), (origin.file, origin.line)]
        cut = steps[-_MOST_HOPS:]
        dots = "... > " if len(cut) < len(steps) else ""
        way = " > ".join(f"{self._short(file)}:{line}" for file, line in cut)
        verb = "named by" if origin.manner is Manner.TEXT else "imported by"
        return f"{verb} {dots}{way}"

    def _said(self, origin: AskedBy) -> str:
        if origin.file is None:
            return "the variable PYTHONPATH names a folder that is not known"
        named = f" {origin.name}" if origin.name else ""
        return f"{self._short(origin.file)}:{origin.line} {origin.manner.value}{named}"

    def _short(self, path: str) -> str:
        start = f"{self._top}{os.sep}"
        return path.removeprefix(start) if path.startswith(start) else path


def _around(path: str) -> Iterator[str]:
    """Yield the folders around a path, the nearest first."""
    while (parent := os.path.dirname(path)) != path:  # noqa: PTH120
        yield parent
        path = parent


def selected(
    ref: str,
    changes: ChangedFiles,
    reasons: Mapping[str, Collection[str]],
    gone: tuple[str, ...] = (),
) -> SinceSelection:
    """Return the selection: handlers with a reason are taken, in their order."""
    return SinceSelection(
        ref=ref,
        commit=changes.base,
        changed=len(changes.paths),
        taken=tuple(TakenHandler(name, tuple(found)) for name, found in reasons.items() if found),
        left_out=tuple(name for name, found in reasons.items() if not found),
        gone=gone,
    )
