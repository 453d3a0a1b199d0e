"""What a handler's requirements.txt asks for, and whether it is there already."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from importcost.errors import UsageError


@dataclass(frozen=True, slots=True)
class Requirements:
    """A requirements file with everything that it includes.

    `path` is absolute; `lines` are its requirement lines and those of included files, comments
    removed; `key` identifies the contents; `is_plain` tells that every line is a plain
    requirement, so that it can be checked against what is installed.
    """

    path: str
    lines: tuple[str, ...]
    key: str
    is_plain: bool


def find_requirements(option: str | None, handler_file: str, task_root: str) -> str | None:
    """Return the path given, else a requirements.txt beside the handler or in the task root.

    Raises UsageError where the named file does not exist.
    """
    if option:
        if not Path(option).is_file():
            raise UsageError(f"There is no file {option}: give --requirements a requirements file.")
        return str(Path(option).resolve())
    for folder in dict.fromkeys((Path(handler_file).parent, Path(task_root))):
        if (folder / "requirements.txt").is_file():
            return str(folder / "requirements.txt")
    return None


def read_requirements(path: str) -> Requirements:
    """Read a requirements file and those it includes. Raises UsageError for an absent one."""
    digest = hashlib.sha256()
    lines: list[str] = []
    is_plain = True
    pending, seen = [Path(path)], set[Path]()
    while pending:
        file = pending.pop()
        if file in seen:
            continue
        seen.add(file)
        try:
            text = file.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"The requirements file {file} cannot be read: {error}.") from error
        digest.update(text.encode() + b"\0")
        for line in _logical_lines(text):
            included = _included(line)
            if included:
                pending.append(file.parent / included)
            elif line.startswith("-"):
                is_plain = False
            else:
                lines.append(line)
    plain = is_plain and all(_is_plain(line) for line in lines)
    return Requirements(path, tuple(lines), digest.hexdigest(), plain)


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


def unsatisfied(
    requirements: Requirements, folders: Iterable[str], python_version: str
) -> tuple[str, ...]:
    """Return the requirement lines that nothing in `folders` satisfies.

    `folders` are searched for installed distributions as sys.path would be; `python_version` is
    the measured interpreter's (`3.12.1`), for environment markers. Lines that cannot be checked
    (URLs, editable installs, options) count as unsatisfied.
    """
    if not requirements.is_plain:
        return requirements.lines or ("(options only)",)
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    installed: dict[str, str] = {}
    for distribution in metadata.distributions(path=list(folders)):
        name = distribution.metadata["Name"]
        if name:
            installed.setdefault(canonicalize_name(name), distribution.version)
    environment = _marker_environment(python_version)
    missing = []
    for line in requirements.lines:
        requirement = Requirement(line)
        if requirement.marker and not requirement.marker.evaluate(environment):
            continue
        version = installed.get(canonicalize_name(requirement.name))
        if version is None or not requirement.specifier.contains(version, prereleases=True):
            missing.append(line)
    return tuple(missing)


def _marker_environment(python_version: str) -> Mapping[str, str]:
    minor = ".".join(python_version.split(".")[:2])
    return {"python_version": minor, "python_full_version": python_version}
