"""Use case: find the remedy against cold starts that pays for a function under its traffic."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from importcost.billing.calibration import Calibration
from importcost.billing.figures.assumptions import assumed
from importcost.billing.figures.platforms import check_platform
from importcost.billing.queueing.arrivals import RecordedArrivals
from importcost.billing.remedies.compare import RemedyTable, compare_strategies
from importcost.billing.remedies.managed import ManagedChoice
from importcost.billing.remedies.recommend import Recommendation, recommend
from importcost.billing.remedies.traffic import Traffic
from importcost.errors import UsageError
from importcost.files.read import read_named, reason_of
from importcost.model.cloudwatch.request_times import read_request_times
from importcost.model.profile import Profile

FEWEST_RECORDED = 2


@dataclass(frozen=True, slots=True)
class RemediesFound:
    """The remedies side by side, and the recommended one."""

    comparison: RemedyTable
    recommendation: Recommendation


def strategies_for(
    profile: Profile,
    traffic: Traffic,
    calibration: Calibration | None,
    managed: ManagedChoice | None = None,
) -> RemediesFound:
    """Compare strategies, with the profile's calibration if the configuration has one.

    Raises UsageError for settings that Lambda does not have.
    """
    check_remedies(profile.settings.platform)
    found = compare_strategies(profile, traffic, calibration=calibration, managed=managed)
    return RemediesFound(found, recommend(found))


def check_remedies(platform: str) -> None:
    """Raise UsageError for a platform whose remedies against cold starts are not compared."""
    known = check_platform(platform)
    if known.remedies is not None:
        raise UsageError(
            f"importcost strategies compares the remedies of Lambda, and the function runs on "
            f"{known.title}: {known.remedies}."
        )


def recorded_arrivals(path: Path, duration_ms: float | None) -> RecordedArrivals:
    """Return the arrivals in a file: a CloudWatch log, or a list of times.

    A list needs the `duration_ms` of a request; a log has its own. Raises UsageError for a file
    that cannot be read, or that holds fewer than two arrivals.
    """
    try:
        text = read_named(path).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Cannot read the arrivals in {path}: {reason_of(error)}.") from error
    found = read_request_times(text)
    if len(found.times) < FEWEST_RECORDED:
        raise UsageError(
            f"{path} holds {len(found.times)} arrivals with a time, and {FEWEST_RECORDED} are the"
            " fewest: give REPORT lines with their timestamps (aws logs filter-log-events), or one"
            " time a line (ISO 8601, or seconds or milliseconds since 1970)."
        )
    if duration_ms is not None:
        services = (duration_ms / 1000,) * len(found.times)
    elif found.durations_ms is not None:
        services = tuple(duration / 1000 for duration in found.durations_ms)
    else:
        raise UsageError(f"{path} has times alone: add --duration MS.")
    return RecordedArrivals(found.times, services)


def month_of(recorded: RecordedArrivals) -> int:
    """Return the requests of a month at the rate of a log."""
    return max(1, round(recorded.rate * assumed("month_seconds").value))
