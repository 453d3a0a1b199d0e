"""The start of a web app under Lambda Web Adapter: its readiness, and each request's answers."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from enum import Enum

from importcost.model.interval import Interval
from importcost.model.schema_costs import SchemaCosts

STREAM_MIN_US = 10_000
"""Body bytes that come later than this after the first ones were not written at once."""


class AppKind(str, Enum):
    """The interface between a server and a web app."""

    ASGI = "asgi"
    WSGI = "wsgi"


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
    """The answers to one request, one of each timed start of the server."""

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
class WebStart:
    """One start of the server, from the start of its process; microseconds of wall time.

    `listening_us` is when its port took connections, `ready_us` when the readiness check passed.
    `rested_us` is the part of that in which the server waited for the next poll. `is_held` is true
    if the port took the check's request long before the app could answer, so that no poll was in
    vain. `ready_when` is the check in words, `status` the one that passed it (0 for none).
    `deprecated` are settings whose names the adapter gives up in 2.0. `kind` is the app's, None if
    the app does not tell.
    """

    listening_us: int
    ready_us: int
    rested_us: int
    is_held: bool
    polls: int
    processes: int
    status: int
    ready_when: str
    deprecated: tuple[str, ...]
    answers: tuple[WebAnswer, ...]
    kind: AppKind | None = None


@dataclass(frozen=True, slots=True)
class HandlerForm:
    """The same app as a handler, behind the package `bridge`, as modelled on Lambda.

    `init_ms` is estimated as any handler's from the same number of launches; `local_us` is its
    function init here. Without figures `reason` is the clause that says why.
    """

    bridge: str
    init_ms: Interval | None = None
    local_us: int = 0
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class WebInit:
    """The init of a web app: its server is started, and ready when the adapter's check passes.

    `app` is as servers name it, `command` starts `server`. Times are those of the timed starts, as
    in `WebStart`; `listening_us` is their median. `kind` is the app's, None if it does not tell.
    """

    app: str
    server: str
    command: str
    ready_when: str
    status: int
    listening_us: int
    ready_us: tuple[int, ...]
    is_held: bool
    processes: int
    requests: tuple[RequestFigures, ...] = ()
    handler_form: HandlerForm | None = None
    kind: AppKind | None = None
    schemas: SchemaCosts | None = None
    """The cost of building schemas, None if it was not asked for."""

    @property
    def init_us(self) -> int:
        """Return the median time to readiness here, microseconds of wall time."""
        return round(statistics.median(self.ready_us))

    @property
    def check(self) -> str:
        """Return the check that passed, in words: `GET / answering 200`."""
        return f"{self.ready_when} answering {self.status}" if self.status else self.ready_when
