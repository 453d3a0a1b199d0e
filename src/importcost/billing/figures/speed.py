"""The speed ratio: Lambda's time for the work of the measuring interpreter, over its own time.

The measuring interpreter runs a fixed calibration workload (`probe/speed_workload.py`). The data
file holds the same workload's time on Lambda under each Python version; the quotient is the ratio.
A slow machine or a slow build of the interpreter slows the workload and the imports alike, so it
cancels out. Method and error: tests/benchmarks/SPEED_RATIO.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from importcost.billing.figures.datafiles import (
    FigureProvenance,
    child,
    number,
    provenance,
    python_minor,
    read_json,
    text_field,
)
from importcost.errors import UsageError
from importcost.model.interval import Interval

RATIO_CONFIDENCE = 0.8
"""Confidence of the band: 10th and 90th percentiles, and the residuals of a few functions."""

WORKLOAD_NAME = "speed_workload.py"

_FILE = "speed-reference.json"


@dataclass(frozen=True, slots=True)
class SpeedVersion:
    """The workload's CPU time on Lambda x86_64 under Python 3.`minor`, microseconds.

    `here_us` is its time on the machine of the fit. `basis` is the origin of `lambda_us`:
    `measured`, or calculated from another build of the interpreter.
    """

    minor: int
    lambda_us: float
    here_us: float
    basis: str


@dataclass(frozen=True, slots=True)
class SpeedReference:
    """The reference for all versions; `unknown_machine` is the ratio of an unknown machine."""

    provenance: FigureProvenance
    versions: Mapping[int, SpeedVersion]
    unknown_machine: Interval


@dataclass(frozen=True, slots=True)
class RatioFound:
    """The speed ratio, and notes on its origin for the reader.

    It has a band only if the machine is unknown: the cost model has one for all its parts.
    """

    ratio: Interval
    notes: tuple[str, ...]
    is_unknown: bool = False


def workload_source() -> str:
    """Return the calibration workload's text.

    Run as `python FILE RESULT`, it writes `{"speed_us": N}` to RESULT: CPU microseconds.
    """
    script = files("importcost.probe").joinpath(WORKLOAD_NAME)
    return script.read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def load_speed_reference() -> SpeedReference:
    """Return the shipped speed reference."""
    data = read_json(_FILE)
    versions = {}
    for name, entry in child(data, "versions", _FILE).items():
        place = f"{_FILE}: `versions.{name}`"
        minor = python_minor(name)
        lambda_us = number(entry, "lambda_us", place)
        here_us = number(entry, "here_us", place)
        versions[minor] = SpeedVersion(minor, lambda_us, here_us, text_field(entry, "basis", place))
    return SpeedReference(
        provenance=provenance(data, _FILE),
        versions=versions,
        unknown_machine=_interval(data, "unknown_machine"),
    )


def _interval(data: Mapping[str, Any], key: str) -> Interval:
    entry = child(data, key, _FILE)
    place = f"{_FILE}: `{key}`"
    low, value, high = (number(entry, name, place) for name in ("low", "value", "high"))
    if not 0 < low <= value <= high:
        raise UsageError(f"{place}: low, value and high are out of order.")
    return Interval(low, value, high, RATIO_CONFIDENCE)


def speed_ratio(speed_us: int | None, *, python_version: str) -> RatioFound:
    """Return the ratio of Lambda's time (x86_64) to the measuring interpreter's for the same work.

    `speed_us` is the workload's CPU time (microseconds) on the measuring interpreter, whose version
    is `python_version`; None if unknown. Raises UsageError for a version that is not a Python 3.
    """
    reference = load_speed_reference()
    if speed_us is None or speed_us <= 0:
        note = (
            "The speed of the measuring machine is not known, so its times are used as they"
            " are, with a wide band: Lambda is usually slower."
        )
        return RatioFound(reference.unknown_machine, (note,), is_unknown=True)
    notes: list[str] = []
    value = _version(reference, python_version, notes).lambda_us / speed_us
    return RatioFound(Interval(value, value, value, RATIO_CONFIDENCE), tuple(notes))


def _version(reference: SpeedReference, python_version: str, notes: list[str]) -> SpeedVersion:
    wanted = python_minor(python_version)
    nearest = min(reference.versions, key=lambda minor: abs(minor - wanted))
    found = reference.versions[nearest]
    if nearest != wanted:
        notes.append(
            f"The speed reference has no Python 3.{wanted}: that of 3.{nearest} is used instead."
        )
    elif found.basis != "measured":
        notes.append(f"The speed reference of Python 3.{nearest} is {found.basis}.")
    return found
