"""The proof that a changed handler behaves as before, as values: what was compared, what was not.

A measured change has proven that its imports work and what time they save. These values say what
showed, beyond that, that the handler still does the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class ProofKind(str, Enum):
    """The way in which behaviour was compared."""

    EVENTS = "events"
    """Both versions answered the same events alike."""
    CALLS = "calls"
    """Both versions made the same calls of AWS, as recorded."""
    TESTS = "tests"
    """A test command of the user's passed on both versions."""


@dataclass(frozen=True, slots=True)
class BehaviourProof:
    """One comparison of the changed handler with the original, which it passed.

    `count` is the number of events, of recorded calls (made with `events` events), or of passing
    runs of the changed version.
    `command` is the test command as the user wrote it, `words` its own summary (`34 passed`); both
    are None for other kinds.
    """

    kind: ProofKind
    count: int
    command: str | None = None
    words: str | None = None
    events: int | None = None


@dataclass(frozen=True, slots=True)
class Behaviour:
    """The proof that one change, or a set of them, keeps what the handler does.

    `own_code` is the function's own code that runs at another time with it, or no longer: its
    modules by dotted name, then objects such as `client`. `unproven` is the part of it that no
    proof reaches. `doubts` are clauses on why a comparison that was asked for proves nothing.
    """

    own_code: tuple[str, ...] = ()
    unproven: tuple[str, ...] = ()
    proofs: tuple[BehaviourProof, ...] = ()
    doubts: tuple[str, ...] = ()


NOTHING_COMPARED = Behaviour()
"""A change without own code in it, or one that nobody has looked at yet."""
