"""Say how far a command over several handlers is, and how long the others will take."""

from __future__ import annotations

import time
from collections.abc import Callable

from importcost.model.durations import about_time


class Pace:
    """Counts handlers that are measured one after the other, all about as long as those before."""

    def __init__(self, total: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._total = total
        self._clock = clock
        self._begun = clock()
        self._started = 0

    def next(self) -> str:
        """Count the next handler and return `, 3 of 12, about 4 min left`; empty for a single one.

        The time left includes that handler's; it is not known for the first.
        """
        done, self._started = self._started, self._started + 1
        if self._total < 2:
            return ""
        where = f", {self._started} of {self._total:,}"
        if not done:
            return where
        each = (self._clock() - self._begun) / done
        return f"{where}, {about_time(each * (self._total - done))} left"
