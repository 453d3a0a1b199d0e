"""Top-level statements of the function's own files: the files, and medians over the runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from importcost.measure.plain.spec import is_installed
from importcost.measure.runners.base import Layout
from importcost.model.advice import AuditEvent, SourcePlace, StatementTime
from importcost.model.stats import median


def function_files(graph: Mapping[str, Any], layout: Layout) -> list[str]:
    """Return the function's own source files among the probe's graph result, as seen inside."""
    root = layout.task_root.rstrip("/") + "/"
    return sorted(
        {
            file
            for _, file, _, _, _, _, _, is_stdlib in graph["modules"]
            if file is not None
            and not is_stdlib
            and file.startswith(root)
            and file.endswith(".py")
            and file not in graph["owners"]
            and not is_installed(file[len(root) - 1 :])
        }
    )


def statement_times(
    runs: Sequence[Sequence[Sequence[Any]]], layout: Layout
) -> tuple[StatementTime, ...]:
    """Return each statement's medians over the runs, in source order; files as on the host.

    A run is the probe's list of [file, line, end line, own ns, import ns, wall ns, events, column],
    an event is [name, detail]. A statement that a run did not reach counts for that run as nothing.
    """
    rows: dict[tuple[str, int, int, int], list[Sequence[Any]]] = defaultdict(list)
    for run in runs:
        for row in run:
            file, line, end_line, _, _, _, _, column = row
            rows[(file, line, column, end_line)].append(row)
    return tuple(
        StatementTime(
            place=SourcePlace(layout.on_host(file), line, end_line, column),
            code="",
            own_us=_median_us(found, 3),
            import_us=_median_us(found, 4),
            wall_us=_median_us(found, 5),
            # An event that shows in one run only (a retry, say) is still one to know of.
            events=tuple(dict.fromkeys(AuditEvent(*event) for row in found for event in row[6])),
        )
        for (file, line, column, end_line), found in sorted(rows.items())
    )


def _median_us(rows: Sequence[Sequence[Any]], column: int) -> int:
    return max(0, round(median([row[column] for row in rows]) / 1000))
