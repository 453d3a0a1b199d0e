"""Colours and totals of distributions: one stable hue each, none twice among the largest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING
from zlib import crc32

from importcost.model.graph import FUNCTION, RUNTIME, STDLIB, UNKNOWN_DISTRIBUTION
from importcost.model.module_facts import ModuleFacts, startup_phase_ids
from importcost.model.tree import ImportTree

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import DistributionData


HUES = 6
NEUTRALS = 4
FIXED_COLOURS = {FUNCTION: "function", STDLIB: "stdlib", RUNTIME: "runtime"}


def owners_of(facts: Sequence[ModuleFacts]) -> list[str]:
    """Return the distributions in the order of the tree's name table."""
    return list(dict.fromkeys(fact.distribution for fact in facts))


def distribution_totals(tree: ImportTree, facts: Sequence[ModuleFacts]) -> list[DistributionData]:
    """Return each distribution with its colour and its own time in function init.

    `from_runtime` is True if it is part of Lambda's runtime.
    """
    startup = startup_phase_ids(tree)
    totals: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for node, name_id in enumerate(tree.name_ids):
        if tree.phase_ids[node] not in startup:
            owner = facts[name_id].distribution
            totals[owner] += tree.self_us[node]
            counts[owner] += 1
    owners = owners_of(facts)
    colours = colours_by_distribution({owner: totals[owner] for owner in owners})
    brought = {f.distribution for f in facts if f.module is not None and f.module.from_runtime}
    return [
        {
            "name": o,
            "colour": colours[o],
            "self_us": totals[o],
            "modules": counts[o],
            "from_runtime": o in brought,
        }
        for o in owners
    ]


def colours_by_distribution(totals_us: dict[str, int]) -> dict[str, str]:
    """Return the colour name of every distribution.

    The six largest get the strong hues, the next six the light ones. Which hue comes from the
    name, so a package keeps its colour from report to report unless a larger one of the same
    group holds it: then it takes the next free one. The others share neutral steps.
    """
    colours = {name: FIXED_COLOURS[name] for name in totals_us if name in FIXED_COLOURS}
    ranked = sorted(totals_us.items(), key=lambda item: (-item[1], item[0]))
    names = [name for name, _ in ranked if name not in colours]
    hued = [name for name in names if name != UNKNOWN_DISTRIBUTION][: 2 * HUES]
    for first in (0, HUES):
        free = list(range(first, first + HUES))
        for name in hued[first : first + HUES]:
            wanted = first + _seed(name) % HUES
            hue = min(free, key=lambda h: (h - wanted) % HUES)
            free.remove(hue)
            colours[name] = f"hue-{hue}"
    for name in names:
        colours.setdefault(name, f"neutral-{_seed(name) % NEUTRALS}")
    return colours


def _seed(name: str) -> int:
    """Return a number that is the same on every machine and in every run."""
    return crc32(name.encode("utf-8", "surrogatepass"))
