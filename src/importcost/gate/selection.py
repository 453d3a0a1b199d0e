"""The handlers that a change since a commit may have touched, and those that it did not."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TakenHandler:
    """A handler that is measured, and why: clauses with paths from the repository's top."""

    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SinceSelection:
    """The handlers that a change since `commit` may have touched, and those that it did not.

    `changed` counts the files that differ, untracked ones included.
    """

    ref: str
    commit: str
    changed: int
    taken: tuple[TakenHandler, ...]
    left_out: tuple[str, ...]
