"""The share of a web app's rows in its start, which waits outside of rows as no handler does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from importcost.model.profile import Timing
from importcost.model.tree import ImportTree


def scaling_spans(
    trees: Sequence[ImportTree],
    spans: Sequence[Mapping[str, int]],
    traced: Sequence[Timing],
    total_us: float,
    computed_us: float,
) -> list[dict[str, int]]:
    """Return spans by which `combine` scales rows: their computing by that of the timed runs.

    A start-up hook waits outside of every row, and only computing is drawn out by a busy machine:
    rows must not get what their neighbours waited. Waiting counts as outside of rows as far as
    there is time outside of them. `total_us` is the timed function init, `computed_us` its CPU.
    """
    result = []
    for tree, span, timing in zip(trees, spans, traced, strict=True):
        rows = _rows_us(tree)
        blocked = min(timing.blocked_us or 0, timing.wall_us)
        inside = max(0, blocked - max(0, timing.wall_us - rows))
        computing = max(1, timing.wall_us - blocked)
        scaled = computed_us * max(0, rows - inside) / computing + inside
        function = round(total_us * rows / scaled) if scaled > 0 else span["function_init"]
        result.append({**span, "function_init": function})
    return result


def _rows_us(tree: ImportTree) -> int:
    return sum(
        tree.cumulative_us[node]
        for node in tree.roots()
        if tree.phases[tree.phase_ids[node]] == "function"
    )
