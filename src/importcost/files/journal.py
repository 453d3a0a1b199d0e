"""Replace several files, all or none, even if the process is killed between two of them.

Before the first file changes, the old bytes of all of them are in a journal in the cache folder. An
interrupted process restores them at once; after SIGKILL the next run does (`undo_killed`).
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from importcost.files.cache import journal_folder
from importcost.files.replace import draft, replace_file, signals_held, sweep_drafts

_PLAN = "plan.json"


@dataclass(frozen=True, slots=True)
class FileEdit:
    """One file's current bytes, None if there is no such file yet, and its new ones."""

    path: Path
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True)
class Undone:
    """The changes of a killed run that were undone.

    `restored` have their old bytes back; `changed` were edited since and were left alone.
    """

    restored: tuple[Path, ...]
    changed: tuple[Path, ...]


def replace_files(edits: Sequence[FileEdit], check: Callable[[FileEdit], None]) -> None:
    """Replace every file, or none.

    `check` is called again directly before each replacement, and raises if the file has changed.
    Raises what `check` raises, or OSError; every file then has its old bytes.
    """
    with _journal(edits), ExitStack() as stack:
        drafts = [stack.enter_context(draft(edit.path, edit.after)) for edit in edits]
        with signals_held():
            written: list[FileEdit] = []
            try:
                for edit, ready in zip(edits, drafts, strict=True):
                    check(edit)
                    if edit.before is None:
                        ready.publish_new()
                    else:
                        ready.publish()
                    written.append(edit)
            except BaseException:
                for edit in written:
                    _put_back(edit.path, edit.before)
                raise


def undo_killed() -> tuple[Undone, ...]:
    """Restore the old bytes of the files of killed runs, and forget those runs.

    A file that was edited since is left as it is. Files that cannot be read or written stay in the
    journal for the next time.
    """
    undone = []
    with contextlib.suppress(OSError):
        for entry in sorted(journal_folder().iterdir()):
            with contextlib.suppress(OSError, ValueError, LookupError, TypeError):
                found = _undo(entry)
                if found is not None:
                    undone.append(found)
    return tuple(undone)


@contextmanager
def _journal(edits: Sequence[FileEdit]) -> Iterator[None]:
    """Keep the old bytes of all files while they change.

    A single file needs no journal: it is replaced at once. If the cache folder cannot be written
    there is none either: an interruption is still handled, SIGKILL is not.
    """
    entry = _begin(edits) if len(edits) > 1 else None
    try:
        yield
    finally:
        if entry is not None:
            os.close(entry[1])
            _forget(entry[0])


def _begin(edits: Sequence[FileEdit]) -> tuple[Path, int] | None:
    try:
        journal_folder().mkdir(parents=True, exist_ok=True, mode=0o700)
        entry = Path(tempfile.mkdtemp(dir=journal_folder()))
    except OSError:
        return None
    try:
        # Held until the process ends in any way: an entry without a holder belongs to a killed run.
        lock = os.open(entry / "lock", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
        files = []
        for number, edit in enumerate(edits):
            replace_file(entry / f"{number}.before", edit.before or b"")
            path, is_new = str(edit.path.absolute()), edit.before is None
            files.append({"path": path, "after": _digest(edit.after), "is_new": is_new})
        replace_file(entry / _PLAN, json.dumps(files).encode())
    except OSError:
        _forget(entry)
        return None
    return entry, lock


def _undo(entry: Path) -> Undone | None:
    """Undo one entry; None if its run still goes on, or had not changed anything."""
    with open(entry / "lock", "wb") as lock:  # noqa: PTH123 - flock wants the descriptor
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        plan = entry / _PLAN
        files = json.loads(plan.read_bytes()) if plan.exists() else []
        restored, changed = [], []
        for number, item in enumerate(files):
            path, before = Path(item["path"]), (entry / f"{number}.before").read_bytes()
            is_new = bool(item.get("is_new"))
            sweep_drafts(path.parent)
            is_there = path.is_file() and not path.is_symlink()
            current = path.read_bytes() if is_there else b""
            if is_new and not is_there:
                continue
            if _digest(current) == item["after"] and (is_new or current != before):
                _put_back(path, None if is_new else before)
                restored.append(path)
            elif is_new or current != before:
                changed.append(path)
    _forget(entry)
    return Undone(tuple(restored), tuple(changed)) if restored else None


def _put_back(path: Path, before: bytes | None) -> None:
    if before is None:
        path.unlink()
    else:
        replace_file(path, before)


def _forget(entry: Path) -> None:
    """Remove an entry, and the journal's folder with the last one: nothing is left to check."""
    shutil.rmtree(entry, ignore_errors=True)
    with contextlib.suppress(OSError):
        journal_folder().rmdir()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
