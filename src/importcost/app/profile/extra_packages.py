"""Install packages requested besides a function's own: `--with`, and missing modules."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from importcost.errors import Remedy, UsageError, remedy, words
from importcost.model.supplies import Placeholder, SuppliedPackage, Supplies
from importcost.parameters import Parameter
from importcost.processes.installer import ToInstall, install, installed_folder
from importcost.processes.wheels import InstallTarget

Note = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Extra:
    """The additions to the function's own: packages, their folders, placeholders."""

    folders: tuple[str, ...] = ()
    packages: tuple[SuppliedPackage, ...] = ()
    placeholders: tuple[Placeholder, ...] = ()

    @property
    def supplies(self) -> Supplies:
        """Return the part that the profile keeps."""
        return Supplies(self.packages, self.placeholders)


NO_EXTRA = Extra()


def parse_packages(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the requirements as written. Raises UsageError for an invalid one."""
    for text in texts:
        _parsed(text)
    return tuple(dict.fromkeys(texts))


def _parsed(text: str) -> Requirement:
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise UsageError(
            words(Parameter.PACKAGES, f" '{text}' is not a requirement ({reason})"),
            remedy("write it like requests or 'requests>=2,<3'"),
        ) from error


def with_asked(requirements: Sequence[str], target: InstallTarget, note: Note) -> Extra:
    """Return the packages requested by name, installed. Raises MeasurementError as `install`."""
    if not requirements:
        return NO_EXTRA
    folder = _install(requirements, target, note, remedy(words("correct ", Parameter.PACKAGES)))
    packages = [SuppliedPackage(text, _installed(text, folder)) for text in requirements]
    return Extra((str(folder),), tuple(packages))


def with_missing(
    before: Extra, distributions: Mapping[str, str], target: InstallTarget, note: Note
) -> Extra:
    """Return `before` with the distributions of missing modules, by module, and no placeholders.

    Raises MeasurementError if they cannot be installed; nothing of them is left then.
    """
    names = dict.fromkeys(distributions.values())
    note(f"Init needs {', '.join(distributions)}, which no file lists.")
    folder = _install(
        tuple(names),
        target,
        note,
        remedy(
            words("name a version that fits with ", Parameter.PACKAGES),
            words("give ", Parameter.NO_INSTALL),
        ),
    )
    packages = [
        SuppliedPackage(name, _installed(name, folder), True, module)
        for module, name in distributions.items()
    ]
    return Extra((*before.folders, str(folder)), (*before.packages, *packages))


def _install(
    requirements: Sequence[str], target: InstallTarget, note: Note, advice: Remedy
) -> Path:
    """Return the cache folder with these requirements, installed now or before."""
    lines = tuple(sorted(requirements))
    folder = installed_folder("\n".join(("with", *lines)), target)
    label = ", ".join(requirements)
    if folder.is_dir():
        there = ", ".join(_installed(text, folder) for text in requirements)
        made_s = folder.stat().st_mtime
        day = datetime.datetime.fromtimestamp(made_s, datetime.timezone.utc).date()
        note(f"Using {there}, installed for Python {target.python_version} on {day}.")
        return folder
    note(f"Installing {label} for Python {target.python_version} into the cache (once) ...")
    started = time.monotonic()
    install(ToInstall(label=label, remedy=advice, lines=lines), folder, target, _silent)
    note(f"Installed in {time.monotonic() - started:.0f} s.")
    return folder


def _silent(_line: str) -> None:
    """Drop the installer's output, which is not needed if it succeeds."""


def _installed(requirement: str, folder: Path) -> str:
    """Return name and version of the package installed for a requirement."""
    wanted = canonicalize_name(Requirement(requirement).name)
    for distribution in metadata.distributions(path=[str(folder)]):
        name = distribution.metadata["Name"]
        if name and canonicalize_name(name) == wanted:
            return f"{name} {distribution.version}"
    return requirement  # its markers exclude it here
