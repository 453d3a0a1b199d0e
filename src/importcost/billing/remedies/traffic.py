"""The traffic under which strategies are compared, as the user states it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from importcost.billing.figures.assumptions import assumed
from importcost.billing.figures.datafiles import load_limits
from importcost.billing.queueing.arrivals import HOURS, RecordedArrivals
from importcost.errors import UsageError

KB_PER_MB = 1024

LARGEST = 10**12
"""No count, size or sum of one function's month comes near it, so sums stay finite."""

MOST_BURST = 10_000

MOST_CONCURRENT = 100_000
"""Requests at work at once: far above quotas that AWS grants, and a bound for the simulation."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """One month of a function's requests. Milliseconds, KB; shares from 0 to 1.

    `cold_rate` of the requests meet a cold start on demand, `spillover` of them find no provisioned
    environment free; None: simulated. `use_share` of the cold starts need the deferred work at
    once. `payload_kb` is the answer's size, or None; `first_byte_ms` is when a streamed answer
    begins. `versions` counts the SnapStart versions kept, `provisioned` the environments (None: as
    few as needed), `pinged` those that a pinger keeps warm. `uses_efs` and `tmp_mb` decide whether
    SnapStart is possible. `max_added_ms` and `max_dollars` (a month) are the user's limits, or
    None; the first holds at `percentile` (a share). Requests come at random: `by_hour` has the
    relative rates of a day's hours, `burst` is the mean number that come together; or they are
    those `recorded`. `idle_reclaim_s` and `recycle_s` replace the assumed lives of environments.
    `free_tier` is True if the account's free tier is there for this function.
    """

    invocations: int
    cold_rate: float | None
    duration_ms: float
    payload_kb: float | None = None
    versions: int = 1
    use_share: float = 1.0
    first_byte_ms: float | None = None
    provisioned: int | None = None
    spillover: float | None = None
    uses_efs: bool = False
    tmp_mb: int = 512
    max_added_ms: float | None = None
    max_dollars: float | None = None
    free_tier: bool = False
    percentile: float | None = None
    by_hour: tuple[float, ...] = ()
    burst: float = 1.0
    pinged: int = 1
    idle_reclaim_s: float | None = None
    recycle_s: float | None = None
    recorded: RecordedArrivals | None = None

    def __post_init__(self) -> None:
        """Raise UsageError for impossible figures."""
        for name, share in (
            ("cold rate", self.cold_rate),
            ("use share", self.use_share),
            ("spillover", self.spillover),
            ("percentile", self.percentile),
        ):
            if share is not None and not 0 <= share <= 1:
                raise UsageError(f"The {name} must lie between 0 and 1 (0 to 100 %), not {share}.")
        longest_s = load_limits().longest_timeout_s
        if not 0 < self.duration_ms <= longest_s * 1000:
            raise UsageError(
                f"A request's duration must be above 0 ms and at most {longest_s * 1000} ms"
                f" ({longest_s // 60} minutes, Lambda's longest), not {self.duration_ms:,.10g}."
            )
        if self.invocations < 1 or self.versions < 1:
            raise UsageError("There must be at least one invocation and one version a month.")
        self._check_sizes()
        self._check_arrivals()
        if self.concurrency > MOST_CONCURRENT:
            raise UsageError(
                f"{self.invocations:,} requests a month of {self.duration_ms:,.0f} ms are"
                f" {self.concurrency:,.0f} at once on the average, more than any account may run"
                f" ({MOST_CONCURRENT:,}): state one function's traffic."
            )
        if self.first_byte_ms is not None and not 0 <= self.first_byte_ms <= self.duration_ms:
            raise UsageError("The first byte cannot come after the request's whole duration.")

    def _check_sizes(self) -> None:
        for name, value in (
            ("number of invocations", self.invocations),
            ("number of versions", self.versions),
            ("number of provisioned environments", self.provisioned),
            ("payload in KB", self.payload_kb),
            ("longest wait in ms", self.max_added_ms),
            ("highest cost in dollars", self.max_dollars),
            ("idle time in seconds", self.idle_reclaim_s),
            ("age at which environments are replaced, in seconds", self.recycle_s),
        ):
            if value is not None and not 0 <= value <= LARGEST:
                raise UsageError(f"The {name} must lie between 0 and {LARGEST:,}.")
        most_mb = load_limits().streamed_max_mb
        if self.payload_kb is not None and self.payload_kb > most_mb * KB_PER_MB:
            raise UsageError(
                f"An answer of {self.payload_kb:,.0f} KB is more than Lambda returns even if it"
                f" is streamed ({most_mb} MB): give the size of one answer, or let the function"
                " answer with a link to a file in S3."
            )

    def _check_arrivals(self) -> None:
        if not 1 <= self.burst <= MOST_BURST:
            raise UsageError(f"A burst must be 1 to {MOST_BURST:,} requests on the average.")
        hours = self.by_hour
        if not hours:
            return
        if len(hours) != HOURS:
            raise UsageError(f"A profile by hour has {HOURS} figures, not {len(hours)}.")
        if not all(0 <= one < math.inf for one in hours) or not sum(hours):
            raise UsageError(
                "The figures of a profile by hour must be zero or more, and not all zero."
            )

    @property
    def concurrency(self) -> float:
        """Average number of requests at work at once over the month (Little's law)."""
        return self.invocations * self.duration_ms / 1000 / assumed("month_seconds").value

    @property
    def rate(self) -> float:
        """Requests a second on the average of the month."""
        return self.invocations / assumed("month_seconds").value

    @property
    def met_share(self) -> float:
        """The share of requests (0 to 1) that must wait no longer than a cold start may add."""
        return assumed("felt_percentile").value if self.percentile is None else self.percentile

    @property
    def felt_ms(self) -> float:
        """The longest wait that a cold start may add."""
        if self.max_added_ms is not None:
            return self.max_added_ms
        return max(assumed("felt_ms").value, self.duration_ms)

    @property
    def streamed_first_byte_ms(self) -> float:
        """The time at which a streamed answer begins."""
        if self.first_byte_ms is not None:
            return self.first_byte_ms
        return self.duration_ms * assumed("first_byte_share").value

    @property
    def streams(self) -> bool:
        """True if there is an answer to stream."""
        return bool(self.payload_kb)
