"""Lambda's dates for the end of a runtime, told while they matter."""

from __future__ import annotations

import datetime

import pytest

from importcost.app.profile.beyond import tell_runtime_ending
from importcost.measure.runtime_dates import read_runtimes, runtime_ending


class Notes:
    def __init__(self):
        self.notes = []

    def note(self, message):
        self.notes.append(message)


@pytest.mark.parametrize(
    ("runtime", "today", "words"),
    [
        ("python3.10", "2026-11-30", ("ended on 2026-10-31", "can be created until 2027-02-01")),
        ("python3.10", "2027-02-01", ("cannot be created since 2027-02-01", "can be updated")),
        ("python3.10", "2027-03-03", ("cannot be updated since 2027-03-03",)),
        ("python3.10", "2026-10-30", ("ends on 2026-10-31",)),
        ("python3.11", "2027-01-01", ("ends on 2027-06-30",)),
        ("python3.11", "2027-06-30", ("ended on 2027-06-30",)),
        ("python3.12", "2028-10-01", ("ends on 2028-10-31", "up to python3.14")),
        ("python3.13", "2029-07-01", ("ended on 2029-06-30",)),
        ("python3.9", "2026-11-30", ("ended on 2025-12-15", "can be updated until 2027-03-03")),
    ],
)
def test_a_runtime_past_its_date_or_near_it_is_told_with_the_date(runtime, today, words):
    sentence = runtime_ending(runtime, datetime.date.fromisoformat(today))
    assert sentence.count(". ") == 0
    for word in words:
        assert word in sentence


@pytest.mark.parametrize(
    ("runtime", "today"),
    [
        ("python3.11", "2026-11-30"),
        ("python3.11", "2026-12-31"),
        ("python3.13", "2026-11-30"),
        ("python3.15", "2029-11-30"),
        ("python3.5", "2026-11-30"),
    ],
)
def test_a_date_that_is_far_or_not_known_is_not_told(runtime, today):
    notes = Notes()
    tell_runtime_ending(runtime, notes, datetime.date.fromisoformat(today))
    assert notes.notes == []


def test_every_supported_runtime_has_a_date():
    known = read_runtimes()
    assert set(known["supported"]) <= set(known["ends"])
    for dates in known["ends"].values():
        days = [datetime.date.fromisoformat(day) for day in dates.values()]
        assert days == sorted(days)
