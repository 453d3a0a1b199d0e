"""Results: pass, FAIL, old and what was not measured, by value, date and version."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from tests.benchmarks.results.catalogue import Figure
from tests.benchmarks.results.status import (
    Release,
    Status,
    is_old,
    release_before,
    releases,
    status_of,
)
from tests.benchmarks.results.store import (
    BY_HAND,
    BY_RUN,
    Failure,
    Machine,
    Measured,
    Store,
    read_store,
    store_text,
)
from tests.benchmarks.results.targets import read_target

DAY = date(2027, 3, 1)
MACHINE = Machine("a cpu", 2, "3.12.1", "6.1")
MEASURED = Measured(1.0, "", DAY, "0.2.0", MACHINE, 0.5, BY_RUN, "bench.py")
FIGURE = Figure("f", "t", "a figure", read_target("<= 1"), "s", 2, "run", "value", None, ())
CHANGELOG = """# Changelog

## Unreleased

- new

## 0.2.0 (2027-03-01)

## [0.1.1] - 2027-02-01

## v0.1.0, 2026-12-01
"""


def store_of(*values):
    return Store({"f": values}, {})


def test_releases_are_read_with_their_days_the_newest_first():
    assert [(str(one.version), one.day.isoformat()) for one in releases(CHANGELOG)] == [
        ("0.2.0", "2027-03-01"),
        ("0.1.1", "2027-02-01"),
        ("0.1.0", "2026-12-01"),
    ]


@pytest.mark.parametrize(
    ("version", "before"),
    [("0.1.0", None), ("0.2.0", "0.1.1"), ("0.2.1", "0.2.0"), ("0.2.0.dev1", "0.1.1")],
)
def test_the_release_before_is_the_newest_with_a_smaller_version(version, before):
    found = release_before(version, releases(CHANGELOG))
    assert (None if found is None else str(found.version)) == before


@given(st.integers(-400, 400), st.integers(-400, 400))
def test_a_value_is_old_if_it_is_from_before_the_release_before(measured, released):
    before = Release(Version("0.2.0"), DAY + timedelta(released))
    value = replace(MEASURED, day=DAY + timedelta(measured))
    assert is_old(value, before) == (measured < released)
    assert not is_old(value, None)


def test_a_value_of_an_older_version_is_old_whenever_it_was_measured():
    before = Release(Version("0.2.0"), DAY)
    assert is_old(replace(MEASURED, version="0.1.9", day=DAY + timedelta(9)), before)


@given(st.floats(allow_nan=False))
def test_a_value_passes_or_fails_by_its_target(value):
    expected = Status.PASS if value <= 1 else Status.FAIL
    assert status_of(FIGURE, store_of(replace(MEASURED, value=value)), None) is expected


def test_old_comes_before_pass_and_fail():
    before = Release(Version("0.3.0"), DAY + timedelta(1))
    assert status_of(FIGURE, store_of(MEASURED), before) is Status.OLD
    assert status_of(FIGURE, store_of(replace(MEASURED, value=9.0)), before) is Status.OLD


def test_words_alone_meet_no_target():
    unknown = replace(MEASURED, value=None, words="not done", by=BY_HAND)
    assert status_of(FIGURE, store_of(unknown), None) is Status.NOT_MEASURED
    assert status_of(replace(FIGURE, target=None), store_of(unknown), None) is Status.NO_TARGET
    assert status_of(FIGURE, Store({}, {}), None) is Status.NOT_MEASURED


def test_a_failed_attempt_is_no_pass_until_a_value_comes():
    failed = store_of(MEASURED).with_failure("f", Failure(DAY, "it broke"))
    assert status_of(FIGURE, failed, None) is Status.FAILED_TO_RUN
    assert failed.last_of("f") == MEASURED
    assert status_of(FIGURE, failed.with_value("f", MEASURED), None) is Status.PASS


def test_a_new_run_replaces_the_last_run_and_nothing_by_hand():
    hand = replace(MEASURED, by=BY_HAND, words="by hand")
    store = store_of(hand, MEASURED).with_value("f", replace(MEASURED, value=2.0))
    assert [(one.by, one.value) for one in store.values["f"]] == [(BY_HAND, 1.0), (BY_RUN, 2.0)]


@given(
    st.lists(
        st.builds(
            Measured,
            st.none() | st.floats(allow_nan=False, allow_infinity=False),
            st.text(max_size=9),
            st.dates(),
            st.just("0.1.0"),
            st.builds(Machine, st.text(max_size=3), st.integers(1, 9), st.just("3"), st.just("6")),
            st.none() | st.floats(0, 99),
            st.sampled_from([BY_RUN, BY_HAND]),
            st.text(max_size=9),
        ),
        max_size=4,
    )
)
def test_what_is_stored_is_read_again(tmp_path_factory, values):
    file = tmp_path_factory.mktemp("store") / "measured.json"
    store = Store({"f": tuple(values)}, {"g": Failure(DAY, '|\n"')})
    file.write_text(store_text(store), encoding="utf-8")
    assert read_store(file) == store
