"""The functions of a project in two versions, paired by their logical ids."""

from __future__ import annotations

from pathlib import Path

from importcost.app.gate.comparison.lanes import Lane, present
from importcost.app.gate.worktrees import Checkout
from importcost.app.projects.configured import PlaceReader
from importcost.config.read import HandlerConfig
from importcost.errors import UsageError
from importcost.projects.find import split_place
from importcost.projects.functions import SEPARATOR


def target_in(text: str, version: Checkout) -> str:
    """Return a target's place in a version; its own place, if the version was named by one."""
    place, mark, name = (version.place or text).partition(SEPARATOR)
    return f"{version.folder / place}{mark}{name}"


def lanes_of_place(
    text: str, base: Checkout, head: Checkout, read: PlaceReader
) -> tuple[Lane, ...]:
    """Return the lanes of a project's functions, or of its one function that `text` names."""
    found = [_functions_in(text, one, read) for one in (base, head)]
    before, after = (dict(one or {}) for one in found)
    if not before and not after:
        raise UsageError(
            f"Neither {base.label} nor {head.label} has a function to measure in {text}: name a "
            "project's folder, template or artefact relative to the folder."
        )
    lanes = []
    for name, new in after.items():
        old = before.pop(name, None)
        was, now = present(old, base, read) if old else None, present(new, head, read)
        lanes.append(Lane(name, new, was, now, is_lost=now is None))
    lanes += [Lane(name, old, present(old, base, read), None) for name, old in before.items()]
    return tuple(lane for lane in lanes if lane.base is not None or lane.is_lost or lane.head)


def _functions_in(
    text: str, version: Checkout, read: PlaceReader
) -> dict[str, HandlerConfig] | None:
    """Return the measurable functions of a place by name, None if a version does not have it.

    Raises UsageError for a place that is there and cannot be read.
    """
    place, name = split_place(target_in(text, version))
    if not Path(place).exists():
        return None
    project = read(place)
    found = project.functions
    if name is not None:
        found = tuple(one for one in found if one.name == name or one.name.endswith(f"/{name}"))
    return {
        one.name: HandlerConfig(one.name, f"{place}{SEPARATOR}{one.name}")
        for one in found
        if one.problem is None
    }
