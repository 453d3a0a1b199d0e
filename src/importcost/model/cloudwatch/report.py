"""The report of one invocation: the figures of a REPORT line or a platform.report record."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LONGEST_MS = 5_500_000.0
"""Above Lambda's longest duration, 5,400 s on Managed Instances: a larger number is none of its."""

_NUMBER = r"([0-9]+(?:\.[0-9]+)?)"
_FIELDS = {
    name: re.compile(rf"(?:^|[\s\t]){label}:\s*{_NUMBER}\s*{unit}\b")
    for name, label, unit in (
        ("duration", r"(?<!Billed )(?<!Init )(?<!Restore )Duration", "ms"),
        ("billed", r"(?<!Restore )Billed Duration", "ms"),
        ("init", "Init Duration", "ms"),
        ("restore", r"(?<!Billed )Restore Duration", "ms"),
        ("billed_restore", "Billed Restore Duration", "ms"),
        ("memory", "Memory Size", "MB"),
        ("used", "Max Memory Used", "MB"),
    )
}
_REPORT = re.compile(r"REPORT\s+RequestId:\s*(\S+)")
_ERROR_TYPE = re.compile(r"\bError Type:\s*([\w.]+)")
_TIMED_OUT = re.compile(r"\bStatus:\s*timeout\b")
_INIT_REPORT = re.compile(r"INIT_REPORT\s+Init Duration:")


@dataclass(frozen=True, slots=True)
class Report:
    """The figures of one REPORT line or platform.report record.

    `timed_out` is True if Lambda ended the invocation at the function's timeout.
    """

    request_id: str | None
    duration: float | None
    billed: float | None
    init: float | None
    restore: float | None
    billed_restore: float | None
    memory: float | None
    used: float | None
    error: str | None
    init_first: bool = False
    timed_out: bool = False


def report_of_line(message: str) -> Report | None:
    """Return the figures of a REPORT line, None if it holds none."""
    found = _REPORT.match(message)
    values = {name: _field(pattern, message) for name, pattern in _FIELDS.items()}
    if found is None or values["duration"] is None:
        return None
    error = _ERROR_TYPE.search(message)
    init, duration = (_FIELDS[name].search(message) for name in ("init", "duration"))
    return Report(
        request_id=found.group(1),
        error=error.group(1) if error else None,
        init_first=bool(init and duration and init.start() < duration.start()),
        timed_out=_TIMED_OUT.search(message) is not None,
        **values,
    )


def report_of_record(record: Mapping[str, Any]) -> Report | None:
    """Return the figures of a platform.report record, None if it holds none."""
    duration = metric(record, "durationMs")
    if duration is None:
        return None
    request_id, error = record.get("requestId"), record.get("errorType")
    return Report(
        request_id=request_id if isinstance(request_id, str) else None,
        duration=duration,
        billed=metric(record, "billedDurationMs"),
        init=metric(record, "initDurationMs"),
        restore=metric(record, "restoreDurationMs"),
        billed_restore=metric(record, "billedRestoreDurationMs"),
        memory=metric(record, "memorySizeMB"),
        used=metric(record, "maxMemoryUsedMB"),
        error=error if isinstance(error, str) else None,
        timed_out=record.get("status") == "timeout",
    )


def init_ms_of_line(message: str) -> float | None:
    """Return the milliseconds of an INIT_REPORT line, None if it holds none."""
    if _INIT_REPORT.match(message) is None:
        return None
    return _field(_FIELDS["init"], message)


def looks_emulated(report: Report, *, is_emulated: bool) -> bool:
    """Return True if the local emulator wrote a report: its Max Memory Used is the Memory Size.

    `is_emulated` says that other lines of the same environment are the emulator's. A real function
    may use all its memory too: its report begins with the Duration, the emulator's with the Init
    Duration. The bill tells nothing: until 2025-08-01 Lambda left out the init of ZIP packages.
    """
    return (
        report.used is not None
        and report.used == report.memory
        and (is_emulated or report.init_first)
    )


def _field(pattern: re.Pattern[str], message: str) -> float | None:
    found = pattern.search(message)
    return _plausible(float(found.group(1))) if found else None


def metric(record: Mapping[str, Any], name: str) -> float | None:
    """Return a figure of a record, None if it is not there or impossible."""
    metrics = record.get("metrics")
    value = metrics.get(name) if isinstance(metrics, dict) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return _plausible(value)


def _plausible(value: float) -> float | None:
    # Compared first: a whole number in JSON may be past every float.
    return float(value) if 0 <= value <= LONGEST_MS else None
