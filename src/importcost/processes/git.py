"""Ask git for files with uncommitted changes, and for other versions of files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.errors import MeasurementError, UsageError, remedy, words
from importcost.parameters import Parameter
from importcost.processes.bounded import run
from importcost.processes.shortage import shortage_of

TIMEOUT_S = 10.0
_SHA1_LENGTH = 40
CHECKOUT_TIMEOUT_S = 600.0
_GIVE_UP_S = 5.0
"""Seconds that an interrupted git may take to remove its own temporary files."""
# Inside git's own hooks these are set, and would select another repository than the files' own.
_REDIRECTIONS = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
_NOT_A_REPOSITORY = "not a git repository"


@dataclass(frozen=True, slots=True)
class Uncommitted:
    """Git's answer: `files` have changes without a commit (untracked files, too).

    `unversioned` are files without a repository, or on a machine without git. `unknown` maps a file
    to the reason why its repository could not answer.
    """

    files: frozenset[Path]
    unversioned: frozenset[Path]
    unknown: Mapping[Path, str]


def uncommitted(files: Iterable[Path], timeout_s: float = TIMEOUT_S) -> Uncommitted:
    """Ask git about `files`, one question a folder, each at most `timeout_s` seconds.

    The answer has the given paths. A missing git or repository is an answer.
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
    try:
        done = run([*command, "--", *names], timeout_s=timeout_s, env=_environment())
    except OSError:
        return None
    if done.timed_out:
        return f"git did not answer within {timeout_s:g} s"
    if done.exit_code != 0:
        reason = done.error.decode("utf-8", "replace").strip().partition("\n")[0]
        return None if _NOT_A_REPOSITORY in reason else reason or "git failed without a reason"
    entries = [os.fsdecode(entry)[3:] for entry in done.out.split(b"\0") if entry]
    return frozenset(entry.rpartition("/")[2] for entry in entries)


def _environment() -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if name not in _REDIRECTIONS}
    # The user's index is only read, not written. The reason is matched in English, and nobody is
    # there to type a password.
    return environment | {"GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"}


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository by its work tree's top folder."""

    folder: Path

    def commit_of(self, ref: str) -> str:
        """Return the full name of the commit that `ref` names.

        Raises UsageError if there is none, MeasurementError if a shallow clone lacks it.
        """
        code, out, _ = self._ask(
            "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}"
        )
        if code == 0 and out:
            return out
        if self._ask("rev-parse", "--is-shallow-repository")[1] == "true":
            raise MeasurementError(
                f"This clone is shallow and does not have {ref}: fetch it with `git fetch "
                "--unshallow` (actions/checkout: fetch-depth: 0), then run this again."
            )
        if self._ask("rev-parse", "--verify", "--quiet", "HEAD")[0] != 0:
            raise UsageError(f"{self.folder} has no commit yet: commit once, or name two folders.")
        if ".." in ref:
            raise UsageError(
                words(
                    f"{ref} is a range: name its two ends apart, as in importcost compare main "
                    "HEAD; with ",
                    Parameter.MERGE_BASE,
                    " the first counts where the second left it, as after three dots.",
                )
            )
        raise UsageError(
            f"There is no commit {ref} in {self.folder}: name a branch, tag or commit that is "
            f"there (git fetch origin {ref} brings a branch), a folder, or a saved profile."
        )

    def merge_base(self, base: str, head: str) -> str:
        """Return the commit where `head` left `base`. Raises MeasurementError if there is none."""
        code, out, _ = self._ask("merge-base", base, head)
        if code == 0 and out:
            return out.splitlines()[0]
        is_shallow = self._ask("rev-parse", "--is-shallow-repository")[1] == "true"
        why, advice = (
            (
                "this clone is shallow",
                words(
                    "fetch all of it with `git fetch --unshallow` (actions/checkout: fetch-depth: "
                    "0)"
                ),
            )
            if is_shallow
            else (
                "they share no history",
                words("compare without ", Parameter.MERGE_BASE),
            )
        )
        raise MeasurementError(
            f"{base} and {head} have no common commit here; {why}", remedy(advice)
        )

    def changed_files(self) -> int:
        """Return how many files differ from the checked-out commit, untracked ones included."""
        code, out, _ = self._ask("status", "--porcelain", "--untracked-files=normal", timeout_s=60)
        return len(out.splitlines()) if code == 0 else 0

    def has_submodules(self, commit: str) -> bool:
        """Return True if a commit has submodules."""
        return self._ask("cat-file", "-e", f"{commit}:.gitmodules")[0] == 0

    def check_out(self, folder: Path, commit: str, *, with_submodules: bool = True) -> None:
        """Check `commit` out into `folder`, with its submodules. Raises MeasurementError.

        `folder` becomes a repository of its own that reads this one's objects and has its settings:
        what a version brings, such as other submodules, changes nothing here. The repository's
        hooks do not run: they are meant for the user's own tree.
        """
        self._share_with(folder, commit)
        copy = Repository(folder)
        quiet = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false")
        plainly = ("checkout", "--detach", "--force", "--quiet", commit)
        code, _, reason = copy._ask(*quiet, *plainly, timeout_s=CHECKOUT_TIMEOUT_S)
        if code != 0:
            raise MeasurementError(
                f"git cannot check {commit[:12]} out into {folder} ({reason}): remove what is in "
                "the way, or compare two folders."
            )
        if not with_submodules or not self.has_submodules(commit):
            return
        code, _, reason = copy._ask(
            *quiet,
            "submodule",
            "update",
            "--init",
            "--recursive",
            "--quiet",
            timeout_s=CHECKOUT_TIMEOUT_S,
        )
        if code != 0:
            raise MeasurementError(
                f"The submodules of {commit[:12]} cannot be checked out ({reason}): check both "
                "versions out with their submodules and compare the two folders."
            )

    def _share_with(self, folder: Path, commit: str) -> None:
        """Make `folder` a repository with this one's objects, settings and remotes."""
        _, common, _ = self._ask("rev-parse", "--git-common-dir")
        own = (self.folder / common).resolve()
        try:
            folder.mkdir()
            hash_kind = "sha256" if len(commit) > _SHA1_LENGTH else "sha1"
            code, _, reason = ask_git(
                folder,
                ("init", "--quiet", "--template=", f"--object-format={hash_kind}"),
                TIMEOUT_S,
            )
            if code != 0:
                raise MeasurementError(
                    f"git cannot make a repository in {folder} ({reason}): compare two folders."
                )
            inner = folder / ".git"
            (inner / "objects" / "info").mkdir(parents=True, exist_ok=True)
            (inner / "objects" / "info" / "alternates").write_text(f"{own / 'objects'}\n")
            (inner / "info").mkdir(exist_ok=True)
            for name in ("config", "shallow", "info/attributes"):
                if (own / name).is_file():
                    shutil.copyfile(own / name, inner / name)
        except OSError as error:
            raise shortage_of(error) or MeasurementError(
                f"{folder} cannot be written ({error.strerror}): name another temporary folder "
                "with the variable TMPDIR."
            ) from error
        copy = Repository(folder)
        copy._ask("config", "--local", "core.bare", "false")
        copy._ask("config", "--local", "--unset-all", "core.worktree")
        if self._ask("config", "--get", "remote.origin.url")[0] != 0:
            # Submodules with relative addresses are beside the repository then.
            copy._ask("config", "--local", "remote.origin.url", str(self.folder))

    def _ask(self, *args: str, timeout_s: float = TIMEOUT_S) -> tuple[int, str, str]:
        return ask_git(self.folder, args, timeout_s)


def find_repository(folder: Path) -> Repository | None:
    """Return the repository around `folder`, or None.

    Raises MeasurementError if there is no git, or git refuses to answer.
    """
    code, out, reason = ask_git(folder, ("rev-parse", "--show-toplevel"), TIMEOUT_S)
    if code == 0 and out:
        return Repository(Path(out))
    if _NOT_A_REPOSITORY in reason:
        return None
    raise MeasurementError(
        f"git does not answer for {folder} ({reason or 'no reason given'}): correct that, or "
        "compare two folders."
    )


def ask_git(folder: Path, args: Sequence[str], timeout_s: float) -> tuple[int, str, str]:
    """Run git once and return its exit code, output, and the first line of its reason.

    An interruption ends git before it is raised again. Raises MeasurementError without a git
    command, or after `timeout_s` seconds.
    """
    command = ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *args]
    try:
        done = run(command, timeout_s=timeout_s, env=_environment(), grace_s=_GIVE_UP_S)
    except OSError as error:
        raise shortage_of(error) or MeasurementError(
            f"There is no git command ({error.strerror}): install git, or compare two folders or "
            "two saved profiles."
        ) from error
    if done.timed_out:
        raise MeasurementError(
            f"git {args[0]} did not end within {timeout_s:g} s in {folder}: try again, or compare "
            "two folders."
        )
    lines = done.error.decode("utf-8", "replace").strip().splitlines()
    said = [line for line in lines if line.startswith(("fatal:", "error:"))] or lines[-1:]
    reason = (
        said[0].partition(": ")[2] if said and said[0].startswith("fatal:") else "; ".join(said)
    )
    return done.exit_code, os.fsdecode(done.out).strip(), reason.rstrip(".")
