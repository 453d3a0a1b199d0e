"""Assumptions of the comparison of strategies, each with its source and date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from importcost.billing.figures.datafiles import child, number, read_json, text_field
from importcost.model.interval import Interval

_FILE = "strategies.json"


@dataclass(frozen=True, slots=True)
class Assumption:
    """One figure that does not come from the user: value and range, `unit`, description, source."""

    name: str
    figure: Interval
    unit: str
    sentence: str
    source: str
    date: str


@dataclass(frozen=True, slots=True)
class SnapStartLimits:
    """The requirements of SnapStart: the minor Python version, and the largest /tmp in MB.

    `image_label` is the line of a Dockerfile with which an image on another base may have it.
    """

    minimum_python: int
    tmp_limit_mb: int
    image_label: str
    source: str


@lru_cache(maxsize=1)
def load_assumptions() -> Mapping[str, Assumption]:
    """Return the shipped assumptions by name."""
    entries = child(read_json(_FILE), "assumptions", _FILE)
    found = {}
    for name in entries:
        place = f"{_FILE}: `{name}`"
        entry = child(entries, name, _FILE)
        low, value, high = (number(entry, key, place) for key in ("low", "value", "high"))
        said = text_field(entry, "says", place).format(low=low, value=value, high=high)
        found[name] = Assumption(
            name=name,
            figure=Interval(low, value, high, 0.5),
            unit=text_field(entry, "unit", place),
            sentence=said,
            source=text_field(entry, "source", place),
            date=text_field(entry, "date", place),
        )
    return found


def assumed(name: str) -> Interval:
    """Return the figure of an assumption, in the unit of its name or its file."""
    return load_assumptions()[name].figure


@lru_cache(maxsize=1)
def load_snapstart_limits() -> SnapStartLimits:
    """Return the shipped limits of SnapStart."""
    entry = child(read_json(_FILE), "snapstart", _FILE)
    return SnapStartLimits(
        minimum_python=int(number(entry, "minimum_python", _FILE)),
        tmp_limit_mb=int(number(entry, "tmp_limit_mb", _FILE)),
        image_label=text_field(entry, "image_label", _FILE),
        source=text_field(entry, "source", _FILE),
    )
