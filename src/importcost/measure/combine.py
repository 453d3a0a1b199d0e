"""Combine several traced runs into one tree, scaled to the time of untraced runs.

Tracing costs 1 to 4 %, and a row's time is wall time on a machine that others use too. So the
shares come from the traced runs and the totals from the timed ones. Each traced run is scaled so
that its span of a phase equals the timed figure, and a node gets the median over the runs.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from importcost.model.profile import Phase
from importcost.model.stats import median
from importcost.model.tree import NO_PARENT, ImportTree

SPAN_OF_LABEL = {
    Phase.INTERPRETER_START.value: "interpreter_start",
    "runtime": "runtime",
    "function": "function_init",
}
"""The probe's markers, as phase labels of a traced tree, and its spans of the same phases."""
FINAL_PHASES = tuple(phase.value for phase in Phase)
_FINAL_ID = {phase.value: index for index, phase in enumerate(Phase)}


@dataclass(frozen=True, slots=True)
class CombinedTree:
    """The tree with its open shares.

    `unattributed_share` is the part of the traced function init outside every row, and
    `imports_share` the part spent in the handler's imports (both 0 to 1).
    """

    tree: ImportTree
    unattributed_share: float
    imports_share: float


def combine(
    trees: Sequence[ImportTree],
    spans: Sequence[Mapping[str, int]],
    totals_us: Mapping[str, float],
    app: str | None = None,
) -> CombinedTree:
    """Combine the trees of traced runs of one handler.

    `spans[i]` holds the wall time of each phase in traced run i, `totals_us` the time to which the
    phase is scaled; both by the probe's phase names, microseconds. `app` is the module whose body
    counts as the module body, None for the handler's, which is imported last. It is named for a web
    app, and for a handler that a wrapper imports.
    """
    order = sorted(range(len(trees)), key=lambda index: spans[index]["function_init"])
    base = trees[order[len(order) // 2]]
    keys = _keys(base)
    index_of = {key: node for node, key in enumerate(keys)}
    samples: list[list[float]] = [[] for _ in range(len(base))]
    sums: list[list[float]] = []
    for tree, span in zip(trees, spans, strict=True):
        factors = _factors(tree, span, totals_us)
        sums.append([0.0] * len(base.phases))
        for node, key in enumerate(_keys(tree)):
            position = index_of.get(key)
            if position is not None:
                scaled = tree.self_us[node] * factors[tree.phase_ids[node]]
                samples[position].append(scaled)
                sums[-1][base.phase_ids[position]] += scaled
    kept = [label for label, name in SPAN_OF_LABEL.items() if label != "runtime" or totals_us[name]]
    levelled = _levelled(base, [median(values) for values in samples], sums)
    merged = _rebuild(base, levelled, app, kept)
    shares = [_unattributed(tree, span) for tree, span in zip(trees, spans, strict=True)]
    total = totals_us["function_init"]
    # Traced and timed launches vary, so the imports' rows may add up to more than the total.
    imports = min(1.0, _imports_us(merged) / total) if total else 0.0
    return CombinedTree(merged, median(shares), imports)


def _factors(
    tree: ImportTree, span: Mapping[str, int], totals_us: Mapping[str, float]
) -> list[float]:
    factors = []
    for label in tree.phases:
        name = SPAN_OF_LABEL.get(label)
        factors.append(totals_us[name] / span[name] if name and span[name] > 0 else 0.0)
    return factors


def _levelled(
    base: ImportTree, self_us: Sequence[float], sums: Sequence[Sequence[float]]
) -> list[float]:
    """Scale the medians so that each phase adds up to the median of the runs' sums.

    `sums[i]` holds run i's scaled time of each phase of the base tree. Row times have a long upper
    tail: the sum of their medians is several per cent below the median of their sums, and the
    missing part would count as the handler's module body.
    """
    own = [0.0] * len(base.phases)
    for us, phase in zip(self_us, base.phase_ids, strict=True):
        own[phase] += us
    factors = [
        median([run[phase] for run in sums]) / own[phase] if own[phase] > 0 else 1.0
        for phase in range(len(base.phases))
    ]
    return [us * factors[phase] for us, phase in zip(self_us, base.phase_ids, strict=True)]


def _keys(tree: ImportTree) -> list[tuple[int, int]]:
    """Return a key for each node that the same node of another run has too.

    A key is the path of names from the root, with a count for repeated siblings. Paths are hashed
    step by step, because full paths would grow with the depth.
    """
    counts: dict[tuple[int, str, int], int] = {}
    hashes: list[int] = []
    keys: list[tuple[int, int]] = []
    for node in range(len(tree)):
        parent = tree.parents[node]
        above = hashes[parent] if parent != NO_PARENT else 0
        name = tree.name(node)
        step = (above, name, tree.phase_ids[node])
        count = counts.get(step, 0)
        counts[step] = count + 1
        hashes.append(hash((step, count)))
        keys.append((hashes[node], tree.phase_ids[node]))
    return keys


def _rebuild(
    base: ImportTree, self_us: Sequence[float], app: str | None, labels: Collection[str]
) -> ImportTree:
    """Return the base tree with new self times, the probe's own rows dropped.

    Where no runtime starts before the target, what was loaded there was the probe's own, too.
    """
    kept = [tree_phase in labels for tree_phase in base.phases]
    position: dict[int, int] = {NO_PARENT: NO_PARENT}
    names, parents, phases = array("q"), array("q"), array("q")
    own, cumulative = array("q"), array("q")
    handler = _handler_root(base) if app is None else _app_node(base, app)
    for node in range(len(base)):
        if not kept[base.phase_ids[node]] or base.parents[node] not in position:
            continue
        position[node] = len(own)
        parents.append(position[base.parents[node]])
        names.append(base.name_ids[node])
        own.append(round(self_us[node]))
        phases.append(_final_phase(base, node, handler))
    cumulative.extend(own)
    for node in range(len(own) - 1, -1, -1):
        if parents[node] != NO_PARENT:
            cumulative[parents[node]] += cumulative[node]
    # The probe's own rows leave no names behind.
    used = sorted(set(names))
    place = {name: index for index, name in enumerate(used)}
    table = tuple(base.names[name] for name in used)
    ids = array("q", (place[name] for name in names))
    return ImportTree(table, ids, parents, own, cumulative, FINAL_PHASES, phases)


def _final_phase(tree: ImportTree, node: int, handler: int) -> int:
    label = tree.phases[tree.phase_ids[node]]
    if label == "runtime":
        return _FINAL_ID[Phase.RUNTIME.value]
    if label != "function":
        return _FINAL_ID[Phase.INTERPRETER_START.value]
    return _FINAL_ID[(Phase.MODULE_BODY if node == handler else Phase.HANDLER_IMPORTS).value]


def _handler_root(tree: ImportTree) -> int:
    # The handler's own row is the last root: rows of a disturbed log may come before it.
    roots = [node for node in tree.roots() if tree.phases[tree.phase_ids[node]] == "function"]
    return roots[-1] if roots else NO_PARENT


def _app_node(tree: ImportTree, app: str) -> int:
    """Return the row of a module that is not the last root: others import it."""
    nodes = [
        node
        for node in range(len(tree))
        if tree.name(node) == app and tree.phases[tree.phase_ids[node]] == "function"
    ]
    return nodes[0] if nodes else NO_PARENT


def _imports_us(tree: ImportTree) -> float:
    # Not the cumulative times of the roots: a wrapper's contains the handler's module body.
    imports = _FINAL_ID[Phase.HANDLER_IMPORTS.value]
    return float(
        sum(
            own for own, phase in zip(tree.self_us, tree.phase_ids, strict=True) if phase == imports
        )
    )


def _unattributed(tree: ImportTree, span: Mapping[str, int]) -> float:
    rows = sum(
        tree.cumulative_us[node]
        for node in tree.roots()
        if tree.phases[tree.phase_ids[node]] == "function"
    )
    return max(0.0, 1.0 - rows / span["function_init"]) if span["function_init"] > 0 else 0.0
