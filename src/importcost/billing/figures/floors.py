"""The floor: the init time of a hello-world function, before any code of the user's runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from importcost.billing.figures.datafiles import (
    FigureProvenance,
    check_arch,
    check_package_type,
    items,
    number,
    provenance,
    python_minor,
    read_json,
    text_field,
)
from importcost.declaration import ARCHES, PACKAGE_TYPES
from importcost.errors import UsageError
from importcost.model.interval import Interval

FLOOR_CONFIDENCE = 0.8
"""p10 to p90 hold 80 % of the published cold starts."""

_FILE = "floors.json"


@dataclass(frozen=True, slots=True)
class Floor:
    """Published Init Duration of a hello-world function: p10, p50, p90 over `n`; milliseconds."""

    runtime: str
    package_type: str
    arch: str
    n: int
    p10_ms: float
    p50_ms: float
    p90_ms: float


@dataclass(frozen=True, slots=True)
class Floors:
    """The floor table, by (minor Python version, package type, architecture)."""

    provenance: FigureProvenance
    table: Mapping[tuple[int, str, str], Floor]


@dataclass(frozen=True, slots=True)
class FloorFound:
    """The floor to use, as an interval in milliseconds; `notes` mention a substitute."""

    floor: Floor
    ms: Interval
    notes: tuple[str, ...]


@lru_cache(maxsize=1)
def load_floors() -> Floors:
    """Return the shipped floor table."""
    data = read_json(_FILE)
    table = {}
    for entry in items(data, "floors", _FILE):
        floor = _floor(entry)
        table[python_minor(floor.runtime), floor.package_type, floor.arch] = floor
    _check_complete(table)
    return Floors(provenance(data, _FILE), table)


def _check_complete(table: Mapping[tuple[int, str, str], Floor]) -> None:
    versions = {minor for minor, _, _ in table}
    combinations = len(PACKAGE_TYPES) * len(ARCHES)
    if len(table) != len(versions) * combinations:
        raise UsageError(f"{_FILE}: a runtime lacks a package type or an architecture.")


def _floor(entry: Mapping[str, Any]) -> Floor:
    where = f"{_FILE}: `floors`"
    floor = Floor(
        runtime=text_field(entry, "runtime", where),
        package_type=check_package_type(text_field(entry, "package_type", where)),
        arch=check_arch(text_field(entry, "arch", where)),
        n=int(number(entry, "n", where)),
        p10_ms=number(entry, "p10_ms", where),
        p50_ms=number(entry, "p50_ms", where),
        p90_ms=number(entry, "p90_ms", where),
    )
    if not floor.p10_ms <= floor.p50_ms <= floor.p90_ms:
        raise UsageError(f"{where}: the percentiles of {floor.runtime} are out of order.")
    return floor


def find_floor(runtime: str, package_type: str, arch: str) -> FloorFound:
    """Return the floor of a runtime such as `python3.12`, in milliseconds.

    For a runtime without a published floor, return the nearest one's, with a note. Raises
    UsageError for a runtime that is not a Python 3, or an unknown package type or architecture.
    """
    wanted = python_minor(runtime)
    key = (check_package_type(package_type), check_arch(arch))
    floors = load_floors()
    nearest = min({minor for minor, _, _ in floors.table}, key=lambda minor: abs(minor - wanted))
    floor = floors.table[(nearest, *key)]
    notes: tuple[str, ...] = ()
    if nearest != wanted:
        note = f"No hello-world floor has been published for {runtime}:"
        notes = (f"{note} that of {floor.runtime} is used instead (modelled).",)
    interval = Interval(floor.p10_ms, floor.p50_ms, floor.p90_ms, FLOOR_CONFIDENCE)
    return FloorFound(floor, interval, notes)
