"""The inits of a deployed function before and after a change, beside what was predicted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from importcost.model.interval import Interval
from importcost.model.results.account import InitQuantiles


class Came(str, Enum):
    """The verdict on a saving."""

    TRUE = "came true"
    PARTLY = "came in part"
    NOT = "did not come"
    OPEN = "is not decided"
    """Too few cold starts to tell the predicted saving from none."""


@dataclass(frozen=True, slots=True)
class InitSide:
    """The on-demand inits of one side. `versions` are those that logged them, in order of name."""

    cold_starts: int
    init_ms: InitQuantiles
    versions: tuple[str, ...]
    memories_mb: tuple[int, ...]
    failed: int


@dataclass(frozen=True, slots=True)
class DeploymentCheck:
    """A deployed change. Milliseconds; times since 1970, seconds.

    `saved_ms` is the median before minus the median after, `p` that of a rank-sum test that nothing
    changed. `predicted_ms` is None if nothing was predicted; `predicted_from` says by what.
    """

    function: str
    changed_s: int
    before: InitSide
    after: InitSide
    saved_ms: Interval
    p: float
    predicted_ms: Interval | None
    predicted_from: str | None
    came: Came
    notes: tuple[str, ...]
