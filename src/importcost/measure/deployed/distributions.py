"""The installed distributions of an environment: their dependencies and their files."""

from __future__ import annotations

import csv
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from importcost.files.read import text_found

if TYPE_CHECKING:  # most measurements ask for no requirement: packaging is imported where used
    from packaging.requirements import Requirement

IMPORTCOST = "importcost-lambda"
_WITH_EXTRAS = f"{IMPORTCOST}[record]"
INSTALLERS = frozenset(("pip", "setuptools", "wheel"))
"""Environments have these for their own use; they are never deployed because of that."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """One installed distribution.

    `name` is canonical; `folder` is where it is installed; `requires` are its own requirement
    lines, extras and markers included. `is_requested` is True if its installer was given its name,
    so it is not only a dependency.
    """

    name: str
    version: str
    folder: str
    requires: tuple[str, ...]
    is_requested: bool
    metadata_folder: Path

    def files(self) -> Iterator[tuple[str, ...]]:
        """Yield the parts of each path that it installed below its folder."""
        own = self.metadata_folder
        yield (own.name,)
        try:
            rows = csv.reader(text_found(own / "RECORD").splitlines())
            paths = [row[0] for row in rows if row]
        except (OSError, UnicodeDecodeError, csv.Error):
            yield from ((name,) for name in self._top_level())
            return
        for path in paths:
            if not path.startswith(("../", "/")):
                yield tuple(path.split("/"))

    def _top_level(self) -> Iterator[str]:
        """Yield the top-level names of a distribution without RECORD (an old egg, Debian's)."""
        try:
            names = text_found(self.metadata_folder / "top_level.txt").split()
        except (OSError, UnicodeDecodeError):
            names = [self.name.replace("-", "_")]
        for name in names:
            yield name
            yield f"{name}.py"


def canonical(name: str) -> str:
    """Return a distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def installed_distributions(folders: Iterable[str]) -> dict[str, Distribution]:
    """Return the distributions in `folders` by canonical name; the first folder wins."""
    found: dict[str, Distribution] = {}
    for folder in dict.fromkeys(folders):
        for distribution in metadata.distributions(path=[folder]):
            path = getattr(distribution, "_path", None)
            fields = _fields(distribution)
            name = fields["Name"]
            if not name or not isinstance(path, Path):
                continue
            key = canonical(name)
            if key not in found:
                requires = fields.get_all("Requires-Dist")
                if requires is None and path.suffix != ".dist-info":
                    requires = distribution.requires  # an egg's are in a file of their own
                found[key] = Distribution(
                    name=key,
                    version=fields["Version"],
                    folder=folder,
                    requires=tuple(requires or ()),
                    is_requested=(path / "REQUESTED").is_file(),
                    metadata_folder=path,
                )
    return found


def _text(distribution: metadata.Distribution, name: str) -> str | None:
    """Return a file of a distribution's metadata, None for what is no file: a pipe has no end."""
    place = getattr(distribution, "_path", None)
    if isinstance(place, Path) and not (place / name).is_file():
        return None
    return distribution.read_text(name)


def _fields(distribution: metadata.Distribution) -> Message:
    """Return the fields of a distribution's metadata, read once and without its description.

    `distribution.metadata` reads and parses all of it again each time that it is asked.
    """
    texts = filter(None, (_text(distribution, name) for name in ("METADATA", "PKG-INFO", "")))
    return _parsed_fields(next(texts, "").partition("\n\n")[0])


@functools.lru_cache(maxsize=2_000)
def _parsed_fields(head: str) -> Message:
    """Return the fields of these lines, only to be read: a command asks for the same again."""
    return HeaderParser().parsestr(head)


def marker_environment(python_version: str, machine: str = "") -> dict[str, str]:
    """Return the variables of environment markers for a measured Python like `3.12.1`.

    Its platform is this machine's; `machine` is given if the measured one may differ.
    """
    from packaging.markers import default_environment

    known = {name: str(value) for name, value in default_environment().items()}
    minor = ".".join(python_version.split(".")[:2])
    changed = {"python_version": minor, "python_full_version": python_version}
    changed["implementation_version"] = python_version
    if machine:
        changed["platform_machine"] = machine
    return {**known, **changed}


@dataclass(frozen=True, slots=True)
class Closure:
    """The packages that requirements pull in: `names` exist; `missing` requirements are not met."""

    names: frozenset[str]
    missing: tuple[str, ...]


def closure(
    lines: Iterable[str],
    installed: Mapping[str, Distribution],
    environment: Mapping[str, str],
) -> Closure:
    """Follow requirement lines, and those of the matching packages, through the installed ones."""
    pending: list[tuple[Requirement, frozenset[str]]] = []
    missing: list[str] = []
    for line in lines:
        _add(line, frozenset(), pending, missing)
    seen: dict[str, set[str]] = {}
    while pending:
        requirement, extras = pending.pop()
        if not _applies(requirement, extras, environment):
            continue
        name = canonical(requirement.name)
        distribution = installed.get(name)
        if distribution is None or not _is_met(requirement, distribution):
            missing.append(str(requirement))
            continue
        wanted = set(requirement.extras) | {""}
        new = wanted - seen.setdefault(name, set())
        if new:
            seen[name] |= new
            for line in distribution.requires:
                _add(line, frozenset(new), pending, None)
    return Closure(frozenset(seen), tuple(dict.fromkeys(missing)))


def _add(
    line: str,
    extras: frozenset[str],
    pending: list[tuple[Requirement, frozenset[str]]],
    missing: list[str] | None,
) -> None:
    requirement = _parsed(line)
    if requirement is not None:
        pending.append((requirement, extras))
    elif missing is not None:
        missing.append(line)


@functools.lru_cache(maxsize=50_000)
def _parsed(line: str) -> Requirement | None:
    """Return a requirement line's values; distributions repeat the same ones again and again.

    None for text that today's tools reject, which an old distribution's own metadata may contain.
    """
    from packaging.requirements import InvalidRequirement, Requirement

    try:
        return Requirement(line)
    except InvalidRequirement:
        return None


def _applies(
    requirement: Requirement, extras: frozenset[str], environment: Mapping[str, str]
) -> bool:
    if requirement.marker is None:
        # An extra's own requirements all name it in their marker; these belong to no extra.
        return not extras or "" in extras
    return any(
        requirement.marker.evaluate({**environment, "extra": extra}) for extra in extras or {""}
    )


def _is_met(requirement: Requirement, distribution: Distribution) -> bool:
    if requirement.url is not None:
        return False
    return requirement.specifier.contains(distribution.version, prereleases=True)


def needed_by_importcost_alone(
    installed: Mapping[str, Distribution], environment: Mapping[str, str]
) -> frozenset[str]:
    """Return importcost, the installers, and the packages that only they need.

    A distribution stays visible if another visible one needs it, or if somebody requested it by
    name.
    """
    roots = INSTALLERS | {IMPORTCOST}
    own = (closure([_WITH_EXTRAS], installed, environment).names | INSTALLERS) & set(installed)
    asked = {name for name in own - roots if installed[name].is_requested}
    others = [name for name in installed if name not in own or name in asked]
    return own - closure(others, installed, environment).names


def needed_alone(
    some: frozenset[str],
    names: frozenset[str],
    installed: Mapping[str, Distribution],
    environment: Mapping[str, str],
) -> frozenset[str]:
    """Return those of `some` that none of the other `names` needs."""
    return some - closure(sorted(names - some), installed, environment).names


def unsatisfied_by(
    distribution: Distribution,
    installed: Mapping[str, Distribution],
    environment: Mapping[str, Any],
) -> tuple[str, ...]:
    """Return a distribution's own requirements that the installed packages do not meet."""
    from packaging.requirements import InvalidRequirement, Requirement

    found = []
    for line in distribution.requires:
        try:
            requirement = Requirement(line)
        except InvalidRequirement:
            continue
        other = installed.get(canonical(requirement.name))
        if not _applies(requirement, frozenset(), environment) or other is None:
            continue
        if not _is_met(requirement, other):
            found.append(line)
    return tuple(found)
