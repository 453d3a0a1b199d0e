"""Which distribution holds a module that is missing: a dated list, and what is installed here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import metadata, resources

from importcost.model.supplies import MissingModule


@cache
def _known() -> Mapping[str, str]:
    text = resources.files("importcost.targets").joinpath("data", "distributions.json")
    modules: dict[str, str] = json.loads(text.read_text(encoding="utf-8"))["modules"]
    return modules


def known_distribution(module: MissingModule) -> str | None:
    """Return the distribution that the dated list has for a module, None if it does not know.

    The longest dotted name that its import statement asks for decides.
    """
    found = [name for wanted in (*module.wanted, module.name) if (name := _longest(wanted))]
    return _known()[max(found, key=len)] if found else None


def _longest(name: str) -> str | None:
    known = _known()
    while name:
        if name in known:
            return name
        name = name.rpartition(".")[0]
    return None


def distribution_of(module: MissingModule, folders: tuple[str, ...] = ()) -> str | None:
    """Return the distribution that holds a module, of the dated list or installed in `folders`.

    `folders` are the measuring environment's: what a developer has installed there is what the
    import meant. None if neither knows.
    """
    known = known_distribution(module)
    if known is not None:
        return known
    top = module.name.partition(".")[0]
    for distribution in metadata.distributions(path=list(folders)):
        if top in _tops(distribution):
            return distribution.metadata["Name"]
    return None


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
