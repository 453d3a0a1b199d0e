"""The change of each handler as bars: rows of parts, which an image or plain text draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.gate.attribution import ChangeKind
from importcost.gate.beyond_noise import Compared
from importcost.gate.compare import ComparedVerdict
from importcost.gate.patterns import topmost
from importcost.reports.exports.names import clean

MOST_HANDLERS = 12
MOST_PARTS = 7
OTHERS = "everything else"


@dataclass(frozen=True, slots=True)
class BarPart:
    """One distribution's share of a bar, milliseconds; `kind` is its change from base to head."""

    name: str
    ms: float
    kind: ChangeKind


@dataclass(frozen=True, slots=True)
class HandlerBars:
    """One handler before and after: its init in both versions, milliseconds, and their parts.

    `new` and `gone` are the modules without those that lie in another one of them.
    """

    handler: str
    verdict: ComparedVerdict
    base_ms: float
    head_ms: float
    base: tuple[BarPart, ...]
    head: tuple[BarPart, ...]
    new: tuple[str, ...]
    gone: tuple[str, ...]


def handler_bars(compared: Sequence[Compared]) -> list[HandlerBars]:
    """Return the bars of each handler, those with the largest change first."""
    found = [_bars(one) for one in compared]
    return sorted(found, key=lambda one: -abs(one.head_ms - one.base_ms))


def _bars(compared: Compared) -> HandlerBars:
    comparison, found = compared.comparison, compared.attribution
    shift = comparison.deciding
    base_ms, head_ms = shift.base_us / 1000, shift.head_us / 1000
    sides: list[tuple[BarPart, ...]] = []
    for total, is_base in ((base_ms, True), (head_ms, False)):
        named = []
        # Those that change come first: a part that is the same on both sides says nothing.
        for one in found.distributions[:MOST_PARTS] if found is not None else ():
            ms = (one.base_us if is_base else one.head_us) / 1000
            if ms > 0:
                named.append(BarPart(clean(one.distribution), ms, one.kind))
        sides.append(_filled(named, total))
    return HandlerBars(
        handler=clean(comparison.handler),
        verdict=comparison.verdict,
        base_ms=base_ms,
        head_ms=head_ms,
        base=sides[0],
        head=sides[1],
        new=topmost(found.new_modules) if found is not None else (),
        gone=topmost(found.gone_modules) if found is not None else (),
    )


def _filled(parts: list[BarPart], total_ms: float) -> tuple[BarPart, ...]:
    """Return parts that add up to a bar: shares of a profile are scaled down to its pairs' time."""
    used = sum(part.ms for part in parts)
    factor = min(1.0, total_ms / used) if used else 1.0
    scaled = [BarPart(part.name, part.ms * factor, part.kind) for part in parts]
    rest = total_ms - used * factor
    if rest > 0:
        scaled.append(BarPart(OTHERS, rest, ChangeKind.UNCHANGED))
    return tuple(scaled)
