"""The difference of two profiles as the data of its page, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from importcost.billing.estimate import Estimate
from importcost.gate.difference import (
    Difference,
    NameChange,
    billed_dollars,
    handler_name,
    verdict,
)
from importcost.model.graph import UNKNOWN_DISTRIBUTION
from importcost.model.profile import Profile
from importcost.reports.facts import interval_json, interval_or_none, short_path
from importcost.reports.json_text import json_text
from importcost.reports.page.columns import (
    NONE,
    Interner,
    id_steps,
    name_columns,
    parent_steps,
    runs,
)
from importcost.reports.page.difference_tree import MergedTree, merge_trees
from importcost.reports.page.platform import platform_data

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import (
        ChangeData,
        ChangedModules,
        DifferenceData,
        MergedColumns,
        SideData,
    )


SCHEMA = 1
KINDS = ("added", "removed", "slower", "faster", "unchanged", "moved")
ADDED, REMOVED, SLOWER, FASTER, UNCHANGED, MOVED = range(len(KINDS))
NOISE_SHARE = 0.001
NOISE_US = 50


def difference_data(difference: Difference) -> DifferenceData:
    """Return the JSON value behind the page; units are those of `page_data`."""
    base, head = difference.base, difference.head
    merged = merge_trees(base.tree, head.tree)
    names = Interner(merged.names)
    modules = _modules(difference.modules, merged, names)
    kinds = {one.name: KINDS.index(one.kind) for one in difference.modules}
    owners = Interner([one.distribution for one in difference.distributions])
    owner_of = {one.name: one.distribution for one in difference.modules}
    owner_ids = [owners.id(owner_of.get(n, UNKNOWN_DISTRIBUTION)) for n in names.values]
    return {
        "schema": SCHEMA,
        "generator": f"importcost {head.importcost_version}",
        "handler": handler_name(head),
        "sides": [_side(base, difference.base_bill), _side(head, difference.head_bill)],
        "verdict": verdict(difference),
        "platform": platform_data(difference.head_bill),
        "dollars_per_million": interval_or_none(billed_dollars(difference)),
        "caveats": list(difference.caveats),
        "kinds": list(KINDS),
        "distributions": [_plain(one) for one in difference.distributions],
        "tree": _tree(merged, kinds, names),
        "owner_ids": owner_ids,
        "owners": owners.values,
        "places": _places(names.values, difference),
        "modules": modules,
    }


def difference_json(difference: Difference) -> dict[str, Any]:
    """Return the difference as plain values for other programs; microseconds, dollars."""
    return {
        "schema": "importcost-difference",
        "schema_version": SCHEMA,
        "verdict": verdict(difference),
        "base": _side(difference.base, difference.base_bill),
        "head": _side(difference.head, difference.head_bill),
        "dollars_per_million": interval_or_none(billed_dollars(difference)),
        "caveats": list(difference.caveats),
        "distributions": [_plain(one) for one in difference.distributions],
        "modules": [
            {key: value for key, value in _plain(one).items() if key not in ("added", "removed")}
            for one in difference.modules
        ],
    }


def render_difference_json(difference: Difference) -> str:
    """Return the difference as JSON text; lone surrogates in names as escapes."""
    return json_text(difference_json(difference), indent=1) + "\n"


def _plain(change: NameChange) -> ChangeData:
    return {
        "name": change.name,
        "distribution": change.distribution,
        "kind": change.kind,
        "base_us": change.base_us,
        "head_us": change.head_us,
        "added": change.added,
        "removed": change.removed,
    }


def _side(profile: Profile, bill: Estimate) -> SideData:
    return {
        "created_at": profile.created_at,
        "source": profile.source,
        "cpu_us": interval_json(profile.function_init.cpu_us),
        "shown_ms": interval_json(bill.shown_ms),
        "billed_init_ms": interval_or_none(bill.billed_init_ms),
        "function_init_ms": interval_json(bill.function_init_ms),
        "dollars_per_million": interval_or_none(bill.dollars_per_million),
        "memory_mb": bill.memory_mb,
        "runtime": bill.runtime,
        "phases": [{"label": p.label, "init_ms": p.init_ms} for p in bill.phases],
    }


def _tree(merged: MergedTree, kinds: Mapping[str, int], names: Interner) -> MergedColumns:
    roots = [node for node, parent in enumerate(merged.parents) if parent == NONE]
    whole = max(sum(side[node] for node in roots) for side in (merged.base_us, merged.head_us))
    noise = max(NOISE_US, NOISE_SHARE * whole)
    return {
        **name_columns(names.values),
        "name_runs": runs(id_steps(merged.name_ids)),
        "parent_steps": parent_steps(merged.parents),
        "base_us": merged.base_us,
        "head_us": merged.head_us,
        "base_self_us": merged.base_self_us,
        "head_self_us": merged.head_self_us,
        "kind_ids": [_node_kind(merged, node, kinds, noise) for node in range(len(merged))],
    }


def _node_kind(merged: MergedTree, node: int, kinds: Mapping[str, int], noise: float) -> int:
    """Return a node's kind: its own time decides, so that a parent is not blamed for a child."""
    in_base, in_head = merged.in_base[node], merged.in_head[node]
    kind = kinds.get(merged.names[merged.name_ids[node]], UNCHANGED)
    if in_base and in_head:
        delta = merged.head_self_us[node] - merged.base_self_us[node]
        if abs(delta) <= noise:
            return UNCHANGED
        return SLOWER if delta > 0 else FASTER
    if kind in (ADDED, REMOVED):
        return kind
    # Loaded on both sides, here by another importer than there.
    return MOVED


def _places(names: Sequence[str], difference: Difference) -> list[str]:
    """Return each module's importers and the place, in head or else in base; empty if unknown."""
    base, head = difference.base, difference.head
    sides = [(difference.head_edges, head.target), (difference.base_edges, base.target)]
    places = []
    for name in names:
        found = ((edges[name], target) for edges, target in sides if name in edges)
        edge, target = next(found, (None, None))
        if edge is None or edge.file is None:
            places.append("")
            continue
        line = f":{edge.line}" if edge.line else ""
        places.append(f"{short_path(edge.file, target)}{line}")
    return places


def _modules(modules: Sequence[NameChange], merged: MergedTree, names: Interner) -> ChangedModules:
    """Return a row for each module, with its first node; NONE where the tree has none."""
    first: dict[str, int] = {}
    for node, name_id in enumerate(merged.name_ids):
        first.setdefault(merged.names[name_id], node)
    return {
        "name_ids": [names.id(one.name) for one in modules],
        "kind_ids": [KINDS.index(one.kind) for one in modules],
        "base_us": [one.base_us for one in modules],
        "head_us": [one.head_us for one in modules],
        "nodes": [first.get(one.name, NONE) for one in modules],
    }
