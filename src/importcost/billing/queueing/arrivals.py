"""The times at which requests arrive: drawn at random, or replayed from a log.

A slot is a stretch of time with its arrivals in order, each with the seconds that it takes. Slots
come one at a time, so that ten million arrivals never lie in memory together.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

HOURS = 24
HOUR_S = 3600.0
SLOT_ARRIVALS = 50_000
LONGEST_S = 200 * 24 * HOUR_S
"""No simulation runs longer than 200 days: rare requests start cold anyway."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Arrivals between two times; all in seconds. `is_warmup` slots are not counted."""

    start_s: float
    end_s: float
    times: Sequence[float]
    services: Sequence[float]
    is_warmup: bool = False


class Arrivals(Protocol):
    """Any source of arrivals. Rates are a second, times seconds.

    `by_hour` has the relative rates of the 24 hours of a day, or is empty if they do not differ;
    `hour_s` is the length of one of them.
    """

    @property
    def rate(self) -> float:
        """Arrivals a second on the average."""

    @property
    def service_s(self) -> float:
        """Mean seconds of a warm request."""

    @property
    def by_hour(self) -> Sequence[float]:
        """Relative rates of the hours of a day; empty if alike."""

    @property
    def hour_s(self) -> float:
        """Seconds of one simulated hour."""

    def slots(self) -> Iterator[Slot]:
        """Yield the slots in order, the same ones each time."""


@dataclass(frozen=True, slots=True)
class RandomArrivals:
    """Arrivals at random: a Poisson process of bursts, its rate that of the hour.

    `burst` is the mean number of requests that arrive together (geometric; 1: each alone).
    Service times are exponential around `service_s`. About `count` arrivals are counted, after a
    fifth as many to warm up; with a profile by hour, a whole day after a whole day. If a day has
    more arrivals than `count`, its hours are simulated shorter at the same rates.
    """

    rate: float
    service_s: float
    by_hour: tuple[float, ...] = ()
    burst: float = 1.0
    count: int = 200_000
    seed: int = 1

    @property
    def hour_s(self) -> float:
        """Seconds of one simulated hour: shorter than an hour if a day has too many arrivals."""
        if not self.by_hour:
            return HOUR_S
        return min(HOUR_S, self.count / self.rate / HOURS)

    @property
    def hourly_rates(self) -> tuple[float, ...]:
        """Arrivals a second in each hour of the day."""
        mean = sum(self.by_hour) / HOURS
        return tuple(self.rate * weight / mean for weight in self.by_hour)

    def slots(self) -> Iterator[Slot]:
        """Yield the slots in order, the same ones each time."""
        draw = random.Random(self.seed)  # noqa: S311 - a simulation, nothing secret
        if not self.by_hour:
            counted_s = min(LONGEST_S, self.count / self.rate)
            yield from self._stretch(draw, 0.0, counted_s / 5, self.rate, is_warmup=True)
            yield from self._stretch(draw, counted_s / 5, counted_s * 6 / 5, self.rate)
            return
        day_s = self.hour_s * HOURS
        days = max(1, round(min(LONGEST_S, self.count / self.rate) / day_s))
        for hour in range((days + 1) * HOURS):
            start = hour * self.hour_s
            rate = self.hourly_rates[hour % HOURS]
            yield from self._stretch(draw, start, start + self.hour_s, rate, is_warmup=hour < HOURS)

    def _stretch(
        self, draw: random.Random, start: float, end: float, rate: float, *, is_warmup: bool = False
    ) -> Iterator[Slot]:
        now = start
        while now < end:
            is_large = rate * (end - now) > 2 * SLOT_ARRIVALS
            until = now + SLOT_ARRIVALS / rate if is_large else end
            times = self._times(draw, now, until, rate) if rate else []
            log, chance, mean = math.log, draw.random, -self.service_s
            services = [mean * log(1.0 - chance()) for _ in times]
            yield Slot(now, until, times, services, is_warmup)
            now = until

    def _times(self, draw: random.Random, start: float, end: float, rate: float) -> list[float]:
        """Draw arrivals until the end; the wait that crosses it is forgotten, as chance forgets."""
        log, chance, mean = math.log, draw.random, -self.burst / rate
        times = [start]
        while times[-1] < end:
            expected = (end - times[-1]) / -mean
            some = range(int(expected + 4 * math.sqrt(expected)) + 8)
            gaps = [times[-1], *(mean * log(1.0 - chance()) for _ in some)]
            times += list(accumulate(gaps))[1:]
        times = times[1 : bisect_left(times, end)]
        if self.burst <= 1:
            return times
        # A burst of geometric size: each further request joins with chance 1 - 1 / mean.
        denominator = log(1.0 - 1.0 / self.burst)
        return [at for at in times for _ in range(1 + int(log(1.0 - chance()) / denominator))]


@dataclass(frozen=True, slots=True)
class RecordedArrivals:
    """Arrivals of a log, replayed twice: once to warm up, once counted.

    `times` are seconds in order, `services` the seconds of each request.
    """

    times: tuple[float, ...]
    services: tuple[float, ...]

    @property
    def span_s(self) -> float:
        """Seconds of the log: first to last arrival, and one mean gap."""
        between = self.times[-1] - self.times[0]
        return between * len(self.times) / max(1, len(self.times) - 1) or 1.0

    @property
    def rate(self) -> float:
        """Arrivals a second on the average."""
        return len(self.times) / self.span_s

    @property
    def service_s(self) -> float:
        """Mean seconds of a warm request."""
        return sum(self.services) / len(self.services)

    @property
    def by_hour(self) -> tuple[float, ...]:
        """Arrivals in each hour of the day (UTC); empty if the log has less than a day."""
        if self.span_s < HOURS * HOUR_S:
            return ()
        counts = [0.0] * HOURS
        for at in self.times:
            counts[int(at // HOUR_S) % HOURS] += 1
        return tuple(counts)

    @property
    def hour_s(self) -> float:
        """Seconds of an hour."""
        return HOUR_S

    def slots(self) -> Iterator[Slot]:
        """Yield the log twice: the second time after the first, at the same hours of the day."""
        start, later = self.times[0], self.span_s
        if self.by_hour:
            later = math.ceil(later / (HOURS * HOUR_S)) * HOURS * HOUR_S
        yield Slot(start, start + self.span_s, self.times, self.services, is_warmup=True)
        again = [at + later for at in self.times]
        yield Slot(start + later, start + later + self.span_s, again, self.services)


def cut_slots(slots: Iterator[Slot], step_s: float) -> Iterator[Slot]:
    """Cut slots at the multiples of a step, seconds, so that nothing changes within one."""
    for slot in slots:
        now, first = slot.start_s, 0
        while now < slot.end_s:
            until = min(slot.end_s, (math.floor(now / step_s + 1e-9) + 1) * step_s)
            last = bisect_left(slot.times, until, first)
            if until >= slot.end_s:
                last = len(slot.times)
            yield Slot(
                now, until, slot.times[first:last], slot.services[first:last], slot.is_warmup
            )
            now, first = until, last
