"""Find the differences between two profiles that exceed the noise of their launches."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from importcost.billing.estimate import Estimate
from importcost.gate.attribution import (
    FUNCTION_PHASES,
    Attribution,
    ChangeKind,
    attribute,
    function_self_us,
    init_difference,
)
from importcost.gate.compare import ComparedVerdict, Comparison
from importcost.model.interval import Interval
from importcost.model.profile import Profile, RunKind
from importcost.model.stats import median

FEWEST_RUNS = 3
"""With fewer traced runs of a version its noise is unknown."""
ENOUGH_RUNS = 5
"""From so many on, disjoint ranges happen by chance in less than 1 % of cases."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison with what accounts for it; None where no profiles were taken."""

    comparison: Comparison
    attribution: Attribution | None = None


def attribute_comparison(
    base: Profile, head: Profile, bill: Estimate, found: Comparison
) -> Attribution:
    """Return the causes of a shift that pairs have shown; none if they show no shift.

    `bill` is head's. The profiles were taken one after the other, on a machine whose speed drifts.
    Head's times are therefore scaled so that both trees differ by the shift of the pairs, which
    were interleaved.
    """
    shift_us = found.deciding.shift_us
    levelled = _levelled(head, sum(function_self_us(base.tree).values()) + shift_us.value)
    raw = attribute(base, levelled, bill, shift_us)
    if found.verdict is ComparedVerdict.SAME:
        return _only(raw, frozenset(), frozenset())
    return _without_noise(raw, _Noise.of(base, head, shift_us))


def attribute_profiles(base: Profile, head: Profile, bill: Estimate) -> Attribution:
    """Return the causes of the difference of two profiles that were measured at different times.

    `bill` is head's. With fewer than three traced runs on a side (a log has none) every difference
    is named.
    """
    noise = _Noise.of(base, head, init_difference(base, head))
    raw = attribute(base, head, bill)
    return raw if noise.is_unknown else _without_noise(raw, noise)


@dataclass(frozen=True, slots=True)
class _Noise:
    """The function's modules in each traced run: microseconds of base's, shares of head's.

    `head_totals_us` are the least and the most that head takes in all, by the shift's interval. A
    difference that exceeds the noise with only one of them may be the shift's own uncertainty.
    """

    base_us: tuple[Mapping[str, float], ...]
    head_shares: tuple[Mapping[str, float], ...]
    head_totals_us: tuple[float, float]

    @classmethod
    def of(cls, base: Profile, head: Profile, shift_us: Interval) -> _Noise:
        """Return the noise of two profiles."""
        total_us = float(sum(function_self_us(base.tree).values()))
        scaled = [{name: one * total_us for name, one in run.items()} for run in _shares(base)]
        totals = (max(total_us + shift_us.low, 0.0), max(total_us + shift_us.high, 0.0))
        return cls(tuple(scaled), tuple(_shares(head)), totals)

    @property
    def is_unknown(self) -> bool:
        """Return True if there are too few runs to separate noise from change."""
        return min(len(self.base_us), len(self.head_shares)) < FEWEST_RUNS

    def direction(self, names: Sequence[str]) -> int:
        """Return 1 if modules, taken together, surely got slower, -1 if faster, else 0."""
        if self.is_unknown:
            return 0
        before = [_sum(run, names) for run in self.base_us]
        shares = [_sum(run, names) for run in self.head_shares]
        found = {
            _direction(before, [share * total for share in shares]) for total in self.head_totals_us
        }
        return found.pop() if len(found) == 1 else 0


def _sum(run: Mapping[str, float], names: Iterable[str]) -> float:
    return sum(run.get(name, 0.0) for name in names)


def _shares(profile: Profile) -> list[Mapping[str, float]]:
    """Return each module's share of the function's rows, for each traced run."""
    wanted = function_self_us(profile.tree).keys()
    shares: list[Mapping[str, float]] = []
    for run in profile.runs:
        if run.kind is not RunKind.TRACED or run.rows is None:
            continue
        totals: dict[str, int] = defaultdict(int)
        for name, us in zip(run.rows.names, run.rows.self_us, strict=True):
            if name in wanted:
                totals[name] += us
        whole = sum(totals.values())
        if whole > 0:
            shares.append({name: us / whole for name, us in totals.items()})
    return shares


def _direction(before: Sequence[float], after: Sequence[float]) -> int:
    """Return 1 or -1 if two samples lie apart by more than either one's width, else 0.

    Few values must lie apart by more than both widths together. By simulation either happens by
    chance in 0.2 % of cases with five values each, and in 1.5 % with three, whatever the noise's
    distribution.
    """
    widths = (max(before) - min(before), max(after) - min(after))
    is_few = min(len(before), len(after)) < ENOUGH_RUNS
    gap = median(after) - median(before)
    if abs(gap) <= (sum(widths) if is_few else max(widths)):
        return 0
    if gap > 0:
        return 1 if min(after) > max(before) else 0
    return -1 if max(after) < min(before) else 0


def _levelled(profile: Profile, total_us: float) -> Profile:
    """Return a profile whose function's self times add up to `total_us`."""
    tree = profile.tree
    own_us = sum(function_self_us(tree).values())
    if own_us <= 0 or total_us <= 0:
        return profile
    is_function = [label in FUNCTION_PHASES for label in tree.phases]
    self_us = array(
        "q",
        (
            round(us * total_us / own_us) if is_function[phase] else us
            for us, phase in zip(tree.self_us, tree.phase_ids, strict=True)
        ),
    )
    return replace(profile, tree=replace(tree, self_us=self_us))


def _without_noise(found: Attribution, noise: _Noise) -> Attribution:
    members: dict[str, list[str]] = defaultdict(list)
    for module in found.modules:
        members[module.distribution].append(module.module)

    def is_sure(kind: ChangeKind, names: Sequence[str]) -> bool:
        wanted = {ChangeKind.SLOWER: 1, ChangeKind.FASTER: -1}.get(kind)
        return wanted is not None and noise.direction(names) == wanted

    return _only(
        found,
        frozenset(one.module for one in found.modules if is_sure(one.kind, [one.module])),
        frozenset(
            one.distribution
            for one in found.distributions
            if is_sure(one.kind, members[one.distribution])
        ),
    )


def _only(
    found: Attribution, modules: frozenset[str], distributions: frozenset[str]
) -> Attribution:
    """Keep only named changes as slower or faster; modules of one side are never noise."""
    return replace(
        found,
        modules=tuple(
            replace(one, kind=_kept(one.kind, is_sure=one.module in modules))
            for one in found.modules
        ),
        distributions=tuple(
            replace(one, kind=_kept(one.kind, is_sure=one.distribution in distributions))
            for one in found.distributions
        ),
    )


def _kept(kind: ChangeKind, *, is_sure: bool) -> ChangeKind:
    if is_sure or kind in (ChangeKind.ADDED, ChangeKind.REMOVED):
        return kind
    return ChangeKind.UNCHANGED
