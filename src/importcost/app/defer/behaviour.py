"""Say for each change what proves that the handler still does the same, and what nothing proves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from importcost.app.defer.findings import JudgedImport
from importcost.model.advice import Advice, BestSet, ImportFinding
from importcost.model.behaviour import Behaviour, BehaviourProof, ProofKind
from importcost.model.graph import FUNCTION, ImportGraph
from importcost.model.results.events import EventOutcome, JointChange, SingleChange

MOST_PLACES = 3
"""Places shown that the handler tried to reach; the others are counted."""


@dataclass(frozen=True, slots=True)
class ProvenSet:
    """A proof of several changes together; `numbers` and `reached` index `Advice.findings`.

    `reached` are those changes that the comparison is known to have run; None if it is all.
    """

    numbers: frozenset[int]
    proof: BehaviourProof
    reached: frozenset[int] | None = None

    def proves(self, number: int) -> bool:
        """Return True if it says something about this change."""
        return number in (self.numbers if self.reached is None else self.reached)


def own_code_of(one: JudgedImport, graph: ImportGraph) -> Behaviour:
    """Return the function's own code that runs at another time with a change, nothing proven."""
    own = {module.name for module in graph.modules if module.distribution == FUNCTION}
    modules = [name for name in one.finding.modules if name in own]
    code = tuple(dict.fromkeys([*modules, *(item.name for item in one.objects)]))
    return Behaviour(code, code)


def with_behaviour(
    advice: Advice,
    outcomes: Sequence[EventOutcome],
    proven: Sequence[ProvenSet] = (),
    doubts: tuple[str, ...] = (),
) -> Advice:
    """Put beside each change, and the best set, what proves its behaviour.

    `outcomes` are the events' in the order of their calls, `proven` other proofs of sets. `doubts`
    are clauses on why a comparison that was asked for proves nothing.
    """
    doubts = (*doubts, *_recording_doubts(outcomes))
    best = advice.best_set
    members = best.finding_ids if best else ()
    findings = tuple(
        replace(
            one,
            behaviour=_of_one(
                one,
                [
                    *_by_events([one], _keys(number, members), outcomes),
                    *(item.proof for item in proven if item.proves(number)),
                ],
                doubts if number in members else (),
            ),
        )
        for number, one in enumerate(advice.findings)
    )
    if best is None:
        return replace(advice, findings=findings)
    chosen = [findings[number] for number in members]
    whole = _of_set(best, chosen, outcomes, proven, doubts)
    return replace(advice, findings=findings, best_set=replace(best, behaviour=whole))


def _of_one(
    finding: ImportFinding, proofs: Sequence[BehaviourProof], doubts: tuple[str, ...]
) -> Behaviour:
    code = finding.behaviour.own_code
    return Behaviour(code, () if proofs else code, tuple(proofs), doubts)


def _of_set(
    best: BestSet,
    members: Sequence[ImportFinding],
    outcomes: Sequence[EventOutcome],
    proven: Sequence[ProvenSet],
    doubts: tuple[str, ...],
) -> Behaviour:
    key = SingleChange(best.finding_ids[0]) if len(best.finding_ids) == 1 else JointChange()
    proofs = _by_events(members, [key], outcomes)
    proofs += [
        item.proof
        for item in proven
        if item.numbers.issuperset(best.finding_ids) and any(map(item.proves, best.finding_ids))
    ]
    return Behaviour(
        own_code=_merged(one.behaviour.own_code for one in members),
        unproven=_merged(one.behaviour.unproven for one in members),
        proofs=tuple(proofs),
        doubts=doubts,
    )


def _merged(names: Iterable[Collection[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for some in names for name in some))


def _keys(number: int, members: Collection[int]) -> tuple[SingleChange | JointChange, ...]:
    single = SingleChange(number)
    return (single, JointChange()) if number in members else (single,)


def _by_events(
    changes: Sequence[ImportFinding],
    keys: Sequence[SingleChange | JointChange],
    outcomes: Sequence[EventOutcome],
) -> list[BehaviourProof]:
    """Return the proof by events whose call reached a change: the others say nothing about any."""
    names = {
        outcome.name
        for key in keys
        for outcome in _compared(key, outcomes)
        if _is_reached(changes, outcome.loaded[key])
    }
    proofs = [BehaviourProof(ProofKind.EVENTS, len(names))] if names else []
    recorded = {
        outcome.name: outcome
        for key in keys
        for outcome in _same_calls(key, outcomes)
        if _is_reached(changes, outcome.loaded[key])
    }
    return proofs + _by_calls(recorded.values())


def _by_calls(outcomes: Collection[EventOutcome]) -> list[BehaviourProof]:
    """Return the proof by the AWS calls of some events, which one version made alike."""
    count = sum(one.recorded.compared for one in outcomes if one.recorded is not None)
    if not count:
        return []
    return [BehaviourProof(ProofKind.CALLS, count, events=len(outcomes))]


def _recording_doubts(outcomes: Sequence[EventOutcome]) -> Iterator[str]:
    """Yield a clause for each way in which the recorded calls prove less than they seem to."""
    recorded = {one.name: one.recorded for one in outcomes if one.recorded is not None}
    if not recorded:
        return
    count = len(recorded)
    if not any(one.compared for one in recorded.values()):
        yield f"none of {count} events reached an AWS call, so --record compared no calls"
    places = {place for one in recorded.values() for place in one.unrecorded}
    if places:
        shown = ", ".join(sorted(places)[:MOST_PLACES])
        more = f" and {len(places) - MOST_PLACES} more" if len(places) > MOST_PLACES else ""
        yield f"connections to {shown}{more} were not recorded"


def _same_calls(
    key: SingleChange | JointChange, outcomes: Sequence[EventOutcome]
) -> list[EventOutcome]:
    """Return the events with which this version made the original's AWS calls.

    An event on which the original fails counts: the changed version made the same calls and
    failed alike.
    """
    last = {outcome.name: outcome for outcome in outcomes if key in outcome.loaded}
    return [
        outcome
        for outcome in last.values()
        if key not in outcome.differing and outcome.recorded and outcome.recorded.compared
    ]


def _compared(
    key: SingleChange | JointChange, outcomes: Sequence[EventOutcome]
) -> list[EventOutcome]:
    """Return the events that this version answered as the original did; the last call counts.

    An event that fails in the original, or is answered differently each time, compares nothing.
    """
    last = {outcome.name: outcome for outcome in outcomes if key in outcome.loaded}
    return [
        outcome
        for outcome in last.values()
        if outcome.is_repeatable and not outcome.original.failed and key not in outcome.differing
    ]


def _is_reached(changes: Sequence[ImportFinding], loaded: Collection[str]) -> bool:
    """Return True if a call that loaded these modules needed one of the changes, or may have."""
    return any(not one.modules or is_needed(one, loaded) for one in changes)


def is_needed(finding: ImportFinding, loaded: Collection[str]) -> bool:
    """Return True if a call that loaded these modules needed the deferred ones of a finding.

    The modules that the statement names decide: a guest such as `concurrent.futures`, which came
    with pandas, may be loaded for other reasons too. If another import keeps them loaded, half of
    the modules must have been loaded.
    """
    modules = set(finding.modules)
    named = modules & set(finding.imported)
    if named:
        return not named.isdisjoint(loaded)
    return bool(modules) and 2 * len(modules & set(loaded)) >= len(modules)
