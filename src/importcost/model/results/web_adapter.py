"""The cold start of a web app under Lambda Web Adapter: readiness, and each request's answers."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from importcost.model.profile import Profile

STREAM_MIN_US = 10_000
"""Body bytes that come later than this after the first ones were not written at once."""


@dataclass(frozen=True, slots=True)
class WebRequest:
    """One request to measure, such as GET /chat."""

    method: str
    path: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class WebAnswer:
    """The timing of one answer. Times are since before connecting, microseconds.

    `first_byte_us` is the first byte of the answer, headers included (curl calls it
    time_starttransfer). `first_body_us` is None for an answer without body. `bursts` counts the
    groups of body bytes with pauses between them. `error` is the reason if there is no answer.
    """

    status: int
    first_byte_us: int
    first_body_us: int | None
    last_byte_us: int
    body_bytes: int
    bursts: int
    is_chunked: bool
    error: str | None

    @property
    def is_streamed(self) -> bool:
        """Return True if the body came over time instead of at once."""
        if self.first_body_us is None:
            return False
        return self.bursts > 1 and self.last_byte_us - self.first_body_us >= STREAM_MIN_US


@dataclass(frozen=True, slots=True)
class RequestFigures:
    """The answers to one request, one of each start of the server."""

    request: WebRequest
    answers: tuple[WebAnswer, ...]

    @property
    def first_byte_us(self) -> int:
        """Return the median time to the first byte, microseconds."""
        return round(statistics.median(one.first_byte_us for one in self.answers))

    @property
    def last_byte_us(self) -> int:
        """Return the median time to the last byte, microseconds."""
        return round(statistics.median(one.last_byte_us for one in self.answers))

    @property
    def is_streamed(self) -> bool:
        """Return True if most answers came over time instead of at once."""
        return sum(one.is_streamed for one in self.answers) * 2 > len(self.answers)


@dataclass(frozen=True, slots=True)
class WebProfile:
    """Init of a web app: process start to readiness, as measured here, wall time.

    `ready_when` is the adapter's readiness check in words, with the status that passed it.
    `profile` holds the traced imports of server and app, in the log's own wall time.
    """

    app: str
    server: str
    server_reason: str
    ready_us: tuple[int, ...]
    status: int
    ready_when: str
    profile: Profile
    requests: tuple[RequestFigures, ...]

    @property
    def init_us(self) -> int:
        """Return the median time to readiness, microseconds."""
        return round(statistics.median(self.ready_us))
