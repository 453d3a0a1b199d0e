"""Names as the page reads them from their columns."""

from __future__ import annotations

from typing import Any


def name_table(columns: dict[str, Any]) -> list[str]:
    """Return the whole names; a parent comes before what is in it."""
    table: list[str] = []
    packages: list[str] = []
    waiting = list(zip(columns["packages"], columns["package_parents"], strict=True))

    def inside(above: str | None, tail: str) -> str:
        return tail if above is None else f"{above}.{tail}"

    def add_packages(count: int) -> None:
        while len(packages) < count:
            tail, parent = waiting[len(packages)]
            above = packages[parent - 1] if parent > 0 else table[-parent - 1] if parent else None
            packages.append(inside(above, tail))

    for tail, parent in zip(columns["name_tails"], columns["name_parents"], strict=True):
        add_packages(max(parent, 0))
        above = packages[parent - 1] if parent > 0 else table[parent] if parent else None
        table.append(inside(above, tail))
    return table
