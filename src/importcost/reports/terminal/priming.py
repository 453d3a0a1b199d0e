"""A priming as sentences and as JSON: its saving, and what it leaves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from importcost.model.results.network import NetworkAttempt
from importcost.model.stats import median
from importcost.reports.text import ms_of
from importcost.snapstart.model import SnapshotHazard
from importcost.snapstart.priming import PrimingReport, PrimingTimes, PrimingVerdict

MOST_NAMES = 6


def priming_lines(priming: PrimingReport, *, is_lambda: bool) -> Iterator[str]:
    """Yield the sentences on a priming: what it saves, costs, loads, keeps and asked for."""
    processor = ": after a restore Lambda gives memory / 1769 of a processor" if is_lambda else ""
    times = priming.times
    yield _saving(times)
    plain, primed = times.first_us
    call = median([float(one) for one in times.calls_us])
    yield (
        f"The first request takes {ms_of(plain)} without priming and {ms_of(primed)} with it; the "
        f"call before the snapshot takes {ms_of(call)}. That is this machine{processor}."
    )
    loaded = [name for name in priming.loaded if not name.startswith("_")]
    if loaded:
        yield f"It loads {_names(loaded)}."
    if priming.kept:
        yield f"It fills or changes {_names(priming.kept)}."
    for function, size in priming.caches:
        yield f"The cache of {function} has {size} {'entry' if size == 1 else 'entries'} after it."
    if priming.mocked:
        yield (
            f"The mock answered {_names(priming.mocked)}: on AWS they are made for real when the "
            "version is published."
        )
    yield from _asked(priming.attempts)


def _saving(times: PrimingTimes) -> str:
    saving, pairs = times.saving_us, len(times.plain_us)
    found = f"{pairs} pairs, p {_p_words(times.p_value)}"
    interval = (
        f"{saving.confidence * 100:.0f} % interval {ms_of(saving.low)} to {ms_of(saving.high)}"
    )
    if times.verdict is PrimingVerdict.NOT_SHOWN:
        return (
            f"Priming changes nothing that shows beyond the noise ({ms_of(saving.value)}, "
            f"{interval}; {found})."
        )
    if times.verdict is PrimingVerdict.COSTS:
        return (
            f"Priming adds {ms_of(-saving.value)} to the first request after a restore "
            f"({interval} of a saving; {found})."
        )
    return (
        f"Priming takes {ms_of(saving.value)} off the first request after a restore "
        f"({interval}; {found})."
    )


def _p_words(p_value: float) -> str:
    return "< 0.001" if p_value < 0.001 else f"= {p_value:.3f}"


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    return shown if len(names) <= MOST_NAMES else f"{shown} and {len(names) - MOST_NAMES} more"


def _asked(attempts: Sequence[NetworkAttempt]) -> Iterator[str]:
    for one in attempts:
        where = f" ({Path(one.file).name}:{one.line})" if one.file is not None else ""
        yield (
            f"It asked {one.place}{where}, which was refused here: on AWS priming asks it for real "
            "when the version is published, and what that leaves was not seen."
        )


def finding_json(item: SnapshotHazard) -> dict[str, Any]:
    """Return one finding as JSON values."""
    return {
        "kind": item.kind.value,
        "severity": item.severity.value,
        "file": item.file,
        "line": item.line,
        "code": item.code,
        "label": item.label,
        "names": [str(name) for name in item.names],
        "found_by": list(item.found_by),
        "reason": item.reason,
    }


def priming_json(priming: PrimingReport) -> dict[str, Any]:
    """Return a priming as JSON values; times are microseconds."""
    saving = priming.times.saving_us
    return {
        "event": priming.event,
        "verdict": priming.times.verdict.value,
        "saving_us": {"low": saving.low, "value": saving.value, "high": saving.high},
        "p_value": priming.times.p_value,
        "plain_us": list(priming.times.plain_us),
        "primed_us": list(priming.times.primed_us),
        "calls_us": list(priming.times.calls_us),
        "loaded": list(priming.loaded),
        "kept": list(priming.kept),
        "caches": [{"function": name, "entries": size} for name, size in priming.caches],
        "refused": [
            {"place": one.place, "file": one.file, "line": one.line} for one in priming.attempts
        ],
        "mocked": list(priming.mocked),
        "clean": priming.is_clean,
        "findings": [finding_json(item) for item in priming.findings],
        "hook": priming.hook,
    }
