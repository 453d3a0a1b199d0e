"""`importcost profile` on machines that are steady, busy, or switch speeds: bill and sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import repeat

import pytest

from importcost.billing.estimate import estimate
from importcost.model.codec import profile_from_plain
from importcost.model.machine.speed import OtherUse
from tests.clockwork import Times, run_clocked, two_speeds
from tests.harness import write_files

TIMES = Times(modules={"handler": 40_000, "helper": 160_000})
IDLE = OtherUse(others=0.0, stolen=0.0)


@pytest.fixture
def profiled(monkeypatch, tmp_path):
    """Return a function that profiles on a made-up machine: (bill, saved profile, what it said)."""
    folder = write_files(
        tmp_path / "task",
        {
            "handler.py": "import helper\n\ndef handler(event, context):\n    return 1\n",
            "helper.py": "ANY = 1\n",
        },
    )

    def profile(factors: Callable[[], Iterator[float]], use: OtherUse = IDLE):
        monkeypatch.setattr("importcost.measure.session.other_use", lambda *_: use)
        words = ["--runner", "local", "--runs", "20", "-o", "../out.json"]
        done = run_clocked(
            monkeypatch, folder, ["profile", "handler.py:handler", *words], TIMES, factors
        )
        assert done.returncode == 0, done.stderr
        data = json.loads((tmp_path / "out.json").read_text())
        return estimate(profile_from_plain(data)).init_ms, data, " ".join(done.stdout.split())

    return profile


@pytest.mark.unhurried
@pytest.mark.parametrize("seed", range(3))
def test_a_machine_that_switches_speeds_gives_the_same_bill_and_says_so(profiled, seed):
    steady, data, said = profiled(lambda: repeat(1.0))
    assert data["machine"]["states"] == []
    assert "two speeds" not in said
    bill, data, said = profiled(lambda: two_speeds(seed))
    assert bill.value == pytest.approx(steady.value, rel=0.05)
    assert bill.low < steady.high
    assert steady.low < bill.high
    assert data["machine"]["states"] == ["switching"]
    assert data["machine"]["speeds_us"] == pytest.approx([100_000, 160_000], rel=0.05)
    assert "The machine itself switches between two speeds: the calibration workload took" in said
    assert "The machine was busy" not in said
    assert [one["code"] for one in data["warnings"]].count("machine-switches") == 1


def test_a_busy_machine_is_named_with_who_used_it(profiled):
    bill, data, said = profiled(lambda: repeat(1.0), OtherUse(others=0.6, stolen=0.2))
    assert data["machine"]["states"] == ["busy"]
    assert (data["machine"]["others_share"], data["machine"]["stolen_share"]) == (0.6, 0.2)
    assert "The machine was busy: other processes used 60% of the processors and its host" in said
    assert "two speeds" not in said
    assert bill.low < bill.value < bill.high
