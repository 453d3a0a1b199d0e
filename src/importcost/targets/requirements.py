"""Find the file that lists a function's packages: its requirements, or a lock file."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from importcost.errors import UsageError, remedy, words
from importcost.files.read import read_named, reason_of
from importcost.parameters import Parameter
from importcost.processes.local_projects import project_digest, project_of
from importcost.targets.service_root import service_root, source_project
from importcost.targets.workspace import WORKSPACE_LOCK, lock_above

_LARGEST_BYTES = 16_000_000


@dataclass(frozen=True, slots=True)
class Requirements:
    """A requirements file with everything that it includes.

    `path` is absolute; `lines` are its requirement lines and those of included files, comments
    removed; `key` identifies the contents, those of local projects included; `is_plain` is True if
    every line is a plain requirement, so that it can be checked against the installed packages.
    `is_installable` is True if installers read the file itself.
    """

    path: str
    lines: tuple[str, ...]
    key: str
    is_plain: bool
    is_installable: bool = True


@dataclass(frozen=True, slots=True)
class Declaration:
    """The file that lists the deployed packages; `unread` files exist but cannot be read here."""

    requirements: Requirements | None
    unread: tuple[str, ...] = ()


def find_requirements(named: str | None, handler_file: str, task_root: str) -> Declaration:
    """Return the content of the given file, else of one beside the handler or in the task root.

    A service of the Serverless Framework may have it in its own root, and a project whose code lies
    in `src` has its lock file above that. So has a member of a uv workspace, whose lock names it.
    A requirements.txt is taken first, then a lock file, then the project's own list of
    dependencies. Raises UsageError if the named file does not exist or
    cannot be read.
    """
    from importcost.targets.locks import READERS

    if named:
        give = remedy(words("give ", Parameter.REQUIREMENTS, " a requirements file"))
        if not Path(named).is_file():
            raise UsageError(f"There is no file {named}", give)
        path = str(Path(named).resolve())
        found = read_requirements(path)
        if found is None:
            raise UsageError(
                f"{named} does not list the deployed packages in a supported way", give
            )
        return Declaration(found)
    root = Path(task_root)
    folders = dict.fromkeys((Path(handler_file).parent, root, service_root(root) or root))
    project = source_project(root)
    unread: list[str] = []
    for name in ("requirements.txt", *READERS):
        # requirements.txt above src often lists a developer's packages; a project's own list never
        # does.
        above = [project] if project is not None and name in READERS else []
        for folder in dict.fromkeys((*folders, *above)):
            file = folder / name
            if not file.is_file():
                continue
            found = read_requirements(str(file))
            if found is not None:
                return Declaration(found, tuple(unread))
            # A project file without a list of dependencies exists for other reasons.
            unread += [str(file)] if name.endswith(".lock") else []
        if name == WORKSPACE_LOCK:
            of_member = _of_workspace([*folders, *above])
            if of_member is not None:
                return Declaration(of_member, tuple(unread))
    return Declaration(None, tuple(unread))


def _of_workspace(folders: Iterable[Path]) -> Requirements | None:
    """Return the packages of the first folder whose project a workspace's lock above it names."""
    for folder in dict.fromkeys(folders):
        lock = lock_above(folder)
        found = read_requirements(str(lock), folder.resolve()) if lock is not None else None
        if found is not None:
            return found
    return None


def start_of_paths(requirements: Requirements) -> Path | None:
    """Return the folder from which all relative paths in a requirements file lead to something.

    Installers take the folder that they run in, which the file does not name: it is the file's own
    or one above it, up to the repository's top. None without such a path, or without such a folder.
    """
    paths = [line for line in requirements.lines if line.startswith(("./", "../"))]
    if not paths:
        return None
    folder = Path(requirements.path).parent
    for place in (folder, *folder.parents):
        if all((place / path).exists() for path in paths):
            return place
        if (place / ".git").exists():
            break
    return None


def read_requirements(path: str, member: Path | None = None) -> Requirements | None:
    """Read a requirements file with those it includes, or a lock file.

    Of a workspace's lock file that is what the project in the folder `member` needs. None for a
    lock file in an unsupported form. Raises UsageError for a file that cannot be read.
    """
    from importcost.targets.locks import READERS, read_lines

    if Path(path).name not in READERS:
        return _read_requirements_file(path)
    lines = read_lines(Path(path), member)
    if lines is None:
        return None
    digest = hashlib.sha256("\n".join(sorted(lines)).encode())
    for line in lines:
        digest.update(_local_content(line, Path(path).parent))
    key = digest.hexdigest()
    return Requirements(path, lines, key, all(map(_is_plain, lines)), is_installable=False)


def _read_requirements_file(path: str) -> Requirements:
    digest = hashlib.sha256()
    lines: list[str] = []
    is_plain = True
    pending, seen = [Path(path)], set[Path]()
    while pending:
        file = pending.pop()
        if file in seen:
            continue
        seen.add(file)
        _check_is_file(file)
        try:
            text = read_named(file, _LARGEST_BYTES).decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(
                f"The requirements file {file} cannot be read: {reason_of(error)}."
            ) from error
        # Comments and blank lines install nothing.
        required = list(_logical_lines(text))
        digest.update("\n".join(required).encode() + b"\0")
        for line in required:
            included = _included(line)
            digest.update(b"" if included else _local_content(line, file.parent))
            if included and "://" in included:  # for the installer, which can ask for it
                is_plain = False
            elif included:
                pending.append(file.parent / included)
                # Constraints request nothing, but only an installer applies them.
                is_plain = is_plain and not line.startswith(("-c", "--constraint"))
            elif line.startswith("-"):
                is_plain = False
            else:
                # Hashes are for the installer.
                lines.append(line.split(" --", 1)[0].rstrip())
    plain = is_plain and all(_is_plain(line) for line in lines)
    return Requirements(path, tuple(lines), digest.hexdigest(), plain)


def _local_content(line: str, beside: Path) -> bytes:
    """Return what identifies the local project that a line names; empty if it names none.

    The same words may lead to another project in another folder, and its files may change.
    """
    project = project_of(line, beside)
    if project is None:
        return b""
    try:
        return f"{project_digest(project)}\0".encode()
    except OSError as error:
        raise UsageError(
            f"The project {project} that {line} names cannot be read ({reason_of(error)})",
            remedy("make it readable", words("name another file with ", Parameter.REQUIREMENTS)),
        ) from error


def _check_is_file(file: Path) -> None:
    """Raise UsageError for anything else: nobody writes to a pipe that a repository brings."""
    if not file.is_file():
        reason = "it is not a file" if file.exists() else "there is no such file"
        if file.is_dir():
            reason = "it is a folder"
        raise UsageError(f"The requirements file {file} cannot be read: {reason}.")


def _logical_lines(text: str) -> Iterable[str]:
    for raw in text.replace("\\\n", " ").splitlines():
        line = raw.split(" #", 1)[0].strip()
        if line and not line.startswith("#"):
            yield line


def _included(line: str) -> str | None:
    for option in ("-r ", "--requirement ", "--requirement=", "-c ", "--constraint ", "-r"):
        if line.startswith(option):
            return line[len(option) :].strip()
    return None


def _is_plain(line: str) -> bool:
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(line).url is None
    except InvalidRequirement:
        return False
