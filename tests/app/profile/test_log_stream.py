"""Logs of several streams: one cold start each, or the streams are named and asked for."""

from __future__ import annotations

import csv
import io
import json

import pytest

from importcost.app.profile.from_log import profile_log
from importcost.app.profile.request import ProfileRequest
from importcost.errors import UsageError

TIME = "2026-03-01T10:00:00.{number:06d}+00:00"
FIRST, SECOND = "2026/03/01/[$LATEST]aaaa1111", "2026/03/01/[$LATEST]bbbb2222"
LONG = "2026/03/01/[7]26596c7e424a46389655c056b817e5f1"
STARTS = "INIT_START Runtime Version: python:3.12.v30\tRuntime Version ARN: arn:aws:lambda:x::r:abc"
ROWS = (
    "import time: self [us] | cumulative | imported package",
    "import time:       900 |        900 | site",
    "import time:      3000 |       3000 |   json",
    "import time:      1000 |       4000 | handler",
)


def mixed(streams, lines=(STARTS, *ROWS)):
    """Return (stream, message) as two environments that start at once write them."""
    return [(stream, line) for line in lines for stream in streams]


def tail(events):
    return "\n".join(f"{TIME.format(number=n)} {s} {m}" for n, (s, m) in enumerate(events))


def sam_logs(events):
    return "\n".join(f"{s} {TIME.format(number=n)} {m}" for n, (s, m) in enumerate(events))


def filter_log_events(events):
    return json.dumps({"events": [{"logStreamName": s, "message": m} for s, m in events]})


def text_output(events):
    return "\n".join(
        f"EVENTS\t377111\t17000000{n:04d}\t{s}\t{m}\t17000000{n:04d}"
        for n, (s, m) in enumerate(events)
        if "\t" not in m
    )


def insights_csv(events):
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(["@timestamp", "@logStream", "@message"])
    writer.writerows([TIME.format(number=n), s, m] for n, (s, m) in enumerate(events))
    return file.getvalue()


def lines_of_json(events):
    return "\n".join(json.dumps({"logStreamName": s, "message": m}) for s, m in events)


FORMS = (tail, sam_logs, filter_log_events, text_output, insights_csv, lines_of_json)


def events_of_cli(lines):
    items = [{"timestamp": n, "message": f"{line}\n"} for n, line in enumerate(lines)]
    return json.dumps({"events": items}, indent=4)


def timed_lines(lines):
    return "\n".join(json.dumps({"timestamp": 10**12, "message": line}) for line in lines)


def lines_for_extensions(lines):
    items = [{"time": "2026", "type": "function", "record": f"{line}\n"} for line in lines]
    return "\n".join(map(json.dumps, items))


def records_of_a_logger(lines):
    return "\n".join(json.dumps({"level": "INFO", "message": line, "x": 1}) for line in lines)


def insights_without_streams(lines):
    return "@timestamp,@message\n" + "\n".join(f'2026,"{line}"' for line in lines)


@pytest.mark.parametrize(
    "form",
    [
        events_of_cli,
        timed_lines,
        lines_for_extensions,
        records_of_a_logger,
        insights_without_streams,
    ],
)
def test_rows_inside_texts_are_read_as_they_were_written(form):
    profile = read(form(ROWS))
    assert profile.function_init.cpu_us.value == 4000
    assert {"site", "json", "handler"} <= set(profile.tree.names)
    assert not any('"' in name for name in profile.tree.names)


def read(text, stream=None):
    return profile_log(ProfileRequest(""), text.encode(), "tail.txt", stream=stream)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", [SECOND, LONG])
def test_several_streams_are_named_and_asked_for(form, other):
    text = form(mixed((FIRST, other)))
    with pytest.raises(UsageError) as told:
        read(text)
    for part in (FIRST, other, "(4 rows)", "--log-stream", "tail.txt"):
        assert part in str(told.value)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wanted", ["bbbb2222", "bbbb", SECOND])
def test_the_chosen_stream_is_one_cold_start(form, wanted):
    profile = read(form(mixed((FIRST, SECOND))), wanted)
    assert profile.function_init.cpu_us.value == 4000
    assert [one.message for one in profile.warnings] == []


@pytest.mark.parametrize("form", FORMS)
def test_a_stream_without_rows_is_no_question(form):
    warm = (SECOND, "START RequestId: 1035c6cf-b362-4cae-b39f-01863fbabab6 Version: $LATEST")
    events = [*mixed((FIRST,)), warm]
    assert read(form(events)).function_init.cpu_us.value == 4000


def test_a_stream_that_is_not_there_is_named_with_those_that_are():
    with pytest.raises(UsageError, match="cccc3333 fits no log stream"):
        read(tail(mixed((FIRST, SECOND))), "cccc3333")
    with pytest.raises(UsageError, match=r"LATEST\] fits several"):
        read(tail(mixed((FIRST, SECOND))), "LATEST]")


def test_functions_of_one_log_group_are_told_apart():
    orders, users = "2026/03/01/orders[$LATEST]aaaa1111", "2026/03/01/users[$LATEST]aaaa1111"
    assert read(tail(mixed((orders, users))), "orders").function_init.cpu_us.value == 4000


def test_cold_starts_without_stream_names_are_not_mixed():
    text = "\n".join(f"{TIME.format(number=n)} {m}" for n, (_, m) in enumerate(mixed("ab")))
    with pytest.raises(UsageError, match="2 cold starts without the names"):
        read(text)
    with pytest.raises(UsageError, match="names no log streams"):
        read("\n".join(ROWS), "aaaa1111")


def test_a_powershell_file_is_split_as_well():
    data = tail(mixed((FIRST, SECOND))).encode("utf-16")
    profile = profile_log(ProfileRequest(""), data, "tail.txt", stream="aaaa")
    assert (profile.source, profile.settings.runtime) == ("lambda-log", "python3.12")
