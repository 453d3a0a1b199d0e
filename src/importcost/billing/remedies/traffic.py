"""The traffic under which strategies are compared, as the user states it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from importcost.billing.figures.assumptions import assumed
from importcost.billing.figures.datafiles import load_limits
from importcost.errors import UsageError

KB_PER_MB = 1024

LARGEST = 10**12
"""No count, size or sum of one function's month comes near it, so sums stay finite."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """One month of a function's requests. Milliseconds, KB; shares from 0 to 1.

    `cold_rate` of the requests meet a cold start. `use_share` of the cold starts need the deferred
    work at once. `payload_kb` is the answer's size, or None; `first_byte_ms` is when a streamed
    answer begins. `versions` counts the SnapStart versions kept, `provisioned` the environments,
    and `spillover` is the share of requests that find none of them free. `uses_efs` and `tmp_mb`
    decide whether SnapStart is possible. `max_added_ms` and `max_dollars` (a month) are the user's
    limits, or None. `free_tier` is True if the account's free tier is there for this function.
    """

    invocations: int
    cold_rate: float
    duration_ms: float
    payload_kb: float | None = None
    versions: int = 1
    use_share: float = 1.0
    first_byte_ms: float | None = None
    provisioned: int | None = None
    spillover: float = 0.0
    uses_efs: bool = False
    tmp_mb: int = 512
    max_added_ms: float | None = None
    max_dollars: float | None = None
    free_tier: bool = False

    def __post_init__(self) -> None:
        """Raise UsageError for impossible figures."""
        for name, share in (
            ("cold rate", self.cold_rate),
            ("use share", self.use_share),
            ("spillover", self.spillover),
        ):
            if not 0 <= share <= 1:
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

    @property
    def concurrency(self) -> float:
        """Average number of requests at work at once over the month (Little's law)."""
        return self.invocations * self.duration_ms / 1000 / assumed("month_seconds").value

    @property
    def environments(self) -> int:
        """Provisioned environments: as asked for, else the assumed peak of the concurrency."""
        if self.provisioned is not None:
            return self.provisioned
        return max(1, math.ceil(self.concurrency * assumed("peak_to_average").value))

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
