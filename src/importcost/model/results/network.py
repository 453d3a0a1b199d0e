"""Requests to other machines that a handler makes while it is imported."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class NetworkAttempt:
    """One place that init asked and did not reach: `place` is its host, with a port if known.

    `file` and `line` are the function's own code that asked, None if it was not seen to; `module`
    is the library that made the request, None if the own code did.
    """

    place: str
    file: str | None
    line: int | None
    module: str | None
