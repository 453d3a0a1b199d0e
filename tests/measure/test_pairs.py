"""Pairs of original and changed handler, with real interpreters and with made-up ones."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from importcost.errors import HandlerError
from importcost.measure.pairs import (
    MIN_ROUNDS,
    MIN_ROUNDS_OF_FEW,
    PairedSubject,
    RoundLimits,
    longest_s,
    most_launches,
    verify,
)
from importcost.measure.session import Variant
from tests.clockwork import Clockwork, Times, jitter
from tests.harness import Handler, write_files


def compare(tmp_path, times, original, **changed):
    files = {"handler.py": original, "extra.py": "", "costly.py": "", "patient.py": ""}
    handler = Handler(write_files(tmp_path, files))
    session = handler.session()
    subject = session._subject
    runner = Clockwork(session._runner, times, jitter(5))
    file = str(handler.root / "handler.py")
    variants = [
        PairedSubject(key, replace(subject, variant=Variant(key, {file: text.encode()})))
        for key, text in changed.items()
    ]
    calls = []
    found = verify(
        runner,
        subject,
        variants,
        limits=RoundLimits(200, 600),
        random=Random(3),
        on_progress=lambda done, total: calls.append((done, total)),
    )
    assert all(done < total for done, total in calls)
    return found


def test_a_saving_is_measured_and_the_others_go_on_when_one_fails(tmp_path):
    found = compare(
        tmp_path,
        Times({"handler": 1_000, "extra": 20_000, "costly": 15_000}),
        "import extra\n",
        lazy="x = 1\n",
        broken="import extra\nraise ValueError('no')\n",
        same="import extra\n",
        slower="import extra\nimport costly\n",
    )
    lazy = found["lazy"]
    assert lazy.failure is None
    assert 0 < lazy.saving_us.low <= lazy.saving_us.value <= lazy.saving_us.high
    assert lazy.saving_us.value == pytest.approx(20_000, rel=0.02)
    assert lazy.gone == ("extra",)
    assert lazy.pairs >= MIN_ROUNDS
    assert found["broken"].saving_us is None
    assert found["broken"].failure == "the changed handler fails: ValueError: no"
    assert found["slower"].failure == "init takes longer with it"
    assert found["slower"].saving_us.value == pytest.approx(-15_000, rel=0.05)
    assert found["same"].gone == ()
    assert found["same"].failure == "no saving shows beyond the noise"
    assert abs(found["same"].saving_us.value) < 300


def test_real_launches_bring_real_figures(tmp_path):
    """At any speed: the variant that does nothing takes less than one that counts for long."""
    handler = Handler(write_files(tmp_path, {"handler.py": "sum(range(3_000_000))\n"}))
    session = handler.session()
    subject = session._subject
    variant = Variant("empty", {str(handler.root / "handler.py"): b""})
    pair = PairedSubject("empty", replace(subject, variant=variant))
    found = verify(
        session._runner,
        subject,
        [pair],
        limits=RoundLimits(0, 0),
        random=Random(3),
        on_progress=lambda *_: None,
    )["empty"]
    assert found.pairs == MIN_ROUNDS_OF_FEW
    # The saving is a median of differences, which may exceed the difference of the medians.
    assert found.original_us > 0
    assert 2 * found.original_us > found.saving_us.value > 0


def test_an_original_that_fails_is_the_users_error(tmp_path):
    with pytest.raises(HandlerError, match="needs the module nothing_of_that_name"):
        compare(tmp_path, Times(), "import nothing_of_that_name\n", fine="x = 1\n")


def test_waiting_that_goes_away_is_saved_too(tmp_path):
    times = Times({"handler": 1_000, "extra": 20_000}, waits={"patient": 100_000})
    found = compare(tmp_path, times, "import patient, extra\n", awake="import extra\n")["awake"]
    assert found.failure is None
    assert found.saving_us.value == pytest.approx(100_000, rel=0.02)
    assert found.saving_us.value < found.original_us


@pytest.mark.parametrize(("count", "a_round"), [(1, 2), (2, 3), (3, 5), (6, 8)])
def test_launches_are_limited_and_many_variants_share_two_originals(tmp_path, count, a_round):
    """Rounds end with the launches; what was said to be the most is the most."""
    handler = Handler(write_files(tmp_path, {"handler.py": "import extra\n", "extra.py": ""}))
    session = handler.session()
    subject = session._subject
    # So noisy that no saving is ever known well enough.
    times = Times({"extra": 20_000})
    runner = Clockwork(session._runner, times, jitter(5), noise=jitter(6, 0.6))
    file = str(handler.root / "handler.py")
    variants = [
        PairedSubject(n, replace(subject, variant=Variant(str(n), {file: b"x = 1\n"})))
        for n in range(count)
    ]
    limits = RoundLimits(45, 600)
    seen = []
    verify(
        runner,
        subject,
        variants,
        limits=limits,
        random=Random(3),
        on_progress=lambda done, total: seen.append((done, total)),
    )
    assert len(runner.launches) == len(seen) == 45 // a_round * a_round
    assert [done for done, _ in seen] == list(range(len(seen)))
    assert max(total for _, total in seen) <= most_launches(variants, limits) <= 45
    assert longest_s(variants, limits, 1.0) == most_launches(variants, limits)
    # Four or five rounds are made even if the time is up before.
    brief = longest_s(variants, RoundLimits(45, 10.0), 1.0)
    assert brief == max(10 + a_round, (4 if count > 2 else 5) * a_round)
