"""Lines as the layer writes them, from rows that are made up."""

from __future__ import annotations

from typing import Any

from importcost.measure.programs import read_program

MS = 1_000_000
# Name, depth, own and whole nanoseconds, in the order in which they end.
ROWS = [
    ("awslambdaric.bootstrap", 1, 2 * MS, 2 * MS),
    ("awslambdaric", 0, 1 * MS, 3 * MS),
    ("small", 2, 20_000, 20_000),
    ("heavy.part", 2, 30 * MS, 30 * MS),
    ("heavy", 1, 10 * MS, 40 * MS + 20_000),
    ("light", 1, 1 * MS, 1 * MS),
    ("app", 0, 9 * MS, 50 * MS + 20_000),
]


def programs() -> dict[str, Any]:
    """Return the names of the layer's record.py."""
    scope: dict[str, Any] = {"__name__": "importcost_record"}
    exec(compile(read_program("layer/record.py"), "record.py", "exec"), scope)
    return scope


def record(**changes: Any) -> dict[str, Any]:
    """Return all that a line says, with changes."""
    return {
        "version": 1,
        "python": "3.13.1",
        "machine": "aarch64",
        "memory_mb": 1024,
        "kind": "on-demand",
        "on_lambda": True,
        "whole": True,
        "spans": [[15_000, 14_000, 14_000], [6_000, 5_000, 5_000], [51_000, 48_000, 40_000],
                  [200, 100, 100]],
        "loading_us": 300,
        "border": 2,
        "rows": ROWS,
        "threads": [0, 0],
        "thread_names": [],
        **changes,
    }  # fmt: skip


def line(most_bytes: int = 200_000, **changes: Any) -> str:
    """Return the line of a cold start."""
    return str(programs()["line_of"](record(**changes), most_bytes))
