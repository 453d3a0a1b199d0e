"""Two versions of a project side by side: git refs in temporary copies, or folders."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from importcost.app.profile.request import Listener
from importcost.app.projects.requests import PLACE_SUFFIXES
from importcost.errors import MeasurementError, UsageError
from importcost.processes.git import Repository, find_repository
from importcost.projects.functions import SEPARATOR


@dataclass(frozen=True, slots=True)
class Checkout:
    """One version on disk, as long as its context is open.

    `label` is the user's name for it. `folder` corresponds to the folder that the command runs in,
    or is the named folder, and `top` is the highest folder of its files. `own` is the user's folder
    that `folder` is a copy of, or itself. `scratch` is a folder of its own for installed packages.
    `place` is the template or artefact in it that the user named as the version.
    """

    label: str
    folder: Path
    top: Path
    own: Path
    scratch: Path
    commit: str | None = None
    place: str | None = None


@contextlib.contextmanager
def checkouts(
    base: str, head: str, listener: Listener, *, merge_base: bool = False, folder: str = "."
) -> Iterator[tuple[Checkout, Checkout]]:
    """Lay both versions out, and remove temporary files on every way out.

    With `merge_base`, base is the commit where head left it. Raises UsageError for a version that
    is neither a folder nor a commit, MeasurementError if git cannot provide it.
    """
    here = Path(folder).resolve()
    for side, text in (("BASE", base), ("HEAD", head)):
        # Path("") is the current folder: a variable that CI left unset would compare nothing.
        if not text.strip():
            raise UsageError(
                f"{side} is empty (a variable that is not set?): name a branch, tag or commit, a "
                "folder, or a saved profile."
            )
    named = {"base": (base, *_split_version(base)), "head": (head, *_split_version(head))}
    base, head = named["base"][1], named["head"][1]
    with contextlib.ExitStack() as stack:
        work = Path(tempfile.mkdtemp(prefix=f"importcost-compare-{os.getpid()}-")).resolve()
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        repository = None
        if not (_is_folder(base) and _is_folder(head)):
            repository = _repository(here, base, head)
        commits = {text: _commit(repository, text) for text in (base, head)}
        if merge_base:
            commits[base] = _merge_base(repository, commits[base], commits[head])
        found = []
        for side, (name, text, inside) in named.items():
            scratch = work / f"{side}-installed"
            scratch.mkdir()
            commit = commits[text]
            if commit is None or repository is None:
                path = Path(text).resolve()
                label = path.name if name in (".", "..") else name
                top = top_folder(path)
                found.append(Checkout(label, path, top, path, scratch, place=inside))
                continue
            place = work / side
            listener.note(f"Checking out {text} ({commit[:12]}).")
            repository.check_out(place, commit)
            inner = place / os.path.relpath(here, repository.folder.resolve())
            found.append(
                Checkout(text, Path(os.path.normpath(inner)), place, here, scratch, commit)
            )
        _warn_of_changes(repository, found, listener)
        yield found[0], found[1]


def _split_version(text: str) -> tuple[str, str | None]:
    """Return the folder and the file of a version that is named by a template or an artefact.

    Any other version is returned as it is, without a file. `::NAME` stays with the file.
    """
    place, mark, name = text.partition(SEPARATOR)
    try:
        file = Path(place)
        is_file = file.is_file()
    except (OSError, ValueError):
        is_file = False
    if is_file:
        return f"{file.parent}{os.sep}", f"{file.name}{mark}{name}"
    if Path(place).suffix.lower() in PLACE_SUFFIXES:
        raise UsageError(f"There is no {place}: name a template or an artefact that is there.")
    return text, None


def _is_folder(text: str) -> bool:
    """Return True if a version is written as a folder."""
    return Path(text).is_dir() and (text in (".", "..") or "/" in text or os.sep in text)


def _repository(here: Path, base: str, head: str) -> Repository | None:
    plain = [text for text in (base, head) if not Path(text).is_dir()]
    try:
        found = find_repository(here)
    except MeasurementError:
        if plain:
            raise
        return None
    if found is None and plain:
        raise UsageError(
            f"{plain[0]} is not a folder, and {here} lies in no git repository where it could be a "
            "commit: name two folders or saved profiles, or run this inside the repository."
        )
    return found


def _commit(repository: Repository | None, text: str) -> str | None:
    """Return the commit of a version, or None for a folder."""
    if _is_folder(text) or repository is None:
        return None
    try:
        return repository.commit_of(text)
    except UsageError:
        if Path(text).is_dir():
            return None
        raise


def _merge_base(repository: Repository | None, base: str | None, head: str | None) -> str:
    if repository is None or base is None:
        raise UsageError("--merge-base needs BASE to be a branch, tag or commit: name one.")
    # A folder as head means the checked-out commit.
    return repository.merge_base(base, head or repository.commit_of("HEAD"))


def top_folder(folder: Path) -> Path:
    """Return the repository's top folder, or the folder itself outside of one."""
    return next((one for one in (folder, *folder.parents) if (one / ".git").exists()), folder)


def _warn_of_changes(
    repository: Repository | None, found: list[Checkout], listener: Listener
) -> None:
    head = found[1]
    if repository is None or head.commit is None:
        return
    changed = repository.changed_files()
    if changed and head.commit == repository.commit_of("HEAD"):
        files = "file has" if changed == 1 else "files have"
        listener.note(
            f"{changed} {files} changes that are not in {head.label}: to compare them too, name "
            "the folder . as HEAD."
        )
