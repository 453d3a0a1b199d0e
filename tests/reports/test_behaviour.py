"""What the reports call proven: imports and time, behaviour, or only the former."""

import json
from dataclasses import replace

import pytest

from importcost.model.advice import BestSet
from importcost.model.behaviour import Behaviour, BehaviourProof, ProofKind
from importcost.model.codec import profile_from_plain, profile_to_plain
from importcost.reports.behaviour import proof_headline, status_words
from importcost.reports.json_ import render_json
from importcost.reports.page.changes import best_changes, proof_text
from importcost.reports.terminal.advice import render_advice
from tests.reports.page_factory import advised_profile, estimate_of, proven_profile, verified

EVENTS = BehaviourProof(ProofKind.EVENTS, 2)
EVENT = BehaviourProof(ProofKind.EVENTS, 1)
CALLS = BehaviourProof(ProofKind.CALLS, 7, events=3)
TESTS = BehaviourProof(ProofKind.TESTS, 1, "pytest -q", "34 passed")
MEASURED = verified(9_000)
OWN = ("models.order", "client")


def best_with(behaviour, measured=MEASURED):
    return BestSet((0,), 9_000, ("boto3",), measured, behaviour=behaviour)


@pytest.mark.parametrize(
    ("behaviour", "sentence"),
    [
        (
            Behaviour((), (), (EVENTS, TESTS)),
            "Verified: imports and time; behaviour by 2 events and pytest -q (34 passed).",
        ),
        (Behaviour(OWN, (), (EVENT,)), "Verified: imports and time; behaviour by 1 event."),
        (
            Behaviour(OWN, (), (EVENTS, CALLS, TESTS)),
            (
                "Verified: imports and time; behaviour by 2 events, the same 7 AWS calls over 3 "
                "events and pytest -q (34 passed)."
            ),
        ),
        (
            Behaviour(OWN, ("client",), (EVENT,)),
            "Verified: imports and time; behaviour by 1 event. None of that reaches client.",
        ),
        (
            Behaviour(OWN, OWN),
            (
                "Imports, not behaviour, verified: own code moves (models.order, client), and "
                "nothing ran it. An --event that uses it, --record or --test compares it."
            ),
        ),
        (
            Behaviour(tuple("abcde"), tuple("abcde"), (), ("pytest failed once and passed once",)),
            (
                "Imports, not behaviour, verified: own code moves (a, b, c and 2 more), and "
                "nothing ran it. But pytest failed once and passed once."
            ),
        ),
        (
            Behaviour(),
            (
                "Verified: imports and time; behaviour was not compared. --event, "
                "--record or --test compares it."
            ),
        ),
    ],
)
def test_the_headline_says_what_proof_there_is(behaviour, sentence):
    assert proof_headline(best_with(behaviour)) == sentence


def test_what_was_not_measured_claims_no_time():
    tested = best_with(Behaviour((), (), (TESTS,)), measured=None)
    assert proof_headline(tested) == "Not measured; behaviour by pytest -q (34 passed)."
    bare = best_with(Behaviour(OWN, OWN), measured=None)
    assert "verified" in proof_headline(bare)
    assert proof_headline(bare).startswith("Not verified")


@pytest.mark.parametrize("best", [None, BestSet((), 0, ())])
def test_nothing_to_prove_has_no_headline(best):
    assert proof_headline(best) is None


def test_a_set_that_failed_is_not_called_proven():
    failed = best_with(Behaviour((), (), (TESTS,)), verified(9_000, "the answer changes"))
    assert proof_headline(failed) is None


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (Behaviour(OWN, OWN), "imports, not behaviour, verified"),
        (Behaviour(OWN, (), (EVENT,)), "verified"),
        (Behaviour(), "verified"),
    ],
)
def test_own_code_without_proof_is_not_called_verified(behaviour, words):
    assert status_words(verified(9_000), behaviour) == words


def test_terminal_page_and_json_say_the_same():
    profile = proven_profile(Behaviour(OWN, OWN))
    sentence = proof_headline(profile.advice.best_set)
    text = render_advice(profile, width=200, colour=False)
    assert sentence in " ".join(text.split())
    assert "12 pairs); imports, not behaviour, verified, 50% of function init" in text
    assert proof_text(profile) == sentence
    assert json.loads(render_json(profile, estimate_of(profile)))["derived"]["proof"] == sentence
    assert [row["status"] for row in best_changes(profile)[:3]] == [
        "unproven",
        "unproven",
        "verified",
    ]


def test_the_terminal_names_what_each_change_moves_or_what_proves_it():
    text = render_advice(proven_profile(Behaviour(OWN, OWN)), width=100, colour=False)
    assert text.count("own code moves, and nothing compared it: models.order, client") == 2
    text = render_advice(proven_profile(Behaviour(OWN, (), (TESTS,))), width=100, colour=False)
    assert text.count("behaviour proven by pytest -q (34 passed)") == 2


def test_words_of_the_tests_cannot_steer_the_terminal():
    proof = replace(TESTS, words="1 \x1b[2J passed")
    assert "\x1b" not in proof_headline(best_with(Behaviour((), (), (proof,))))


def test_a_profile_saved_before_reads_as_nothing_compared():
    plain = profile_to_plain(advised_profile())
    del plain["advice"]["best_set"]["behaviour"]
    for one in plain["advice"]["findings"]:
        del one["behaviour"]
    assert profile_from_plain(plain) == advised_profile()
    proven = proven_profile(Behaviour(OWN, ("client",), (EVENTS, TESTS), ("a doubt",)))
    assert profile_from_plain(profile_to_plain(proven)) == proven
