"""The common part of gate reports: clean text, paths, the place of a finding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from importcost.gate.attribution import Attribution
from importcost.gate.checks import Check, Status
from importcost.reports.text import printable

Places = Mapping[str, tuple[str, int]]
"""File and line, by handler, for findings without a line of their own: the handler's settings."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A file as a report names it, from the repository's root where it lies in it, and a line."""

    path: str
    line: int | None
    is_inside: bool


def one_line(text: str) -> str:
    """Return text on one line without control or invisible characters: names are anybody's."""
    return printable(" ".join(text.split()))


def spot_of(check: Check, root: str, places: Places) -> Spot | None:
    """Return the place of a check, or None. `root` is absolute or empty."""
    file, line = check.file, check.line
    if file is None:
        if check.handler not in places:
            return None
        file, line = places[check.handler]
    # Only a line from 1 on is a line; schemas refuse others.
    line = line if line is not None and line >= 1 else None
    slashed, folder = file.replace("\\", "/"), root.replace("\\", "/").rstrip("/") + "/"
    if root and slashed.startswith(folder):
        return Spot(slashed.removeprefix(folder), line, is_inside=True)
    is_absolute = slashed.startswith("/") or slashed[1:3] == ":/"
    return Spot(slashed, line, is_inside=not is_absolute)


def severity(check: Check, *, strict: bool) -> str:
    """Return `error` for a finding that fails the gate, `warning` for others, else `none`."""
    if check.is_failure or (
        strict and check.status is Status.INCONCLUSIVE and check.level.value == "error"
    ):
        return "error"
    return "warning" if check.is_finding else "none"


def own_sizes(found: Attribution) -> str:
    """Return `, base at 512 MB and head at 1,024 MB` if both are billed at sizes of their own."""
    if found.sizes_mb is None:
        return ""
    base_mb, head_mb = found.sizes_mb
    return f", base at {base_mb:,} MB and head at {head_mb:,} MB"
