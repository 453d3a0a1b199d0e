"""Which changes the tests are held against, on runs whose outcomes are given."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from importcost.app.defer.own_tests import trial as trial_module
from importcost.app.defer.own_tests.baseline import UnchangedTests
from importcost.app.defer.own_tests.runs import OwnRun
from importcost.app.defer.own_tests.trial import BREAKS, Trial
from importcost.app.defer.rewriting import Rewrite
from importcost.deferral.rewrite.rewrite import Refused
from importcost.files.journal import FileEdit
from importcost.model.behaviour import BehaviourProof, ProofKind

FOLDER = Path("/proj")


@dataclass
class Runs:
    """Stands for OwnTests: each change edits a file of its own, `f3.py` for change 3.

    `guilty` are sets of changes that fail together, `odd` the failures of single runs by their
    number, whatever they run with. `imported` are the numbers of the files that the tests import.
    """

    guilty: list = field(default_factory=list)
    odd: tuple = ()
    imported: frozenset = frozenset(range(20))
    seen: frozenset = frozenset(range(20))
    strayed: tuple = ()
    ran: list = field(default_factory=list)
    command = SimpleNamespace(text="pytest -q")
    project = SimpleNamespace(folder=FOLDER)

    def run(self, edits, watched, limit_s):
        numbers = {int(edit.path.stem[1:]) for edit in edits}
        broken = any(edit.after == BREAKS for edit in edits)
        self.ran.append(numbers)
        failing = any(set(one) <= numbers for one in self.guilty) and not broken
        failing = failing or (broken and not numbers.isdisjoint(self.imported))
        failing = failing or len(self.ran) in self.odd
        failure = f"test_x - it fails with {sorted(numbers)}" if failing else ""
        reached = {path for path in watched if int(path.stem[1:]) in self.seen & self.imported}
        return OwnRun(not failing, "3 passed", failure, "", 1.0, frozenset(reached), self.strayed)


class Silent:
    def __init__(self):
        self.steps = []

    def note(self, message):
        pass

    def detail(self, message):
        pass

    def progress(self, progress):
        self.steps.append(progress)


def edit(numbers):
    return Rewrite(tuple(FileEdit(FOLDER / f"f{n}.py", b"", b"x") for n in numbers), ())


def settled(runs, numbers, *, edit=edit, mentions=lambda _: (), listener=None):
    baseline = UnchangedTests(runs, None, 60.0)
    place_of = "handler.py:{}".format
    return Trial(baseline, edit, place_of, mentions, listener or Silent()).settle(numbers)


def proof(summary="3 passed"):
    return BehaviourProof(ProofKind.TESTS, 1, "pytest -q", summary)


def test_changes_that_pass_are_proven_by_one_run():
    runs = Runs()
    found = settled(runs, (1, 4, 7))
    assert (found.kept, dict(found.failed), found.doubts) == ((1, 4, 7), {}, ())
    assert found.proof.proof == proof()
    assert found.proof.numbers == found.proof.reached == {1, 4, 7}
    assert runs.ran == [{1, 4, 7}]


@pytest.mark.parametrize("guilty", [[{2}], [{2}, {5}], [{0}, {3}, {5}], [{n} for n in range(6)]])
def test_every_culprit_is_found_and_the_rest_is_proven(guilty):
    runs = Runs(guilty)
    found = settled(runs, range(6))
    bad = {n for one in guilty for n in one}
    assert set(found.failed) == bad
    assert set(found.kept) == set(range(6)) - bad
    for number, reason in found.failed.items():
        assert reason == f"pytest -q fails with it: test_x - it fails with [{number}]"
    assert (found.proof is not None) == bool(found.kept)
    if found.kept:
        assert runs.ran.count(set(found.kept)) >= 1


def test_changes_that_fail_only_together_go_together_and_name_each_other():
    found = settled(Runs([{1, 4}]), range(6))
    assert set(found.kept) == {0, 2, 3, 5}
    assert found.failed[1].startswith("pytest -q fails with it together with handler.py:4: ")
    assert found.failed[4].startswith("pytest -q fails with it together with handler.py:1: ")


def test_code_that_names_what_the_edit_removes_is_named():
    def mentions(numbers):
        return [f"tests/t.py:{number} names it" for number in numbers]

    found = settled(Runs([{3}]), (2, 3), mentions=mentions)
    assert found.failed[3].endswith("; tests/t.py:3 names it")


@pytest.mark.parametrize(
    ("odd", "when"),
    [
        ((1, 2), "without any change"),
        ((1,), "with the same changes"),
    ],
)
def test_a_flaky_test_is_told_and_held_against_no_change(odd, when):
    found = settled(Runs(odd=odd), (1, 2))
    assert (found.failed, found.proof, found.kept) == ({}, None, (1, 2))
    assert found.doubts == (
        f"pytest -q passes at one time and fails at another {when} "
        + ("(test_x - it fails with [])" if len(odd) == 2 else "(test_x - it fails with [1, 2])"),
    )


def test_a_test_that_turns_flaky_while_halving_blames_nobody():
    # 1: all fail; 2: unchanged passes; 3: all fail again; 4: the first half fails; 5: not again.
    found = settled(Runs(odd=(1, 3, 4)), (1, 2))
    assert found.failed == {}
    assert found.proof is None
    assert "passes at one time and fails at another" in found.doubts[0]


def test_runs_are_bounded_and_what_they_did_not_tell_apart_is_left_out(monkeypatch):
    monkeypatch.setattr(trial_module, "MOST_RUNS", 6)
    runs = Runs([{n} for n in range(8)])
    found = settled(runs, range(8))
    assert len(runs.ran) == 6
    assert found.kept == ()
    assert found.proof is None
    assert set(found.failed) == set(range(8))
    assert "6 runs did not tell which" in found.failed[7]


def test_each_run_is_shown_with_its_bound():
    listener = Silent()
    settled(Runs([{1}]), (1, 2), listener=listener)
    assert listener.steps[0].label == "Running pytest -q"
    assert listener.steps[0].step == "run 1 of at most 40, 2 of the changes"
    assert [one.done for one in listener.steps] == list(range(1, len(listener.steps) + 1))


def test_tests_that_do_not_import_the_file_prove_nothing():
    runs = Runs(imported=frozenset())
    found = settled(runs, (1,))
    assert found.proof is None
    assert found.kept == (1,)
    assert found.doubts == ("pytest -q does not import f1.py, so it says nothing about its change",)
    assert runs.ran == [{1}, {1}]


def test_tests_whose_imports_cannot_be_seen_are_asked_with_a_broken_file():
    runs = Runs(seen=frozenset())
    found = settled(runs, (1,))
    assert (found.proof.reached, found.doubts) == ({1}, ())
    assert runs.ran == [{1}, {1}]


def test_tests_that_import_the_users_own_file_say_so():
    runs = Runs(imported=frozenset(), strayed=(FOLDER / "f1.py",))
    found = settled(runs, (1,))
    assert found.proof is None
    assert found.doubts[0].startswith("pytest -q imports f1.py from /proj, not from the copy")


def test_the_changes_that_are_not_reached_are_not_proven_with_the_others():
    found = settled(Runs(imported=frozenset({1, 2})), (1, 2, 3))
    assert found.kept == (1, 2, 3)
    assert found.proof.numbers == {1, 2, 3}
    assert found.proof.reached == {1, 2}
    assert len(found.doubts) == 1
    assert [found.proof.proves(number) for number in (1, 2, 3)] == [True, True, False]


def test_changes_that_no_edit_makes_together_are_not_tried():
    def refuse(numbers):
        return Refused("they contradict each other") if len(numbers) > 1 else edit(numbers)

    runs = Runs([{1}])
    found = settled(runs, (1, 2), edit=refuse)
    assert (found.kept, found.failed, found.proof, runs.ran) == ((1, 2), {}, None, [])


def test_a_half_that_no_edit_makes_is_not_taken_for_the_culprit():
    def refuse(numbers):
        return Refused("2 needs 3") if 2 in numbers and 3 not in numbers else edit(numbers)

    found = settled(Runs([{2}]), (0, 1, 2, 3), edit=refuse)
    assert set(found.failed) == {2, 3}
    assert set(found.kept) == {0, 1}
