"""Resolve `-m package` to a Target: where the package lies, and whose it is."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from pathlib import Path

from importcost.errors import UsageError, remedy, words
from importcost.model.plain import PlainTarget, TargetKind
from importcost.model.profile import Target
from importcost.parameters import Parameter
from importcost.targets.known_modules import modules_of_distribution
from importcost.targets.plain.environment import FoundInEnvironment, ModulePlace

_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_DISTRIBUTION = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")
_NEAR = 0.7
_SOME = 3


def is_module_name(text: str) -> bool:
    """Return True for the dotted name of a module."""
    return _NAME.fullmatch(text) is not None


def check_module(text: str) -> None:
    """Raise UsageError for a text that can be neither a module's name nor a distribution's."""
    if "[" in text:
        name = text.partition("[")[0]
        raise UsageError(
            f"{text} names extras, which are not part of a module's name",
            remedy(words(f"name the module {name}, and each extra with ", Parameter.EXTRAS)),
        )
    if text.endswith(".py") or "/" in text or "\\" in text:
        raise UsageError(
            f"{text} is a path, and a module has a name like mypkg or mypkg.core",
            remedy("name the module", words("run the file with ", Parameter.FILE)),
        )
    if not is_module_name(text) and not _DISTRIBUTION.fullmatch(text):
        raise UsageError(
            f"'{text}' is not the name of a module",
            remedy(
                "write it as in an import statement, like mypkg or mypkg.core",
                words("run code with ", Parameter.COMMAND),
            ),
        )


def package_target(
    name: str, found: FoundInEnvironment, folder: Path, search_path: tuple[str, ...], python: str
) -> Target:
    """Return the target that is a module. Raises UsageError if there is none, or no use in it."""
    place = found.module
    if place is None or place.kind == "missing":
        raise no_such_module(name, found, python)
    if place.is_loaded:
        raise UsageError(
            f"{name} is loaded whenever this interpreter starts, so importing it costs nothing",
            remedy("name another module"),
        )
    _refuse_redirected(name, place, search_path, python)
    return Target(
        module=name,
        function=None,
        task_root=own_root(place, folder),
        handler_file=place.file or python,
        plain=PlainTarget(TargetKind.MODULE, name, search_path=search_path, folder=str(folder)),
    )


def _refuse_redirected(
    name: str, place: ModulePlace, search_path: tuple[str, ...], python: str
) -> None:
    """Raise UsageError if a package of the working folder is imported from another place."""
    file = Path(place.file).resolve() if place.file else None
    folders = [Path(one).resolve() for one in search_path]
    if file is not None and folders and not any(file.is_relative_to(one) for one in folders):
        raise UsageError(
            f"{name} lies in {search_path[0]}, and the environment of {python} imports it from "
            f"{place.file}",
            remedy(
                "uninstall the editable installation that redirects it",
                words("name another environment with ", Parameter.PYTHON),
            ),
        )


def own_root(place: ModulePlace, folder: Path) -> str:
    """Return the folder of the user's own code: that of the package, else the working folder."""
    return place.folder if place.is_own and place.folder else str(folder)


def no_such_module(name: str, found: FoundInEnvironment, python: str) -> UsageError:
    """Return the error for a module that the environment does not have, with what may be meant."""
    tops = [top for one, tops in found.tops.items() if _alike(one) == _alike(name) for top in tops]
    what = f"There is no module {name} in the environment of {python}"
    own = [top for top in tops if top != name]
    if own:
        return distribution_named(name, own)
    known = [] if is_module_name(name) else modules_of_distribution(name)
    if known:
        return UsageError(
            f"{name} is the name of a distribution, which is not in the environment of {python}",
            remedy(
                f"install it there and name its module {' or '.join(known[:_SOME])}",
                words("name another environment with ", Parameter.PYTHON),
            ),
        )
    near = _near(name, found)
    ways = [f"name {' or '.join(near)}"] if near else ["install it there"]
    return UsageError(
        what, remedy(*ways, words("name another environment with ", Parameter.PYTHON))
    )


def distribution_named(name: str, modules: Iterable[str]) -> UsageError:
    """Return the error for a distribution's name, whose modules have others."""
    return UsageError(
        f"{name} is the name of a distribution, and its module has another one",
        remedy(f"name {' or '.join(_public(modules))}"),
    )


def _near(name: str, found: FoundInEnvironment) -> list[str]:
    top, dot, rest = name.partition(".")
    close = difflib.get_close_matches(top, found.names, _SOME, _NEAR)
    if not close:
        lower = {one.lower(): one for one in found.names}
        matched = difflib.get_close_matches(top.lower(), lower, _SOME, _NEAR)
        close = [lower[one] for one in matched]
    return [f"{one}{dot}{rest}" for one in close]


def _alike(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _public(tops: Iterable[str]) -> list[str]:
    """Return the names that are not private, all of them if there are no others."""
    names = list(tops)
    return [one for one in names if not one.startswith("_")][:_SOME] or names[:_SOME]
