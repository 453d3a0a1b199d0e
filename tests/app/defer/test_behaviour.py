"""What counts as proof of a change's behaviour, and for which changes."""

from dataclasses import replace

import pytest

from importcost.app.defer.behaviour import ProvenSet, own_code_of, with_behaviour
from importcost.app.defer.findings import JudgedImport
from importcost.deferral.source.model import ModuleObject
from importcost.model.advice import (
    Advice,
    BestSet,
    DeferVerdict,
    ImportFinding,
    SourcePlace,
    VerdictKind,
)
from importcost.model.behaviour import Behaviour, BehaviourProof, ProofKind
from importcost.model.graph import FUNCTION, ImportGraph, LoadedModule
from importcost.model.results.events import EventOutcome, Invocation, JointChange, SingleChange

TESTS = BehaviourProof(ProofKind.TESTS, 1, "pytest -q", "3 passed")


def finding(*modules, own=()):
    return ImportFinding(
        place=SourcePlace("/task/handler.py", 1, 1),
        code="import x",
        imported=modules[:1],
        verdict=DeferVerdict(VerdictKind.DEFERRABLE, "only functions use it"),
        exclusive_us=1,
        cumulative_us=1,
        modules=modules,
        behaviour=Behaviour(own, own),
    )


def advice_of(*findings, members=None):
    numbers = tuple(range(len(findings))) if members is None else members
    return Advice(findings, (), BestSet(numbers, 1, ()), None)


def outcome(name, loaded, *, differing=(), is_repeatable=True, failed=False):
    return EventOutcome(
        name,
        Invocation("{}", failed, frozenset(), 1.0),
        is_repeatable,
        dict.fromkeys(differing, "the answer changes"),
        {key: frozenset(modules) for key, modules in loaded.items()},
        {},
    )


JOINT, FIRST, SECOND = JointChange(), SingleChange(0), SingleChange(1)


def test_an_event_proves_the_changes_that_it_reaches():
    advice = advice_of(finding("models", own=("models",)), finding("report", own=("report",)))
    reached = {FIRST: {"models"}, SECOND: (), JOINT: {"models"}}
    found = with_behaviour(advice, [outcome("a.json", reached)])
    event = BehaviourProof(ProofKind.EVENTS, 1)
    assert found.findings[0].behaviour == Behaviour(("models",), (), (event,))
    assert found.findings[1].behaviour == Behaviour(("report",), ("report",))
    assert found.best_set.behaviour == Behaviour(("models", "report"), ("report",), (event,))


def test_an_event_that_reaches_none_of_the_set_proves_nothing_of_it():
    advice = advice_of(finding("models", own=("models",)), finding("report"))
    idle, used = outcome("idle.json", {JOINT: ()}), outcome("used.json", {JOINT: {"report"}})
    assert with_behaviour(advice, [idle]).best_set.behaviour == Behaviour(("models",), ("models",))
    assert with_behaviour(advice, [idle, used]).best_set.behaviour.proofs[0].count == 1


@pytest.mark.parametrize(
    "void",
    [
        {"failed": True},
        {"is_repeatable": False},
        {"differing": (FIRST,)},
    ],
)
def test_an_event_that_compares_nothing_proves_nothing(void):
    advice = advice_of(finding("models", own=("models",)))
    found = with_behaviour(advice, [outcome("a.json", {FIRST: {"models"}}, **void)])
    assert found.findings[0].behaviour.proofs == ()
    assert found.best_set.behaviour == Behaviour(("models",), ("models",))


def test_two_calls_of_one_event_are_one_event_and_the_last_counts():
    advice = advice_of(finding("models"), finding("report"))
    both = {JOINT: {"models", "report"}}
    again = [outcome("a.json", both, differing=(JOINT,)), outcome("a.json", both)]
    assert with_behaviour(advice, again).best_set.behaviour.proofs[0].count == 1
    assert not with_behaviour(advice, again[::-1]).best_set.behaviour.proofs


def test_a_member_that_was_called_only_with_the_others_is_proven_with_them():
    advice = advice_of(finding("models"), finding("report"))
    found = with_behaviour(advice, [outcome("a.json", {JOINT: {"models", "report"}})])
    assert all(one.behaviour.proofs for one in found.findings)


def test_a_set_counts_for_its_members_and_for_the_best_set_only_if_it_covers_it():
    advice = advice_of(finding("a", own=("a",)), finding("b", own=("b",)), finding("c"))
    found = with_behaviour(advice, [], [ProvenSet(frozenset({0, 1}), TESTS)])
    assert [one.behaviour.proofs for one in found.findings] == [(TESTS,), (TESTS,), ()]
    assert found.best_set.behaviour.proofs == ()
    smaller = replace(advice, best_set=BestSet((0, 1), 1, ()))
    found = with_behaviour(smaller, [], [ProvenSet(frozenset({0, 1}), TESTS)])
    assert found.best_set.behaviour == Behaviour(("a", "b"), (), (TESTS,))


def test_a_doubt_is_told_with_the_set_and_its_members_only():
    advice = advice_of(finding("a"), finding("b"), members=(0,))
    found = with_behaviour(advice, [], doubts=("pytest never imports the copy",))
    assert found.findings[0].behaviour.doubts == found.best_set.behaviour.doubts != ()
    assert found.findings[1].behaviour.doubts == ()


def test_own_code_is_the_functions_modules_and_objects_not_packages():
    graph = ImportGraph(
        tuple(
            LoadedModule(name, None, owner, None, 0, 0, "", None)
            for name, owner in [("models", FUNCTION), ("boto3", "boto3"), ("json", "stdlib")]
        ),
        (),
    )
    made = ModuleObject.__new__(ModuleObject)
    object.__setattr__(made, "name", "client")
    one = JudgedImport(finding("boto3", "models", "json"), None, (), (), (made,))
    assert own_code_of(one, graph) == Behaviour(("models", "client"), ("models", "client"))
