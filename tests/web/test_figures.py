"""Recorded starts of web apps become figures: rows, phases, and the estimate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from importcost.billing.estimate import estimate
from importcost.measure.web.rows import scaling_spans
from importcost.measure.web.servers import Server, web_init
from importcost.model.interval import Interval
from importcost.model.profile import Target, Timing
from importcost.model.web import HandlerForm, WebInit, WebRequest, WebStart
from importcost.reports.web_notes import web_notes
from tests.billing.profile_factory import make_profile
from tests.measure.test_combine import tree_of

WEB = WebInit(
    app="main:app",
    server="uvicorn",
    command="uvicorn main:app",
    ready_when="GET /",
    status=200,
    listening_us=900_000,
    ready_us=(1_000_000, 1_200_000, 1_100_000),
    is_held=False,
    processes=1,
)


def start(**changes) -> WebStart:
    known = {
        "listening_us": 90_000,
        "ready_us": 100_000,
        "rested_us": 1_000,
        "is_held": False,
        "polls": 1,
        "processes": 1,
        "status": 200,
        "ready_when": "GET /",
        "deprecated": (),
        "answers": (),
    }
    return WebStart(**{**known, **changes})


def web_profile(web=WEB, **changes):
    return replace(make_profile(**changes), web=web)


def test_a_readiness_is_floor_imports_start_up_work_waiting_and_polling():
    found = estimate(web_profile(blocked_us=1_000_000, imports_us=80_000, body_us=20_000))
    amounts = {phase.label: phase.init_ms for phase in found.phases}
    assert list(amounts) == [
        "Lambda + interpreter start (floor)",
        "imports of server and app",
        "start-up work",
        "waiting",
        "wait for the adapter's poll",
    ]
    ratio = found.speed_ratio.value
    assert amounts["imports of server and app"] == pytest.approx(80 * ratio)
    assert amounts["start-up work"] == pytest.approx(20 * ratio)
    assert amounts["waiting"] == 1000
    assert amounts["wait for the adapter's poll"] == 5
    assert sum(amounts.values()) == pytest.approx(found.init_ms.value)
    assert sum(phase.share for phase in found.phases) == pytest.approx(1)


def test_polling_is_all_that_a_web_app_adds_to_a_handlers_estimate():
    handler, app = estimate(make_profile()), estimate(web_profile())
    assert app.init_ms.value == pytest.approx(handler.init_ms.value + 5)
    assert app.init_ms.high - app.init_ms.value == pytest.approx(
        handler.init_ms.high - handler.init_ms.value, rel=0.05
    )
    assert app.dollars_per_million.value > handler.dollars_per_million.value


def test_a_port_that_held_the_check_s_request_costs_no_poll():
    held = estimate(web_profile(replace(WEB, is_held=True)))
    assert held.init_ms == estimate(make_profile()).init_ms
    assert "poll" not in held.phases[-1].label


def test_starts_become_medians_and_requests_are_matched():
    server = Server(("uvicorn", "main:app"), "uvicorn", (WebRequest("GET", "/a"),))
    target = Target("main", "app", "/t", "/t/main.py")
    starts = [start(ready_us=ready, is_held=ready > 2) for ready in (1, 5, 3)]
    found = web_init(server, target, starts)
    assert (found.app, found.command) == ("main:app", "uvicorn main:app")
    assert (found.ready_us, found.init_us, found.is_held) == ((1, 5, 3), 3, True)
    assert found.requests == ()
    assert web_init(server, target, []) is None


@pytest.mark.parametrize(
    ("blocked", "delay", "share"),
    [
        # 600 of rows in a span of 1000: 60 % of what is computed.
        (0, 0, 0.6),
        # A hook slept for 400 outside of all rows: rows are all of the computing.
        (400, 0, 1.0),
        # It slept for 200: rows are 600 of 800.
        (200, 0, 0.75),
        # A busy machine drew out the computing, not the sleep.
        (200, 300, 0.75),
    ],
)
def test_rows_get_nothing_of_what_a_start_up_hook_waited(blocked, delay, share):
    tree = tree_of([("main", -1, 600, "function")])
    traced = Timing(1000, 1000 - blocked - delay, 1000 - blocked - delay, delay)
    spans = [{"function_init": 1000}]
    computed, waited = 500.0, float(blocked)
    (span,) = scaling_spans([tree], spans, [traced], computed + waited, computed)
    rows = 600 * (computed + waited) / span["function_init"]
    assert rows == pytest.approx(share * computed, rel=0.01)


def test_waiting_beyond_the_time_outside_of_rows_is_in_rows():
    tree = tree_of([("main", -1, 900, "function")])
    traced = Timing(1000, 500, 500, 0)  # blocked for 500, of which 100 may be outside of rows
    (span,) = scaling_spans([tree], [{"function_init": 1000}], [traced], 1000.0, 500.0)
    assert 900 * 1000 / span["function_init"] == pytest.approx(900, rel=0.01)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (HandlerForm("mangum", Interval(80, 100, 130, 0.8), 9), "100 ms of init (80 to 130 ms)"),
        (HandlerForm("mangum", reason="it is not there"), "Not compared with a handler: it is not"),
    ],
)
def test_the_handler_form_is_shown_beside(form, words):
    profile = web_profile(replace(WEB, handler_form=form))
    notes = web_notes(profile, estimate(profile))
    assert words in notes[1]
    assert "1,100 ms" in notes[0]
    assert web_notes(make_profile(), estimate(make_profile())) == ()
