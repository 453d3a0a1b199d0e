"""Whether an entry holds: a saving that counts, by advice that works and still appears."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from tests.benchmarks.known_packages.pairs import Launched, Paired, median_of

LEAST_MS = 5.0
LEAST_SHARE = 0.10
LEAST_OF_SHARE_MS = 1.0
"""A smaller saving is never shown as a hint, whatever its share."""

HOLDS, NO_LONGER, NOT_MEASURED = "holds", "no longer holds", "not measured"


@dataclass(frozen=True)
class Judged:
    """What was found out about one entry; the figures are None if there are none."""

    id: str
    end: str
    reason: str = ""
    python: str = ""
    versions: dict[str, str] | None = None
    date: str = ""
    savings_ms: tuple[float, ...] = ()
    figures: dict[str, float] | None = None


def reason_against(found: Paired) -> str | None:
    """Return why an entry no longer holds by its launches, or None."""
    return reason_by_answers(found) or _reason_by_times(found)


def reason_by_answers(found: Paired) -> str | None:
    """Return why an entry does not hold whatever the times: a failure, or different work."""
    sides = ((found.before, "the replaced code"), (found.after, "the advice's code"))
    for launches, words in sides:
        if failed := next((one.error for one in launches if one.error), None):
            return f"{words} fails: {failed}"
    if not found.before[0].is_loaded:
        return "its module is no longer loaded"
    left, right = found.before[0].answer, found.after[0].answer
    if left != right:
        return f"the two programs answer differently: {left[:100]} and {right[:100]}"
    return None


def _reason_by_times(found: Paired) -> str | None:
    before_ms = median_of(found.before, "cpu_ms")
    saving_ms = statistics.median(found.savings_ms)
    if not is_worth(saving_ms, before_ms):
        return f"it saves {saving_ms:.1f} of {before_ms:.1f} ms"
    if not found.is_clear:
        lowest, highest = min(found.savings_ms), max(found.savings_ms)
        return f"its pairs disagree: from {lowest:.1f} to {highest:.1f} ms saved"
    used_ms = statistics.median(found.used_savings_ms)
    if not is_worth(used_ms, before_ms):
        return f"the work loads the same after all: with it, {used_ms:.1f} ms are saved"
    return None


def is_worth(saving_ms: float, before_ms: float) -> bool:
    """Return True if a saving counts: 5 ms, or a tenth that is at least a millisecond."""
    share = saving_ms / before_ms if before_ms else 0.0
    return saving_ms >= LEAST_MS or (saving_ms >= LEAST_OF_SHARE_MS and share >= LEAST_SHARE)


def figures_of(found: Paired) -> dict[str, float]:
    """Return the figures of an entry's effect."""

    def ms(launches: tuple[Launched, ...]) -> float:
        return round(max(median_of(launches, "cpu_ms"), 0.0), 1)

    def mb(launches: tuple[Launched, ...]) -> float:
        return round(max(median_of(launches, "rss_mb"), 0.0), 1)

    return {
        "before_ms": ms(found.before),
        "after_ms": ms(found.after),
        "before_modules": round(median_of(found.before, "modules")),
        "after_modules": round(median_of(found.after, "modules")),
        "before_mb": mb(found.before),
        "after_mb": mb(found.after),
    }
