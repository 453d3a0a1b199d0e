"""The number of provisioned environments over time: fixed, by the hour, or tracked."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

from importcost.billing.figures.assumptions import assumed

MINUTE_S = 60.0


class Capacity(Protocol):
    """A rule for the number of provisioned environments. `step_s` is how often it may change."""

    @property
    def step_s(self) -> float | None:
        """Seconds between changes; None if there are none."""

    def start(self) -> CapacityState:
        """Return the state at the beginning of a simulation."""


class CapacityState(Protocol):
    """The rule at work: it is told how busy each step was."""

    def count(self, start_s: float) -> int:
        """Return the environments in the step that starts now."""

    def note(self, busy: float) -> None:
        """Take notice of a step's average number of busy environments."""


@dataclass(frozen=True, slots=True)
class FixedCapacity:
    """The same number all the time; none is on demand alone."""

    environments: int

    @property
    def step_s(self) -> float | None:
        """None: it never changes."""
        return None

    def start(self) -> CapacityState:
        """Return itself: there is nothing to remember."""
        return self

    def count(self, start_s: float) -> int:  # noqa: ARG002 - the protocol's signature
        """Return the environments."""
        return self.environments

    def note(self, busy: float) -> None:
        """Ignore how busy it is."""


@dataclass(frozen=True, slots=True)
class ScheduledCapacity:
    """One number for each hour of the day, as scheduled scaling sets it."""

    by_hour: tuple[int, ...]
    hour_s: float = 3600.0

    @property
    def step_s(self) -> float | None:
        """Seconds of an hour of the schedule."""
        return self.hour_s

    def start(self) -> CapacityState:
        """Return itself: the clock is all that it needs."""
        return self

    def count(self, start_s: float) -> int:
        """Return the environments of the hour."""
        return self.by_hour[int(start_s / self.hour_s + 1e-6) % len(self.by_hour)]

    def note(self, busy: float) -> None:
        """Ignore how busy it is."""


@dataclass(frozen=True, slots=True)
class TrackedCapacity:
    """Target tracking of Application Auto Scaling on the average utilisation of each minute.

    It scales out after some minutes in a row above the target, and in after many below nine tenths
    of it (`strategies.json`), never below `least` or above `most`.
    """

    least: int
    most: int

    @property
    def step_s(self) -> float | None:
        """Seconds of one data point of the alarms."""
        return MINUTE_S

    def start(self) -> CapacityState:
        """Return the policy at the least number."""
        return _Tracking(self)


class _Tracking:
    """Target tracking at work: the present number, and how long its alarms have been near."""

    def __init__(self, rule: TrackedCapacity) -> None:
        self._rule = rule
        self._now = rule.least
        self._above: list[float] = []
        self._below: list[float] = []
        self._target = assumed("tracking_target").value
        self._out = round(assumed("tracking_out_minutes").value)
        self._in = round(assumed("tracking_in_minutes").value)

    def count(self, start_s: float) -> int:  # noqa: ARG002 - the protocol's signature
        """Return the environments at present."""
        return self._now

    def note(self, busy: float) -> None:
        """Count a minute towards the alarms, and scale when one has lasted long enough."""
        used = busy / self._now
        self._above = [*self._above, busy] if used > self._target else []
        self._below = [*self._below, busy] if used < 0.9 * self._target else []
        for minutes, needed in ((self._above, self._out), (self._below, self._in)):
            if len(minutes) >= needed:
                # The alarm holds an average below what would be there: a full pool shows no more.
                wanted = math.ceil(max(minutes) / self._target)
                self._now = min(self._rule.most, max(self._rule.least, wanted))
                self._above, self._below = [], []
                return
