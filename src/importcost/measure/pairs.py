"""Measure changes against the original: interleaved launches in random order, in rounds.

A round launches the original (twice for three variants and more; their mean counts) and each
variant once, in random order, so that a machine whose speed drifts slows all of them alike. In each
launch samples time the machine, and `shared_savings` takes its speed out of the launch's time. A
variant whose saving is known well enough is not launched again. Rounds end when no variant is left,
or the launches or the time are used up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Generic, TypeVar

from importcost.errors import HandlerError
from importcost.measure.runners.base import Runner
from importcost.measure.session import Session, Subject
from importcost.measure.speed.slowness import slowness
from importcost.model.advice import TOO_NOISY, Verification
from importcost.model.interval import Interval
from importcost.model.profile import RunKind, Timing, significant_blocked_us
from importcost.model.shared_rounds import RoundLaunch, SharedResult, shared_savings
from importcost.model.stats import median

MIN_ROUNDS = 4
MIN_ROUNDS_OF_FEW = 5
"""With one or two variants, fewer launches tell how large the noise is."""
STRICT_ROUNDS = 3
FEW = 2
MAX_ROUNDS = 31
SAVING_HALF_WIDTH = 0.05
INIT_HALF_WIDTH = 0.01
HALF_WIDTH_US = 300.0
"""A saving is known well enough if it is known to 5 % of itself, 1 % of the init, or 0.3 ms."""

NO_SAVING = ("init takes longer with it", "no saving shows beyond the noise")
"""Failures of a change that works and saves nothing."""

Key = TypeVar("Key", bound=Hashable)

PairsProgress = Callable[[int, int], None]
"""Called with the number of finished launches, and how many it will be at most."""


@dataclass(frozen=True, slots=True)
class PairedSubject(Generic[Key]):
    """One variant to measure; `subject` has its replacements or its other bytecode."""

    key: Key
    subject: Subject


@dataclass(frozen=True, slots=True)
class RoundLimits:
    """The launches and the seconds that rounds may take.

    The first few rounds are made in any case, or only three of them if the launches `is_strict`.
    """

    launches: int
    seconds: float
    is_strict: bool = False

    def least_rounds(self, variants: int) -> int:
        """Return the number of rounds that are made in any case."""
        least = MIN_ROUNDS if variants > FEW else MIN_ROUNDS_OF_FEW
        if not self.is_strict:
            return least
        return max(STRICT_ROUNDS, min(least, self.launches // (controls(variants) + variants)))


@dataclass(slots=True)
class _Side:
    """The results of one side's launches so far."""

    session: Session
    timed: list[tuple[int, Timing, float | None]] = field(default_factory=list)
    is_original: bool = False
    modules: frozenset[str] = frozenset()
    failure: str | None = None
    is_known: bool = False

    def warm_up(self) -> None:
        """Fill the bytecode folder, if there is one."""
        self._try(RunKind.WARM_UP)

    def launch(self, round_number: int) -> None:
        """Launch once more; a failure ends this side, the others continue.

        Raises HandlerError if the original fails: nothing can be compared with it.
        """
        result = self._try(
            RunKind.TIMED, speed_samples=True, list_modules=not self.timed and not self.modules
        )
        timing = self.session.runs[-1].function_init if result is not None else None
        if result is None or timing is None:
            return
        if not self.timed:
            self.modules = frozenset(result["modules"])
        self.timed.append((round_number, timing, slowness(result["speed_samples"])))

    def _try(self, kind: RunKind, **extra: Any) -> Mapping[str, Any] | None:
        try:
            return self.session.launch_probe(kind, **extra)
        except HandlerError as error:
            if self.is_original:
                raise
            self.failure = _failure_of(error)
            return None

    def waits(self) -> bool:
        """Return True if the init waits for a disk, a network or a clock significantly."""
        blocked = median([float(timing.blocked_us or 0) for _, timing, _ in self.timed])
        wall = median([float(timing.wall_us) for _, timing, _ in self.timed])
        return significant_blocked_us(blocked, wall) > 0

    def launches(self, *, with_waits: bool) -> list[RoundLaunch]:
        """Return each launch's times, with its waiting if that counts."""
        return [
            RoundLaunch(
                at,
                float(timing.cpu_us),
                float(timing.blocked_us or 0) if with_waits else 0.0,
                slow,
            )
            for at, timing, slow in self.timed
        ]

    def wall_us(self) -> dict[int, float]:
        """Return the median wall time of each round."""
        rounds: dict[int, list[float]] = {}
        for at, timing, _ in self.timed:
            rounds.setdefault(at, []).append(float(timing.wall_us))
        return {at: median(values) for at, values in rounds.items()}


def _failure_of(error: HandlerError) -> str:
    lines = [line for line in (error.traceback_text or "").strip().splitlines() if line.strip()]
    return f"the changed handler fails: {lines[-1].strip() if lines else error}"


class _Race(Generic[Key]):
    """The original and its variants, launched round by round."""

    def __init__(
        self, base: _Side, sides: Mapping[Key, _Side], random: Random, on_progress: PairsProgress
    ) -> None:
        self._base = base
        self._sides = sides
        self._random = random
        self._on_progress = on_progress
        self.done = 0

    def run(self, limits: RoundLimits) -> None:
        """Make the rounds. Raises HandlerError if the original fails."""
        started = time.monotonic()
        least = limits.least_rounds(len(self._sides))
        for round_number in range(MAX_ROUNDS):
            order = self._order()
            if not order:
                return
            if round_number >= least and (
                self.done + len(order) > limits.launches
                or time.monotonic() - started > limits.seconds
            ):
                return
            rounds_left = max(least - round_number, (limits.launches - self.done) // len(order), 1)
            self._launch(order, round_number, self.done + rounds_left * len(order))
            if round_number + 1 >= least:
                self._settle()

    def warm_up(self, sides: Sequence[_Side]) -> None:
        """Fill the bytecode folders of these sides."""
        for number, side in enumerate(sides):
            self._on_progress(number, len(sides) + 1)
            side.warm_up()
        self.done += len(sides)

    def _order(self) -> list[_Side]:
        alive = [one for one in self._sides.values() if one.failure is None and not one.is_known]
        if not alive:
            return []
        order = [*[self._base] * controls(len(alive)), *alive]
        self._random.shuffle(order)
        return order

    def _launch(self, order: Sequence[_Side], round_number: int, total: int) -> None:
        for side in order:
            self._on_progress(self.done, max(total, self.done + 1))
            if side.failure is None:
                side.launch(round_number)
                self.done += 1

    def _settle(self) -> None:
        result = self.result()
        for key, side in self._sides.items():
            if side.failure is None:
                side.is_known = _is_enough(result.savings[key].saving_us, result.original_us)

    def result(self) -> SharedResult:
        """Return the savings of all variants that work."""
        # Lambda bills waiting like computing. If there is next to none, it is only noise.
        with_waits = self._base.waits()
        return shared_savings(
            self._base.launches(with_waits=with_waits),
            {
                key: side.launches(with_waits=with_waits)
                for key, side in self._sides.items()
                if side.failure is None
            },
        )


def verify(
    runner: Runner,
    original: Subject,
    variants: Sequence[PairedSubject[Key]],
    *,
    limits: RoundLimits,
    random: Random,
    on_progress: PairsProgress,
) -> Mapping[Key, Verification]:
    """Measure each variant against the original and return what it saves, by key.

    The original has been launched before: its files are in memory, its bytecode is written. A
    variant whose handler no longer imports is a Verification with its failure; the others
    continue. Raises HandlerError if the original itself fails, MeasurementError if the engine does.
    """
    base = _Side(Session(runner, original), is_original=True)
    sides = {one.key: _Side(Session(runner, one.subject)) for one in variants}
    race = _Race(base, sides, random, on_progress)
    race.warm_up([sides[one.key] for one in variants if one.subject.bytecode_dir is not None])
    race.run(limits)
    if all(side.failure is not None for side in sides.values()):
        return {key: _broken(side) for key, side in sides.items()}
    result = race.result()
    return {
        key: _verification(base, side, result, key) if side.failure is None else _broken(side)
        for key, side in sides.items()
    }


def most_launches(variants: Sequence[PairedSubject[Key]], limits: RoundLimits) -> int:
    """Return how many launches `verify` makes at most."""
    warm_ups = sum(one.subject.bytecode_dir is not None for one in variants)
    a_round = controls(len(variants)) + len(variants)
    rounds = max(limits.least_rounds(len(variants)), (limits.launches - warm_ups) // a_round)
    return max(warm_ups + min(rounds, MAX_ROUNDS) * a_round, limits.launches)


def longest_s(
    variants: Sequence[PairedSubject[Key]], limits: RoundLimits, launch_s: float
) -> float:
    """Return how long `verify` takes at most, in seconds, if a launch takes `launch_s`.

    A round that has begun is finished, and the first few are made in any case.
    """
    a_round = (controls(len(variants)) + len(variants)) * launch_s
    least = limits.least_rounds(len(variants)) * a_round
    return max(least, min(most_launches(variants, limits) * launch_s, limits.seconds + a_round))


def controls(variants: int) -> int:
    """Return how often a round launches the original, for a number of variants.

    All of them are compared with it, so an error in its one launch would be in every saving.
    """
    return 2 if variants > FEW else 1


def _is_enough(saving: Interval, init_us: float) -> bool:
    wanted = max(SAVING_HALF_WIDTH * abs(saving.value), INIT_HALF_WIDTH * init_us, HALF_WIDTH_US)
    return max(saving.high - saving.value, saving.value - saving.low) <= wanted


def _broken(side: _Side) -> Verification:
    return Verification(None, None, 0, (), side.failure, is_broken=True)


def _verification(base: _Side, side: _Side, result: SharedResult, key: Hashable) -> Verification:
    saving = result.savings[key]
    before, after = base.wall_us(), side.wall_us()
    return Verification(
        saving_us=saving.saving_us,
        wall_saving_us=median([before[at] - wall for at, wall in after.items()]),
        pairs=saving.rounds,
        gone=tuple(sorted(base.modules - side.modules)),
        failure=_why_not(saving.saving_us, result.original_us),
        original_us=result.original_us,
    )


def _why_not(saving: Interval, init_us: float) -> str | None:
    if saving.low > 0:
        return None
    if saving.high <= 0:
        return NO_SAVING[0]
    return NO_SAVING[1] if _is_enough(saving, init_us) else TOO_NOISY


def with_bytecode(subject: Subject, folder: str) -> Subject:
    """Return the subject with valid bytecode, kept in `folder`, as in a package with .pyc files."""
    return replace(subject, bytecode="image", bytecode_dir=folder)
