"""Ask git which files of the working tree differ from a commit, submodules included."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from importcost.errors import MeasurementError, UsageError
from importcost.processes.git import CHECKOUT_TIMEOUT_S, Repository, ask_git

_SUBMODULE_MODE = "160000"
_COMMANDS = ("diff", "ls-files")
_FILE_MODES = ("100644", "100755")
_RAW = (
    "-c",
    "core.fileMode=false",
    "diff",
    "--raw",
    "-z",
    "--no-renames",
    "--no-abbrev",
    "--no-ext-diff",
)


@dataclass(frozen=True, slots=True)
class ChangedFiles:
    """The difference of a working tree from a commit, by absolute paths without symbolic links.

    `paths` maps each file that differs to `changed`, `new` or `removed`; untracked files that git
    does not ignore are new. `folders` are submodules and repositories of which nothing more is
    known than that they differ. `tracked` are all files that git has, sorted.
    """

    base: str
    paths: dict[str, str]
    folders: tuple[str, ...]
    tracked: tuple[str, ...]


def changes_since(repository: Repository, base: str) -> ChangedFiles:
    """Return the files that differ from the commit `base`. Raises MeasurementError if git fails."""
    top = os.path.realpath(repository.folder)
    found = _changed(top, base)
    tracked = _answer(Path(top), "ls-files", "-z", "--recurse-submodules")
    names = (os.path.join(top, one) for one in tracked.split("\0") if one)  # noqa: PTH118
    return replace(found, tracked=tuple(sorted(names)))


def base_commit(repository: Repository, ref: str) -> str:
    """Return the commit where HEAD left `ref`, or `origin/ref` if only the remote has it.

    Raises UsageError for a ref that nobody has, MeasurementError if a shallow clone lacks it.
    """
    try:
        commit = repository.commit_of(ref)
    except (UsageError, MeasurementError):
        try:
            commit = repository.commit_of(f"origin/{ref}")
        except (UsageError, MeasurementError):
            commit = ""
        if not commit:
            raise
    return repository.merge_base(commit, repository.commit_of("HEAD"))


def _changed(top: str, base: str) -> ChangedFiles:
    out = _answer(Path(top), *_RAW, "--ignore-submodules=none", base, "--")
    paths: dict[str, str] = {}
    folders: list[str] = []
    for record, name in _records(out):
        place = os.path.join(top, name)  # noqa: PTH118
        old_mode, new_mode, old, new, _ = record.lstrip(":").split(" ")
        if _SUBMODULE_MODE in (old_mode, new_mode):
            inner = _of_submodule(place, old)
            paths.update(inner.paths)
            folders += inner.folders
        elif old == new and old_mode in _FILE_MODES and new_mode in _FILE_MODES:
            continue  # that it may be run as a program changes no import
        elif not old_mode.strip("0"):
            paths[place] = "new"
        else:
            paths[place] = "changed" if new_mode.strip("0") else "removed"
    others = _answer(Path(top), "ls-files", "-z", "--others", "--exclude-standard")
    for name in filter(None, others.split("\0")):
        place = os.path.join(top, name)  # noqa: PTH118
        if name.endswith("/"):  # another repository, which git does not look into
            folders.append(place.rstrip("/"))
        else:
            paths[place] = "new"
    return ChangedFiles(base, paths, tuple(folders), ())


def _of_submodule(place: str, old: str) -> ChangedFiles:
    """Return the changes in a submodule since its old commit; all of it if that is not known."""
    whole = ChangedFiles(old, {place: "changed"}, (place,), ())
    if not old.strip("0") or not os.path.exists(os.path.join(place, ".git")):  # noqa: PTH110, PTH118
        return whole
    try:
        return _changed(place, old)
    except MeasurementError:
        return whole


def _records(out: str) -> Iterator[tuple[str, str]]:
    """Yield the records of `git diff --raw -z`: modes and objects, then the file's name."""
    parts = iter(out.split("\0"))
    for record in parts:
        if record.startswith(":"):
            yield record, next(parts, "")


def _answer(folder: Path, *args: str) -> str:
    code, out, reason = ask_git(folder, args, CHECKOUT_TIMEOUT_S)
    if code != 0:
        command = next(one for one in args if one in _COMMANDS)
        raise MeasurementError(
            f"git {command} failed in {folder} ({reason or 'no reason given'}): correct that, or "
            "check all handlers without --since."
        )
    return out
