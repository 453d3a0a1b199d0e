"""The time that a cold read adds to init on the measuring machine."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.model.interval import Interval


@dataclass(frozen=True, slots=True)
class ColdRead:
    """One distribution's part: bytes read from the disk, and microseconds that this added."""

    distribution: str
    read_bytes: int
    added_us: float


@dataclass(frozen=True, slots=True)
class ColdDisk:
    """The difference between launches with files in the page cache and without; microseconds.

    `added_us` is the median of `pairs` pairs with its interval, without waiting for a processor.
    `read_bytes` were read from the disk by one launch. `distributions` add up to both, the
    costliest first. `kept_bytes` stayed in the page cache although they were to be dropped.
    `reason` is a sentence on why there is no figure, else None.
    """

    pairs: int
    added_us: Interval | None
    read_bytes: int
    kept_bytes: int
    distributions: tuple[ColdRead, ...]
    reason: str | None = None
