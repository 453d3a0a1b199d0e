"""The one question to git: which of these files have changes that no commit holds."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 10.0
# Set inside git's own hooks, they would answer for another repository than the files' own.
_REDIRECTIONS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_NOT_A_REPOSITORY = "not a git repository"


@dataclass(frozen=True, slots=True)
class Uncommitted:
    """Git's answer: `files` have changes without a commit (untracked files, too).

    `unversioned` are files for which there is no git to ask: no repository, no git command.
    `unknown` maps a file to the reason why a repository that is there could not answer.
    """

    files: frozenset[Path]
    unversioned: frozenset[Path]
    unknown: Mapping[Path, str]


def uncommitted(files: Iterable[Path], timeout_s: float = TIMEOUT_S) -> Uncommitted:
    """Ask git about `files`, one question a folder, each at most `timeout_s` seconds.

    The paths of the answer are those handed in. A missing git or repository is an answer.
    """
    folders: dict[Path, list[Path]] = {}
    for file in files:
        folders.setdefault(file.resolve().parent, []).append(file)
    changed: set[Path] = set()
    unversioned: set[Path] = set()
    unknown: dict[Path, str] = {}
    for folder, members in folders.items():
        names = [file.resolve().name for file in members]
        answer = _status(folder, names, timeout_s)
        if answer is None:
            unversioned.update(members)
        elif isinstance(answer, str):
            unknown.update(dict.fromkeys(members, answer))
        else:
            changed.update(file for file in members if file.resolve().name in answer)
    return Uncommitted(frozenset(changed), frozenset(unversioned), unknown)


def _status(folder: Path, names: Sequence[str], timeout_s: float) -> frozenset[str] | str | None:
    """Return the names with changes; None without a repository; a reason if git fails."""
    command = ["git", "-c", "core.fsmonitor=false", "--literal-pathspecs", "-C", str(folder)]
    command += ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"]
    environment = {name: value for name, value in os.environ.items() if name not in _REDIRECTIONS}
    # Only looked at, the user's index is not written to; the reason is looked for in English.
    environment |= {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            [*command, "--", *names],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"git did not answer within {timeout_s:g} s"
    except OSError:
        return None
    if done.returncode != 0:
        reason = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        return None if _NOT_A_REPOSITORY in reason else reason or "git failed without a reason"
    entries = [os.fsdecode(entry)[3:] for entry in done.stdout.split(b"\0") if entry]
    return frozenset(entry.rpartition("/")[2] for entry in entries)
