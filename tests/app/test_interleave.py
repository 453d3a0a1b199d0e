"""Interleaved pairs of two task roots, with real launches."""

from __future__ import annotations

from random import Random

import pytest

from importcost.measure.interleave import Interleaved, Side, SideFailedError, Version
from tests.harness import Handler, write_files

LOG = "import os\nwith open(os.environ['LOG'], 'a') as log:\n    log.write('{}')\n"

BASE, HEAD = LOG.format("b"), LOG.format("h")


def version(folder, text, log, **values):
    handler = Handler(
        write_files(folder, {"handler.py": text}), environment={"LOG": str(log)}, **values
    )
    session = handler.session()
    return Version(session._runner, session._subject)


@pytest.fixture
def versions(tmp_path, shared_folder):
    def make(base=BASE, head=HEAD):
        log = shared_folder / "log"
        return version(tmp_path / "b", base, log), version(tmp_path / "h", head, log), log

    return make


@pytest.mark.unhurried
def test_every_pair_launches_both_sides_in_random_order(versions):
    base, head, log = versions()
    told = []
    race = Interleaved(base, head, Random(4))
    race.warm_up(lambda: told.append("warm"))
    assert log.read_text() == "hb"
    found = race.pairs(8, lambda: told.append("pair"))
    launches = log.read_text()[2:]
    pairs = {launches[at : at + 2] for at in range(0, 16, 2)}
    assert len(found) == 8
    assert pairs == {"bh", "hb"}
    assert told == ["warm"] * 2 + ["pair"] * 16
    assert all(one.base.cpu_us > 0 and one.head.wall_us > 0 for one in found)


@pytest.mark.unhurried
def test_the_timings_belong_to_their_sides(versions):
    base, head, _ = versions(head=LOG.format("h") + "sum(range(3_000_000))\n")
    found = Interleaved(base, head, Random(1)).pairs(5, lambda: None)
    assert all(one.head.cpu_us > one.base.cpu_us + 5_000 for one in found)


@pytest.mark.parametrize("side", Side)
def test_a_failure_names_its_side(versions, side):
    broken = "raise ValueError('no')\n"
    base, head, _ = versions(**{side.value: broken})
    with pytest.raises(SideFailedError, match=side.value) as caught:
        Interleaved(base, head, Random(1)).warm_up(lambda: None)
    assert caught.value.side is side
    assert "ValueError: no" in str(caught.value.error)


def test_of_two_that_fail_head_is_named(versions):
    base, head, _ = versions("import absent_base\n", "import absent_head\n")
    with pytest.raises(SideFailedError) as caught:
        Interleaved(base, head, Random(1)).warm_up(lambda: None)
    assert caught.value.side is Side.HEAD


@pytest.mark.unhurried
def test_a_side_that_fails_later_is_named_too(versions, tmp_path):
    flaky = LOG.format("b") + "assert open(os.environ['LOG']).read().count('b') < 3\n"
    base, head, _ = versions(flaky)
    with pytest.raises(SideFailedError) as caught:
        Interleaved(base, head, Random(1)).pairs(8, lambda: None)
    assert caught.value.side is Side.BASE
    assert [one.name for one in (tmp_path / "b").iterdir()] == ["handler.py"]
