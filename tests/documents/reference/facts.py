"""The dated facts about Lambda that figures rest on, from the data files that the code reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.documents.reference.text import page, plain, table

PACKAGE = Path(__file__).parents[3] / "src" / "importcost"
FOLDERS = ("billing/data", "measure/data")
ABOUT = frozenset(("figure", "source", "sources", "date", "licence", "fitted", "method"))
INTRODUCTION = """
Every figure about Lambda lies in a data file of the package with its source and the date of the
figure. What is long (prices by region, the modules of each runtime) is in the file alone. How the
fitted ones were found, and how far off they are: [how the numbers are made](../numbers.md).
"""
LONGEST = 40
"""Values that a section lists."""


def facts_page() -> str:
    """Return the page: a section for each data file about Lambda that says what it holds."""
    parts = [INTRODUCTION]
    for folder in FOLDERS:
        for file in sorted((PACKAGE / folder).glob("*.json")):
            data = json.loads(file.read_text(encoding="utf-8"))
            if "figure" in data and "source" in data:
                parts += _section(file, data)
    return page("Facts about Lambda", *parts)


def _section(file: Path, data: Mapping[str, Any]) -> Iterator[str]:
    title = data["figure"].strip()
    path = file.relative_to(PACKAGE.parents[1])
    yield f"## {plain(title[0].upper() + title[1:])}"
    fitted = f"; fitted {data['fitted']}" if "fitted" in data else ""
    yield (
        f"Source: {plain(data['source'])}. Date: {data['date']}{fitted}. "
        f"File: [{file.name}](../../{path})."
    )
    if "floors" in data:
        yield _floors(data["floors"])
        return
    values = [pair for name, one in data.items() if name not in ABOUT for pair in flat(name, one)]
    if 0 < len(values) <= LONGEST:
        yield table(("name", "value"), [(f"`{name}`", plain(number(one))) for name, one in values])


def _floors(floors: list[Mapping[str, Any]]) -> str:
    """Return one row a kind of function, one column a runtime, of medians in milliseconds."""
    runtimes = sorted({one["runtime"] for one in floors}, key=lambda name: int(name.split(".")[1]))
    kinds = sorted({(one["package_type"], one["arch"]) for one in floors}, reverse=True)
    by_key = {(one["package_type"], one["arch"], one["runtime"]): one for one in floors}
    rows = [
        (f"{kind[0]} {kind[1]}", *(_median(by_key.get((*kind, runtime))) for runtime in runtimes))
        for kind in kinds
    ]
    return table(("median, ms", *runtimes), rows)


def _median(floor: Mapping[str, Any] | None) -> str:
    return "" if floor is None else f"{floor['p50_ms']:.0f}"


def number(value: Any) -> str:
    """Return a value as a reader writes it: no powers of ten for small prices."""
    if isinstance(value, float) and 0 < abs(value) < 1e-3:
        return f"{value:.12f}".rstrip("0")
    return str(value)


def flat(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the plain values in a value with the dotted names of their places."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            yield from flat(f"{name}.{key}", one)
    elif isinstance(value, list):
        if all(not isinstance(one, list | Mapping) for one in value):
            yield name, ", ".join(map(str, value))
        else:
            for number, one in enumerate(value):
                yield from flat(f"{name}.{number}", one)
    elif value is not None:
        yield name, value
