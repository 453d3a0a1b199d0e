"""Pairs of original and changed handler, with real interpreters and with made-up ones."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from importcost.errors import HandlerError
from importcost.measure.pairs import MIN_ROUNDS, PairedSubject, _Side, controls, verify
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
        seconds=20,
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
        session._runner, subject, [pair], seconds=0, random=Random(3), on_progress=lambda *_: None
    )["empty"]
    assert found.pairs == MIN_ROUNDS
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


def test_the_original_is_launched_more_often_where_many_are_held_against_it(tmp_path):
    handler = Handler(write_files(tmp_path, {"handler.py": "x = 1\n"}))
    session = handler.session()
    launched = []
    for count in (1, 4):
        base = _Side(handler.session(), controls(count))
        for _ in range(1 + 2 * base.per_round):
            base.launch()
        launched.append((base.per_round, len(base.cpu_us()), len(base.session.runs)))
    assert launched == [(1, 2, 3), (3, 2, 7)]
    assert session.runs == []
