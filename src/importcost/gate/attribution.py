"""Attribute a difference between two profiles to modules and distributions, with its dollars."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import Enum

from importcost.billing.estimate import Estimate, file_costs
from importcost.billing.function_parts import CONFIDENCE
from importcost.model.graph import UNKNOWN_DISTRIBUTION, ImportGraph
from importcost.model.interval import Interval
from importcost.model.profile import Phase, Profile
from importcost.model.tree import ImportTree

FUNCTION_PHASES = frozenset({Phase.HANDLER_IMPORTS.value, Phase.MODULE_BODY.value})


class ChangeKind(str, Enum):
    """The change of a module or a distribution between base and head."""

    ADDED = "added"
    REMOVED = "removed"
    SLOWER = "slower"
    FASTER = "faster"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class ModuleChange:
    """One module's self time in base and head, microseconds; 0 if it is not loaded."""

    module: str
    distribution: str
    kind: ChangeKind
    base_us: int
    head_us: int

    @property
    def delta_us(self) -> int:
        """Head minus base."""
        return self.head_us - self.base_us


@dataclass(frozen=True, slots=True)
class DistributionChange:
    """One distribution's self times in base and head, microseconds, summed over its modules.

    `added` and `removed` count modules.
    """

    distribution: str
    kind: ChangeKind
    base_us: int
    head_us: int
    added: int
    removed: int

    @property
    def delta_us(self) -> int:
        """Head minus base."""
        return self.head_us - self.base_us


@dataclass(frozen=True, slots=True)
class Attribution:
    """The causes of the difference of two profiles' function init, largest change first.

    `modules` and `distributions` each add up to `tree_delta_us`, the difference of the trees' self
    times. A module that moved to another distribution counts for the head's. `new_modules` and
    `gone_modules` are the names of modules that only one of both loads for the function.
    `dollars_per_million` is the shift's cost per million cold starts.
    """

    tree_delta_us: int
    modules: tuple[ModuleChange, ...]
    distributions: tuple[DistributionChange, ...]
    new_modules: tuple[str, ...]
    gone_modules: tuple[str, ...]
    dollars_per_million: Interval | None
    sizes_mb: tuple[int, int] | None = None
    """The memory sizes of base and head if they differ: dollars are then each at its own."""


def at_own_sizes(found: Attribution, before: Estimate, after: Estimate) -> Attribution:
    """Return an attribution whose dollars have each version at its own memory size.

    What `before` bills changes by the price of a second alone, and the shift is added at the price
    of `after`. Nothing changes if the sizes are the same, or there is no price.
    """
    shift, bill = found.dollars_per_million, before.dollars_per_million
    prices = (before.second_dollars, after.second_dollars)
    if before.memory_mb == after.memory_mb or shift is None or bill is None:
        return found
    if not prices[0] or prices[1] is None:
        return found
    more = prices[1] / prices[0] - 1
    ends = (bill.low * more, bill.high * more)
    low, high = shift.low + min(ends), shift.high + max(ends)
    dollars = Interval(low, shift.value + bill.value * more, high, shift.confidence)
    sizes = (before.memory_mb, after.memory_mb)
    return replace(found, dollars_per_million=dollars, sizes_mb=sizes)


def attribute(
    base: Profile, head: Profile, bill: Estimate, shift_us: Interval | None = None
) -> Attribution:
    """Return the causes of the difference between two profiles of one handler.

    `bill` is head's, by which the difference is priced. `shift_us` is the measured shift (from
    pairs) for which dollars are calculated; without it the difference of the profiles' own init
    times is used.
    """
    base_us, head_us = function_self_us(base.tree), function_self_us(head.tree)
    base_names, head_names = function_modules(base), function_modules(head)
    modules = _modules(base_us, head_us, base_names, head_names, {**_owners(base), **_owners(head)})
    return Attribution(
        tree_delta_us=sum(head_us.values()) - sum(base_us.values()),
        modules=tuple(sorted(modules, key=lambda one: (-abs(one.delta_us), one.module))),
        distributions=_distributions(modules, base_names ^ head_names),
        new_modules=tuple(sorted(head_names - base_names)),
        gone_modules=tuple(sorted(base_names - head_names)),
        dollars_per_million=dollars_of_shift(
            bill,
            init_difference(base, head) if shift_us is None else shift_us,
            _files_shift_ms(base, head, bill),
        ),
    )


def function_modules(profile: Profile) -> frozenset[str]:
    """Return the modules that the function's own init loads, without the runtime's.

    They come from the import graph, or from the tree's rows if there is only a log: rows leave out
    built-in modules and include failed attempts.
    """
    if profile.graph is None:
        return frozenset(function_self_us(profile.tree))
    return loaded_for_function(profile.graph)


def loaded_for_function(graph: ImportGraph) -> frozenset[str]:
    """Return the modules of a graph that were loaded in the function's own phases."""
    return frozenset(one.name for one in graph.modules if one.phase in FUNCTION_PHASES)


def dollars_of_shift(bill: Estimate, shift_us: Interval, files_ms: float = 0.0) -> Interval | None:
    """Return US dollars per million cold starts that a shift of local CPU time costs.

    None on a platform that has no price.

    The shift is scaled by the bill's speed ratio; its interval is the shift's own and that of the
    ratio, bounds multiplied. `files_ms` is what the files that come or go cost on Lambda.
    """
    ratio = bill.speed_ratio
    files_us = files_ms * 1000 / (ratio.value or 1.0)  # the ratio's band is the whole model's
    ends = [
        (shift + files_us) * factor
        for shift in (shift_us.low, shift_us.high)
        for factor in (ratio.low, ratio.high)
    ]
    low, value, high = (
        bill.dollars_of_ms(us / 1000)
        for us in (min(ends), (shift_us.value + files_us) * ratio.value, max(ends))
    )
    if low is None or value is None or high is None:
        return None
    return Interval(low, value, high, min(CONFIDENCE, shift_us.confidence))


def _files_shift_ms(base: Profile, head: Profile, bill: Estimate) -> float:
    """Return what head's files cost beyond base's, 0 if either profile does not know its files."""
    before, after = file_costs(base, bill), file_costs(head, bill)
    if not before.loads or not after.loads:
        return 0.0
    return after.ms(after.total) - before.ms(before.total)


def _modules(
    base_us: Mapping[str, int],
    head_us: Mapping[str, int],
    base_names: Collection[str],
    head_names: Collection[str],
    owners: Mapping[str, str],
) -> tuple[ModuleChange, ...]:
    """Return a change for each module loaded or timed on either side: all of them add up."""
    before, after = {*base_names, *base_us}, {*head_names, *head_us}
    changes = []
    for name in sorted(before | after):
        old_us, new_us = base_us.get(name, 0), head_us.get(name, 0)
        kind = _kind(name in before, name in after, new_us - old_us)
        changes.append(ModuleChange(name, _owner(name, owners), kind, old_us, new_us))
    return tuple(changes)


def init_difference(base: Profile, head: Profile) -> Interval:
    """Return head's init time minus base's, microseconds, with the uncertainty of both."""
    before, after = base.function_init, head.function_init
    value = after.local_us - before.local_us
    down = (after.cpu_us.value - after.cpu_us.low) + (before.cpu_us.high - before.cpu_us.value)
    up = (after.cpu_us.high - after.cpu_us.value) + (before.cpu_us.value - before.cpu_us.low)
    confidence = min(before.cpu_us.confidence, after.cpu_us.confidence)
    return Interval(value - down, value, value + up, confidence)


def function_self_us(tree: ImportTree) -> dict[str, int]:
    """Return each module's self time in the function's phases, unclipped so that they add up."""
    wanted = {index for index, label in enumerate(tree.phases) if label in FUNCTION_PHASES}
    totals: dict[str, int] = defaultdict(int)
    for node, phase in enumerate(tree.phase_ids):
        if phase in wanted:
            totals[tree.name(node)] += tree.self_us[node]
    return dict(totals)


def _owners(profile: Profile) -> dict[str, str]:
    modules = profile.graph.modules if profile.graph is not None else ()
    return {module.name: module.distribution for module in modules}


def _owner(name: str, owners: Mapping[str, str]) -> str:
    """Return the owner of a module; of a module that did not stay loaded, its package's owner."""
    while name and name not in owners:
        name = name.rpartition(".")[0]
    return owners.get(name, UNKNOWN_DISTRIBUTION)


def _kind(was_there: bool, is_there: bool, delta_us: int) -> ChangeKind:
    if was_there != is_there:
        return ChangeKind.ADDED if is_there else ChangeKind.REMOVED
    if delta_us == 0:
        return ChangeKind.UNCHANGED
    return ChangeKind.SLOWER if delta_us > 0 else ChangeKind.FASTER


def _distributions(
    modules: Iterable[ModuleChange], loaded_once: Collection[str]
) -> tuple[DistributionChange, ...]:
    """Sum modules up; `loaded_once` are those counted as new or gone.

    An attempt to import a missing module (msvcrt, by subprocess) has a row but is not a new module.
    """
    grouped: dict[str, list[ModuleChange]] = defaultdict(list)
    for module in modules:
        grouped[module.distribution].append(module)
    changes = [_distribution(name, members, loaded_once) for name, members in grouped.items()]
    return tuple(sorted(changes, key=lambda one: (-abs(one.delta_us), one.distribution)))


def _distribution(
    name: str, members: list[ModuleChange], loaded_once: Collection[str]
) -> DistributionChange:
    base_us = sum(member.base_us for member in members)
    head_us = sum(member.head_us for member in members)
    added = sum(member.kind is ChangeKind.ADDED for member in members)
    removed = sum(member.kind is ChangeKind.REMOVED for member in members)
    kind = _kind(added < len(members), removed < len(members), head_us - base_us)
    once = [member.kind for member in members if member.module in loaded_once]
    return DistributionChange(
        name,
        kind,
        base_us,
        head_us,
        added=once.count(ChangeKind.ADDED),
        removed=once.count(ChangeKind.REMOVED),
    )
