"""Measure changes against the original: interleaved launches in random order, in pairs.

A round launches the original (three times for three variants and more; their median counts) and
each variant once, in random order, so that a machine whose speed drifts slows all of them alike. A
saving is the Hodges-Lehmann shift of the rounds' differences with its 95 % interval. Rounds
continue until the intervals are narrow enough or the time is up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Generic, TypeVar

from importcost.errors import HandlerError
from importcost.measure.runners.base import Runner
from importcost.measure.session import Session, Subject
from importcost.model.advice import Verification
from importcost.model.interval import Interval
from importcost.model.profile import RunKind, significant_blocked_us
from importcost.model.signed_ranks import hodges_lehmann
from importcost.model.stats import median

MIN_ROUNDS = 7
"""One more than the fewest for which a shift has a distribution-free 95 % interval."""
MAX_ROUNDS = 31
SAVING_HALF_WIDTH = 0.05
INIT_HALF_WIDTH = 0.01
HALF_WIDTH_US = 300.0
"""Rounds end when each saving is known to 5 % of itself, 1 % of the init, or 0.3 ms."""

NO_SAVING = ("init takes longer with it", "no saving shows beyond the noise")
"""Failures of a change that works and saves nothing."""

Key = TypeVar("Key", bound=Hashable)

PairsProgress = Callable[[int, int], None]
"""Called with the number of finished launches, and the minimum in all."""


@dataclass(frozen=True, slots=True)
class PairedSubject(Generic[Key]):
    """One variant to measure; `subject` has its replacements or its other bytecode."""

    key: Key
    subject: Subject


@dataclass(slots=True)
class _Side:
    """The results of one variant's launches so far."""

    session: Session
    per_round: int = 1
    modules: frozenset[str] = frozenset()
    failure: str | None = None

    def launch(self) -> None:
        """Launch once more; a failure ends this side, the others continue."""
        try:
            self.session.launch_probe(RunKind.TIMED)
        except HandlerError as error:
            self.failure = _failure_of(error)

    def first_launch(self, is_warmed: bool) -> None:
        """Fail fast, fill the bytecode folder, and record the loaded modules."""
        try:
            if is_warmed:
                self.session.launch_probe(RunKind.WARM_UP)
            result = self.session.launch_probe(RunKind.TIMED, list_modules=True)
        except HandlerError as error:
            self.failure = _failure_of(error)
        else:
            self.modules = frozenset(result["modules"])

    def cpu_us(self) -> list[float]:
        return self._column("cpu_us")

    def wall_us(self) -> list[float]:
        return self._column("wall_us")

    def waits(self) -> bool:
        """Return True if the init waits for a disk, a network or a clock significantly."""
        blocked, wall = median(self._column("blocked_us")), median(self.wall_us())
        return significant_blocked_us(blocked, wall) > 0

    def billed_us(self, *, with_waits: bool) -> list[float]:
        """Return each launch's CPU time, with its waiting if that counts."""
        if not with_waits:
            return self.cpu_us()
        return [a + b for a, b in zip(self.cpu_us(), self._column("blocked_us"), strict=True)]

    def _column(self, name: str) -> list[float]:
        timed = [run for run in self.session.runs if run.kind is RunKind.TIMED]
        # The first launch found cold files and is outside the pairs.
        values = [float(getattr(run.function_init, name) or 0) for run in timed[1:]]
        size = self.per_round
        return [median(values[at : at + size]) for at in range(0, len(values) - size + 1, size)]


def _failure_of(error: HandlerError) -> str:
    lines = [line for line in (error.traceback_text or "").strip().splitlines() if line.strip()]
    return f"the changed handler fails: {lines[-1].strip() if lines else error}"


def verify(
    runner: Runner,
    original: Subject,
    variants: Sequence[PairedSubject[Key]],
    *,
    seconds: float,
    random: Random,
    on_progress: PairsProgress,
) -> Mapping[Key, Verification]:
    """Measure each variant against the original and return what it saves, by key.

    A variant whose handler no longer imports is a Verification with its failure; the others
    continue. Raises HandlerError if the original itself fails, MeasurementError if the engine does.
    """
    base = _Side(Session(runner, original), controls(len(variants)))
    base.first_launch(original.bytecode_dir is not None)
    if base.failure is not None:
        base.session.launch_probe(RunKind.TIMED)  # raises with the whole reason
    sides = {one.key: _Side(Session(runner, one.subject)) for one in variants}
    for one in variants:
        sides[one.key].first_launch(one.subject.bytecode_dir is not None)
    started = time.monotonic()
    done = 0
    for round_number in range(MAX_ROUNDS):
        alive = [side for side in sides.values() if side.failure is None]
        if not alive or (round_number >= MIN_ROUNDS and _is_enough(base, alive)):
            break
        if round_number >= MIN_ROUNDS and time.monotonic() - started > seconds:
            break
        order = [*[base] * base.per_round, *alive]
        random.shuffle(order)
        for side in order:
            on_progress(done, max(done + 1, MIN_ROUNDS * len(order)))
            side.launch()
            done += 1
        if base.failure is not None:
            base.session.launch_probe(RunKind.TIMED)
    return {key: _verification(base, side) for key, side in sides.items()}


def controls(variants: int) -> int:
    """Return how often a round launches the original, for a number of variants.

    All of them are compared with it, so an error in its one launch would be in every saving.
    """
    return 3 if variants >= 3 else 1


def _savings(base: _Side, side: _Side) -> list[float]:
    # Lambda bills waiting like computing. If there is next to none, it is only noise.
    with_waits = base.waits()
    before, after = (one.billed_us(with_waits=with_waits) for one in (base, side))
    return [was - now for was, now in zip(before, after, strict=False)]


def _is_enough(base: _Side, sides: Sequence[_Side]) -> bool:
    init_us = median(base.cpu_us())
    for side in sides:
        interval = hodges_lehmann(_savings(base, side))
        wanted = max(
            SAVING_HALF_WIDTH * abs(interval.value), INIT_HALF_WIDTH * init_us, HALF_WIDTH_US
        )
        if max(interval.high - interval.value, interval.value - interval.low) > wanted:
            return False
    return True


def _verification(base: _Side, side: _Side) -> Verification:
    if side.failure is not None:
        return Verification(None, None, 0, (), side.failure, is_broken=True)
    savings = _savings(base, side)
    walls = zip(base.wall_us(), side.wall_us(), strict=False)
    gone = tuple(sorted(base.modules - side.modules))
    interval = hodges_lehmann(savings)
    return Verification(
        saving_us=interval,
        wall_saving_us=median([before - after for before, after in walls]),
        pairs=len(savings),
        gone=gone,
        failure=_why_not(interval),
        original_us=median(base.billed_us(with_waits=base.waits())),
    )


def _why_not(interval: Interval) -> str | None:
    if interval.high <= 0:
        return NO_SAVING[0]
    return NO_SAVING[1] if interval.low <= 0 else None


def with_bytecode(subject: Subject, folder: str) -> Subject:
    """Return the subject with valid bytecode, kept in `folder`, as in a package with .pyc files."""
    return replace(subject, bytecode="image", bytecode_dir=folder)
