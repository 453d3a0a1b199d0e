"""The launches that one `importcost defer` may make, and what they are spent on."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.errors import UsageError
from importcost.measure.pairs import RoundLimits
from importcost.measure.plan import BEFORE_PAIRS, FEWEST, Plan

LAUNCHES = 60
QUICK_LAUNCHES = 20
MAX_QUICK_EVENTS = 1
VERIFY_SECONDS = 120.0
FOR_SETTLING = 8
"""Launches kept for measuring the best set again, should a member leave it."""


@dataclass(frozen=True, slots=True)
class Effort:
    """The launches and seconds to spend; `is_quick` measures the best set only."""

    launches: int = LAUNCHES
    seconds: float = VERIFY_SECONDS
    is_quick: bool = False

    def plan(self, runs: int | None) -> Plan:
        """Return the runs of the profile; `runs` is the number asked for, if any."""
        if self.is_quick:
            return FEWEST
        return Plan(runs, BEFORE_PAIRS)

    def limits(self, done: int, *, events: int, variants: int, settles: bool) -> RoundLimits:
        """Return what is left for rounds after `done` launches.

        Each of `events` is still to be called on each of `variants`; `settles` keeps launches for
        measuring the best set again.
        """
        left = self.launches - done - events * variants
        if settles:
            left -= FOR_SETTLING + events
        return RoundLimits(left, self.seconds, is_strict=self.is_quick)


def effort_of(
    launches: int | None, seconds: float, *, quick: bool, runs: int | None, events: int
) -> Effort:
    """Return the effort that was asked for; `runs` and `events` are asked for beside it.

    Raises UsageError for what --quick has no launches for.
    """
    if not quick:
        return Effort(launches or LAUNCHES, seconds)
    for option, value in (("--runs", runs), ("--launches", launches)):
        if value is not None:
            raise UsageError(
                f"--quick sets the number of launches, as {option} does: leave one of them out."
            )
    if events > MAX_QUICK_EVENTS:
        raise UsageError(
            f"--quick makes at most {QUICK_LAUNCHES} launches, which are too few for {events} "
            "events: give one event, or leave --quick out."
        )
    return Effort(QUICK_LAUNCHES, seconds, is_quick=True)
