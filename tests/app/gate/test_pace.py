"""The pace of a command over several handlers: which one it is at, and the time that is left."""

from __future__ import annotations

from importcost.app.gate.pace import Pace


def test_the_time_left_is_what_the_handlers_before_took_on_average():
    times = iter([0.0, 30.0, 100.0])
    pace = Pace(4, lambda: next(times))
    assert [pace.next(), pace.next(), pace.next()] == [
        ", 1 of 4",
        ", 2 of 4, about 90 s left",
        ", 3 of 4, about 2 min left",
    ]


def test_a_single_handler_needs_no_count():
    assert Pace(1).next() == ""
