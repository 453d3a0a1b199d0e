"""Arrivals from a CloudWatch log in its forms, and from lists of times."""

import json

import pytest

from importcost.model.cloudwatch.request_times import read_request_times

FIGURES = "Billed Duration: 200 ms\tMemory Size: 512 MB\tMax Memory Used: 90 MB"
COLD = f"REPORT RequestId: a\tDuration: 200.00 ms\t{FIGURES}\tInit Duration: 300.00 ms"
WARM = f"REPORT RequestId: b\tDuration: 100.00 ms\t{FIGURES}"
NOON = 1_795_435_200.0  # 2026-11-23 12:00 UTC


def test_an_arrival_is_the_report_less_init_and_duration():
    text = f"2026-11-23T12:00:01.000Z {WARM}\n2026-11-23T12:00:00.500Z {COLD}\n"
    found = read_request_times(text)
    assert found.times == pytest.approx((NOON, NOON + 0.9))
    assert found.durations_ms == (200.0, 100.0)
    assert found.cold == 1


def test_exported_events_carry_their_own_times():
    events = [
        {"timestamp": int((NOON + 1) * 1000), "message": WARM},
        {"timestamp": int((NOON + 0.5) * 1000), "message": COLD},
        {"timestamp": int(NOON * 1000), "message": "START RequestId: a"},
    ]
    assert read_request_times(json.dumps({"events": events})).times == pytest.approx(
        (NOON, NOON + 0.9)
    )


def test_json_records_carry_their_own_times():
    record = {"requestId": "a", "metrics": {"durationMs": 100.0}}
    line = {"time": "2026-11-23T12:00:01.000Z", "type": "platform.report", "record": record}
    assert read_request_times(json.dumps(line) + "\n").times == pytest.approx((NOON + 0.9,))


def test_reports_without_a_time_are_counted():
    found = read_request_times(f"{COLD}\n2026-11-23T12:00:01Z {WARM}\n")
    assert len(found.times) == 1
    assert found.without_time == 1


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-23T12:00:00Z",
        "2026-11-23 12:00:00",
        "2026-11-23T13:00:00.000+01:00",
        "1795435200",
        "1795435200.0",
        "1795435200000",
    ],
)
def test_a_list_of_times_is_read_in_any_form(line):
    found = read_request_times(f"# arrivals\n{line}\n\nnot a time\n")
    assert found.times == (NOON,)
    assert found.durations_ms is None
    assert found.without_time == 1
