"""What functions of one run have in common is made once, and nothing of it outlives the run."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest

from importcost.app.profile.in_common import end_of_run, in_run, kept_open, once


@pytest.fixture
def events():
    yield (found := [])
    end_of_run()
    assert found.count("closed") == found.count("opened")


def maker(events, value="value"):
    def make():
        events.append("made")
        return value

    return make


@contextlib.contextmanager
def opening(events):
    events.append("opened")
    yield "view"
    events.append("closed")


def test_outside_of_a_run_nothing_is_kept(events):
    assert [once("a", maker(events)) for _ in range(2)] == ["value"] * 2
    with kept_open("a", lambda: opening(events)) as shown:
        assert shown == "view"
    assert events == ["made", "made", "opened", "closed"]


def test_in_a_run_each_key_is_made_once(events):
    for _ in range(3):
        with in_run("run"):
            once("a", maker(events))
            once("b", maker(events))
            with kept_open("v", lambda: opening(events)) as shown:
                assert shown == "view"
    assert events == ["made", "made", "opened"]


def test_another_run_finds_out_again(events):
    for name in ("one", "two"):
        with in_run(name), kept_open("v", lambda: opening(events)):
            once("a", maker(events))
    assert events == ["opened", "made", "closed", "opened", "made"]


def test_what_fails_is_tried_again_and_tells_its_reason(events):
    def fail():
        raise ValueError("no")

    with in_run("run"):
        with pytest.raises(ValueError, match="no"):
            once("a", fail)
        assert once("a", maker(events)) == "value"


def test_threads_of_a_run_share_too(events):
    def work(_):
        with in_run("run"):
            return once("a", maker(events))

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(20))) == {"value"}
    assert events == ["made"]
