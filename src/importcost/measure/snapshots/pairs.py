"""Interleaved pairs of launches: the first request after a restore, primed and not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from importcost.snapstart.priming import PrimingTimes

PAIRS = 15
FEWEST_PAIRS = 8
"""With fewer, not even pairs that all agree reach p < 0.01."""
PAIRS_S = 60.0
"""Seconds after which no pair is begun, once the fewest are there."""


@dataclass(frozen=True, slots=True)
class PrimedPairs:
    """The times of all pairs, and the result of the traced launch."""

    times: PrimingTimes
    left: Mapping[str, Any]
    loaded: tuple[str, ...] = ()
    """The top-level modules that an untraced call loads: the tracer loads some itself."""


def priming_pairs(
    launch: Callable[[str], Mapping[str, Any]],
    rng: Random,
    progress: Callable[[int, int], None],
    clock: Callable[[], float],
) -> PrimedPairs:
    """Launch once in the mode "left", then "plain" and "primed" in random order, pair by pair.

    `progress` gets the launches that are done and their number.
    """
    total = 2 * PAIRS + 1
    left = launch("left")
    progress(1, total)
    plain: list[int] = []
    primed: list[int] = []
    calls: list[int] = []
    loaded: tuple[str, ...] = ()
    started = clock()
    while len(plain) < PAIRS:
        if len(plain) >= FEWEST_PAIRS and clock() - started > PAIRS_S:
            break
        modes = ["plain", "primed"]
        rng.shuffle(modes)
        for mode in modes:
            result = launch(mode)
            side = plain if mode == "plain" else primed
            side.append(busy_us(result["first"]))
            if mode == "primed":
                calls.append(busy_us(result["priming"]))
                loaded = tuple(result["priming"].get("loaded", ()))
            progress(1 + len(plain) + len(primed), total)
    times = PrimingTimes(tuple(plain), tuple(primed), tuple(calls))
    return PrimedPairs(times, left, loaded)


def busy_us(call: Mapping[str, Any]) -> int:
    """Return the wall time of a call without its wait for a processor, microseconds."""
    return int(max(0, call["wall_ns"] - call.get("run_delay_ns", 0)) // 1000)
