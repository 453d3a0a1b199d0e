"""Find the distribution of a missing module: in a dated list, and among the installed ones."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Mapping
from functools import cache
from importlib import metadata, resources
from pathlib import Path

from importcost.model.supplies import MissingModule

_ALIKE = 0.8
"""The share of two names that agrees if one is a misspelling: `jsn` and `json` have 0.86."""


@cache
def _known() -> Mapping[str, str]:
    text = resources.files("importcost.targets").joinpath("data", "distributions.json")
    modules: dict[str, str] = json.loads(text.read_text(encoding="utf-8"))["modules"]
    return modules


def known_distribution(module: MissingModule) -> str | None:
    """Return the distribution of a module in the dated list, or None.

    The longest dotted name in its import statement decides.
    """
    found = [name for wanted in (*module.wanted, module.name) if (name := _longest(wanted))]
    return _known()[max(found, key=len)] if found else None


def modules_of_distribution(name: str) -> list[str]:
    """Return the top-level modules that a distribution of the dated list has, empty if unknown."""
    wanted = name.lower().replace("_", "-")
    found = [module for module, owner in _known().items() if owner.lower() == wanted]
    return sorted({module.partition(".")[0] for module in found})


def _longest(name: str) -> str | None:
    known = _known()
    while name:
        if name in known:
            return name
        name = name.rpartition(".")[0]
    return None


def distribution_of(module: MissingModule, folders: tuple[str, ...] = ()) -> str | None:
    """Return a module's distribution, from the dated list or among those installed in `folders`.

    `folders` are the measuring environment's: the packages that a developer has installed there are
    the ones that the import meant. None if neither has it.
    """
    known = known_distribution(module)
    if known is not None:
        return known
    top = module.name.partition(".")[0]
    for distribution in metadata.distributions(path=list(folders)):
        if top in _tops(distribution):
            return distribution.metadata["Name"]
    return None


def is_there_without(module: MissingModule) -> str | None:
    """Return the distribution that was imported but has no such submodule, or None.

    A missing module is recorded with its dots only if its parent could be imported. A parent
    without a distribution of its own is a namespace: its part is not installed.
    """
    parent, dot, _ = module.name.rpartition(".")
    found = _longest(parent) if dot else None
    return _known()[found] if found is not None and found == _longest(module.name) else None


def similar_module(module: MissingModule, task_root: str) -> str | None:
    """Return the module whose name may be misspelled here: the function's own, or a known one."""
    top = module.name.partition(".")[0]
    own = [path.stem for path in Path(task_root).glob("*") if path.is_dir() or path.suffix == ".py"]
    known = [*sys.stdlib_module_names, *_known()]
    names = [name for name in (*own, *known) if "." not in name]
    close = difflib.get_close_matches(top, names, 1, _ALIKE)
    return close[0] if close and close[0] != top and len(top) > 2 else None


def _tops(distribution: metadata.Distribution) -> set[str]:
    """Return the top-level modules of an installed distribution."""
    listed = distribution.read_text("top_level.txt")
    if listed is not None:
        return set(listed.split())
    tops = set()
    for file in distribution.files or ():
        first = file.parts[0]
        if len(file.parts) > 1 and "." not in first:
            tops.add(first)
        elif file.suffix == ".py":
            tops.add(file.stem)
    return tops
