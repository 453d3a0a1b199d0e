"""Rows of `-X importtime` output, as columns, and the other content of a log."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from enum import Enum


class DisturbanceKind(str, Enum):
    """The reason why a log does not describe one clean import sequence."""

    NEGATIVE_SELF = "negative-self"
    """A row with negative self time: threads imported at the same time."""
    OTHER_PROCESS = "other-process"
    """A second header: a child interpreter wrote into the same stream."""
    FORKED = "forked"
    """Children add up to more than their parent's cumulative time: a forked copy wrote too."""
    MISSING_PARENT = "missing-parent"
    """Deep rows whose parent never printed: the process ended in an import, or the log is cut."""
    BROKEN_ROW = "broken-row"
    """A line that starts like a row but is not one (an embedded newline, a cut line)."""
    UNDECODABLE = "undecodable"
    """Bytes that are not valid in the detected encoding; they were replaced."""
    NO_HEADER = "no-header"
    """The header line is missing: the start of the log may be cut off."""


@dataclass(frozen=True, slots=True)
class Disturbance:
    """One problem found in a log; `line` counts from 1."""

    kind: DisturbanceKind
    line: int
    detail: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A line that the probe wrote between rows; `row` rows had been printed before it."""

    label: str
    row: int


def _ints() -> array[int]:
    return array("q")


@dataclass(frozen=True, slots=True)
class RowTable:
    """Rows in the order printed (on completion: children above their parent), as columns.

    Column lengths are equal. `self_us` may be negative (threads); `depth` 0 is a root.
    """

    names: list[str] = field(default_factory=list)
    self_us: array[int] = field(default_factory=_ints)
    cumulative_us: array[int] = field(default_factory=_ints)
    depth: array[int] = field(default_factory=_ints)

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class ImporttimeLog:
    """A parsed log: the measured process's rows, and everything else in the text.

    `other_processes` holds the rows of child interpreters that shared the stream; they are never
    part of the tree. `cached` names the modules of `-X importtime=2` cached rows, in order.
    `has_header` is True if the log's own header was seen.
    """

    rows: RowTable
    other_processes: RowTable
    cached: tuple[str, ...]
    markers: tuple[Marker, ...]
    disturbances: tuple[Disturbance, ...]
    has_header: bool
