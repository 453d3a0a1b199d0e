"""The verdict on interleaved pairs of launches: slower, faster, the same, or not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from importcost.gate.relative import change_of_time
from importcost.model.interval import Interval
from importcost.model.profile import Pair, Timing, significant_blocked_us
from importcost.model.ranks.signed_ranks import hodges_lehmann, holm, signed_rank_test
from importcost.model.stats import median

DEFAULT_PAIRS = 15
EXTENSION = 2
"""An unclear comparison continues once, to this multiple of the pairs declared before."""
DOUBTFUL_P = 0.2
"""A shift beyond the limit with a p value below this could be real: it is measured further."""


class ComparedVerdict(str, Enum):
    """The result of comparing two versions."""

    SLOWER = "slower"
    FASTER = "faster"
    SAME = "same"
    """No change that matters shows, and one would have shown."""
    INCONCLUSIVE = "inconclusive"
    """The pairs were too few or too noisy to decide."""


class Metric(str, Enum):
    """The kind of time of a shift."""

    CPU = "cpu"
    """The importing thread's CPU time, the primary statistic."""
    WALL = "wall"


class Step(str, Enum):
    """The next step after a comparison."""

    EXTEND = "extend"
    """Measure until twice the pairs, then compare once more; never again after that."""
    STOP = "stop"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The limits that decide if a shift counts. Fixed before measuring; shares of the base's
    median.

    `alpha` is compared with p values corrected for the number of tests. A shift of up to
    `min_shift` or `min_delta_us` (whichever is more) does not matter. `resolution` is the slowdown
    that must not be missed: a wider interval is inconclusive.
    """

    alpha: float = 0.01
    min_shift: float = 0.02
    min_delta_us: float = 0.0
    resolution: float = 0.10

    def __post_init__(self) -> None:
        if not 0 < self.alpha < 1:
            raise ValueError(f"alpha must lie between 0 and 1, not {self.alpha}")
        if min(self.min_shift, self.min_delta_us) < 0 or self.resolution <= 0:
            raise ValueError("thresholds must not be negative")

    def limit_us(self, base_us: float) -> float:
        """Return the largest shift that does not matter, in microseconds."""
        return max(self.min_shift * base_us, self.min_delta_us)


@dataclass(frozen=True, slots=True)
class Shift:
    """Head minus base in one metric: the Hodges-Lehmann shift with its interval.

    `base_us` and `head_us` are medians. `shift_us` and `shift_percent` (of `base_us`) carry the
    interval at 1 - alpha: the values that the signed-rank test does not reject. `p_value` is
    two-sided, `corrected_p` corrected for all tests of the comparison (Holm).
    """

    metric: Metric
    base_us: float
    head_us: float
    shift_us: Interval
    shift_percent: Interval
    p_value: float
    corrected_p: float
    verdict: ComparedVerdict


@dataclass(frozen=True, slots=True)
class Comparison:
    """The verdict on one handler.

    `wall` is always reported, but takes part in the verdict only if `is_wall_gated`: if import
    blocks on a sleep, a disk or a network. `reason` is one sentence for the user.
    """

    handler: str
    pairs: int
    verdict: ComparedVerdict
    cpu: Shift
    wall: Shift
    is_wall_gated: bool
    reason: str
    is_close: bool = False
    """Slower, but possibly within the limit: no slower metric's interval is entirely beyond it."""

    @property
    def gated(self) -> tuple[Shift, ...]:
        """The shifts that take part in the verdict: CPU's, and wall's if import blocks."""
        return (self.cpu, self.wall) if self.is_wall_gated else (self.cpu,)

    @property
    def deciding(self) -> Shift:
        """The shift that decides the verdict; CPU's if both metrics agree.

        If both are slower or unclear, it is the larger: 3 % of CPU time must not hide a wait that
        was added as well.
        """
        same = [shift for shift in self.gated if shift.verdict is self.verdict]
        if self.verdict in (ComparedVerdict.SLOWER, ComparedVerdict.INCONCLUSIVE):
            return max(same, key=lambda shift: shift.shift_percent.value)
        return same[0]

    def figures(self, shift: Shift) -> str:
        """Return one of its shifts in words, without a full stop."""
        facts = (f"p = {shift.corrected_p:.2g}", f"{self.pairs} pairs")
        change = change_of_time(shift.base_us, shift.head_us, shift.shift_percent, *facts)
        return f"{shift.metric.value} time {change}"


def compare_timings(
    pairs_of: Mapping[str, Sequence[Pair]],
    thresholds: Thresholds | Mapping[str, Thresholds] | None = None,
) -> tuple[Comparison, ...]:
    """Return a verdict on each handler, in the order given.

    `thresholds` are those of all handlers, or each handler's own (the defaults for a handler left
    out). SLOWER or FASTER needs both a signed-rank test below alpha, corrected over all handlers
    after Holm, and a Hodges-Lehmann shift beyond the limit. Raises ValueError for a handler without
    pairs.
    """
    wanted = {handler: _thresholds_of(handler, thresholds) for handler in pairs_of}
    tests: list[tuple[str, Shift]] = []
    for handler, pairs in pairs_of.items():
        if not pairs:
            raise ValueError(f"no pairs of {handler} to compare")
        metrics = (Metric.CPU, Metric.WALL) if blocks(pairs) else (Metric.CPU,)
        tests += [(handler, _shift(pairs, metric, wanted[handler])) for metric in metrics]
    corrected = holm([shift.p_value for _, shift in tests])
    gated: dict[str, list[Shift]] = {handler: [] for handler in pairs_of}
    for (handler, shift), p_value in zip(tests, corrected, strict=True):
        gated[handler].append(_judged(replace(shift, corrected_p=p_value), wanted[handler]))
    return tuple(
        _comparison(handler, pairs_of[handler], shifts, wanted[handler], len(tests))
        for handler, shifts in gated.items()
    )


def _thresholds_of(
    handler: str, thresholds: Thresholds | Mapping[str, Thresholds] | None
) -> Thresholds:
    if isinstance(thresholds, Thresholds):
        return thresholds
    return (thresholds or {}).get(handler, Thresholds())


def next_step(comparison: Comparison, declared_pairs: int = DEFAULT_PAIRS) -> Step:
    """Return the next step: more pairs, once, to twice the number, and only if the verdict is
    unclear.

    A slowdown that may lie within the limit is unclear too: what fails a build must hold on a
    second look. `declared_pairs` was fixed before the first launch. Compare all handlers again
    afterwards; those that stopped keep the pairs that they have. Repeating whenever a result
    displeases would raise the rate of false alarms without limit.
    """
    is_first_look = comparison.pairs < EXTENSION * declared_pairs
    is_unclear = comparison.verdict is ComparedVerdict.INCONCLUSIVE or comparison.is_close
    return Step.EXTEND if is_unclear and is_first_look else Step.STOP


def fewest_pairs(alpha: float, tests: int = 1) -> int:
    """Return the number of pairs below which no p value can pass: 2 / 2^n < alpha / tests."""
    count = 1
    while 2.0 ** (1 - count) * tests >= alpha:
        count += 1
    return count


def blocks(pairs: Sequence[Pair]) -> bool:
    """Return True if either version's import waits for more than noise (see the profile)."""
    sides = ([pair.base for pair in pairs], [pair.head for pair in pairs])
    return any(
        significant_blocked_us(_blocked_us(side), median([one.wall_us for one in side]))
        for side in sides
    )


def _blocked_us(timings: Sequence[Timing]) -> float:
    """Return the time that a version's launches wait, as in profiles.

    If the platform cannot separate blocking from waiting for a processor, the launch with the least
    wall time beyond CPU counts: noise only ever adds.
    """
    known = [one.blocked_us for one in timings if one.blocked_us is not None]
    if len(known) == len(timings):
        return median(known)
    return max(0, min(one.wall_us - one.cpu_us for one in timings))


def _shift(pairs: Sequence[Pair], metric: Metric, thresholds: Thresholds) -> Shift:
    base = [_microseconds(pair.base, metric) for pair in pairs]
    head = [_microseconds(pair.head, metric) for pair in pairs]
    differences = [after - before for before, after in zip(base, head, strict=True)]
    base_us = median(base)
    shift_us = hodges_lehmann(differences, 1 - thresholds.alpha)
    p_value = signed_rank_test(differences).p_value
    return Shift(
        metric=metric,
        base_us=base_us,
        head_us=median(head),
        shift_us=shift_us,
        shift_percent=_percent(shift_us, base_us),
        p_value=p_value,
        corrected_p=p_value,
        verdict=ComparedVerdict.INCONCLUSIVE,
    )


def _microseconds(timing: Timing, metric: Metric) -> float:
    return float(timing.cpu_us if metric is Metric.CPU else timing.wall_us)


def _percent(shift_us: Interval, base_us: float) -> Interval:
    # A handler that imports nothing may measure as zero, and a percentage of zero means nothing.
    factor = 100 / max(base_us, 1.0)
    return Interval(
        shift_us.low * factor, shift_us.value * factor, shift_us.high * factor, shift_us.confidence
    )


def _judged(shift: Shift, thresholds: Thresholds) -> Shift:
    limit_us = thresholds.limit_us(shift.base_us)
    found = shift.shift_us
    is_beyond = abs(found.value) > limit_us
    if is_beyond and shift.corrected_p < thresholds.alpha:
        verdict = ComparedVerdict.SLOWER if found.value > 0 else ComparedVerdict.FASTER
    elif (is_beyond and shift.p_value < DOUBTFUL_P) or not _is_resolved(shift, thresholds):
        verdict = ComparedVerdict.INCONCLUSIVE
    else:
        verdict = ComparedVerdict.SAME
    return replace(shift, verdict=verdict)


def _is_resolved(shift: Shift, thresholds: Thresholds) -> bool:
    """Return True if the interval reached its confidence and excludes slowdowns that must show."""
    allowed_us = max(thresholds.resolution * shift.base_us, thresholds.limit_us(shift.base_us))
    has_confidence = shift.shift_us.confidence >= 1 - thresholds.alpha
    return has_confidence and shift.shift_us.high <= allowed_us


def _comparison(
    handler: str,
    pairs: Sequence[Pair],
    gated: Sequence[Shift],
    thresholds: Thresholds,
    tests: int,
) -> Comparison:
    cpu = gated[0]
    is_wall_gated = len(gated) > 1
    wall = (
        gated[1] if is_wall_gated else _judged(_shift(pairs, Metric.WALL, thresholds), thresholds)
    )
    verdict = _worst([shift.verdict for shift in gated])
    found = Comparison(handler, len(pairs), verdict, cpu, wall, is_wall_gated, "")
    slower = [shift for shift in gated if shift.verdict is ComparedVerdict.SLOWER]
    is_close = bool(slower) and all(
        shift.shift_us.low <= thresholds.limit_us(shift.base_us) for shift in slower
    )
    return replace(found, reason=_reason(found, thresholds, tests), is_close=is_close)


def _worst(verdicts: Sequence[ComparedVerdict]) -> ComparedVerdict:
    """Return the verdict on several metrics: a faster one does not excuse a slower one."""
    order = (
        ComparedVerdict.SLOWER,
        ComparedVerdict.INCONCLUSIVE,
        ComparedVerdict.FASTER,
        ComparedVerdict.SAME,
    )
    return min(verdicts, key=order.index)


def _reason(found: Comparison, thresholds: Thresholds, tests: int) -> str:
    shift = found.deciding
    fewest = fewest_pairs(thresholds.alpha, tests)
    if found.verdict is ComparedVerdict.INCONCLUSIVE and found.pairs < fewest:
        among = "" if tests == 1 else f" among {tests} comparisons"
        return f"{found.pairs} pairs cannot show anything{among}: measure at least {fewest}."
    figures = found.figures(shift)
    limit = 100 * thresholds.limit_us(shift.base_us) / max(shift.base_us, 1.0)
    match found.verdict:
        case ComparedVerdict.SLOWER | ComparedVerdict.FASTER:
            return f"Init is {found.verdict.value}: {figures}."
        case ComparedVerdict.SAME:
            return f"No change over {limit:.3g} % shows: {figures}."
        case ComparedVerdict.INCONCLUSIVE:
            return (
                f"The pairs are inconclusive: {figures}; measure more of them, or on a quieter"
                " machine."
            )
