"""The result of a figure: pass, FAIL, old, not measured, failed to run, or no target.

A value is old if it was not measured again within the last release: if it is from before the
release that came before the present version, by its date or by its version.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from packaging.version import Version

from tests.benchmarks.results.catalogue import Catalogue, Figure
from tests.benchmarks.results.store import Measured, Store

_RELEASE = re.compile(r"^## +\[?v?(\d[\w.]*)\]?[^\d\n]+(\d{4}-\d{2}-\d{2})", re.MULTILINE)


class Status(enum.Enum):
    """The results, in the words of the table."""

    PASS = "pass"
    FAIL = "FAIL"
    OLD = "old"
    FAILED_TO_RUN = "failed to run"
    NOT_MEASURED = "not measured"
    NO_TARGET = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A release and its day."""

    version: Version
    day: date


def releases(changelog: str) -> tuple[Release, ...]:
    """Return the dated releases of a changelog, the newest first."""
    found = [
        Release(Version(version), date.fromisoformat(day))
        for version, day in _RELEASE.findall(changelog)
    ]
    return tuple(sorted(found, key=lambda one: one.version, reverse=True))


def release_before(version: str, known: Sequence[Release]) -> Release | None:
    """Return the release before the present version, None if there was none."""
    return next((one for one in known if one.version < Version(version)), None)


def is_old(measured: Measured, before: Release | None) -> bool:
    """Return True if the value is from before that release."""
    if before is None:
        return False
    return measured.day < before.day or Version(measured.version) < before.version


def status_of(figure: Figure, store: Store, before: Release | None) -> Status:
    """Return the result of a figure's last value, or that its last attempt failed."""
    measured = store.last_of(figure.name)
    if figure.name in store.failures:
        return Status.FAILED_TO_RUN
    if measured is None or (measured.value is None and figure.target is not None):
        return Status.NOT_MEASURED
    if is_old(measured, before):
        return Status.OLD
    if figure.target is None or measured.value is None:
        return Status.NO_TARGET
    return Status.PASS if figure.target.is_met_by(measured.value) else Status.FAIL


def statuses(catalogue: Catalogue, store: Store, before: Release | None) -> dict[str, Status]:
    """Return the result of every figure by its name."""
    return {figure.name: status_of(figure, store, before) for figure in catalogue.figures}
