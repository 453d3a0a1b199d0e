"""The layer's line becomes a profile, in whatever form the log was exported."""

from __future__ import annotations

import csv
import io
import json
import random

import pytest

from importcost.app.profile.from_log import profile_log
from importcost.app.profile.request import ProfileRequest
from importcost.errors import MeasurementError, UsageError
from importcost.model.cloudwatch.layer_record import layer_lines
from importcost.model.profile import Phase, WarningCode
from importcost.model.tree import NOT_IN_LOG
from tests.layer.lines import MS, ROWS, line

STREAM = "2026/11/30/[$LATEST]0123456789abcdef0123456789abcdef"
OTHER = "2026/11/30/[$LATEST]fedcba9876543210fedcba9876543210"
REPORT = "REPORT RequestId: 1-2 Duration: 1.00 ms Init Duration: 90.00 ms"


def read(text, **options):
    return profile_log(ProfileRequest("handler"), text.encode(), "cold.log", **options)


def csv_of(*messages):
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(("@timestamp", "@logStream", "@message"))
    writer.writerows(("2026-11-30 10:00:00.000", STREAM, message) for message in messages)
    return out.getvalue()


def field(name, value):
    return {"field": name, "value": value}


def entry(text):
    return json.dumps({"timestamp": "2026-11-30T10:00:00Z", "level": "INFO", "message": text})


FORMS = {
    "as written": lambda text: f"{text}\n",
    "glued": lambda text: f"progress 50%{text}\r\n{REPORT}\n",
    "aws logs tail": lambda text: (
        f"2026-11-30T10:00:00.000000+00:00 {STREAM} {text}\n"
        f"2026-11-30T10:00:00.000000+00:00 {STREAM} {REPORT}\n"
    ),
    "text output": lambda text: f"EVENTS\t1\t1796000000000\t{STREAM}\t{text}\n",
    "filter-log-events": lambda text: json.dumps(
        {"events": [{"logStreamName": STREAM, "timestamp": 1796000000000, "message": text}]}
    ),
    "get-log-events": lambda text: json.dumps({"events": [{"timestamp": 1, "message": text}]}),
    "Insights JSON": lambda text: json.dumps(
        {"results": [[field("@logStream", STREAM), field("@message", text)]]}
    ),
    "Insights CSV": lambda text: csv_of(text, REPORT),
    "JSON format": lambda text: f"{entry(text)}\n",
    "JSON format, exported": lambda text: json.dumps(
        {"events": [{"logStreamName": STREAM, "message": entry(text)}]}
    ),
    "JSON format, CSV": lambda text: csv_of(entry(text)),
    "telemetry": lambda text: json.dumps([{"time": "t", "type": "function", "record": text}]),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_export_has_the_same_figures(form):
    profile = read(FORMS[form](line()))
    tree = profile.tree
    assert [tree.name(node) for node in range(len(tree))] == [
        "awslambdaric", "awslambdaric.bootstrap", "app", "heavy", "small", "heavy.part", "light",
    ]  # fmt: skip
    assert tree.cumulative_us[2] == 50_020
    assert {one.phase: one.wall_us for one in profile.phases} == {
        Phase.INTERPRETER_START: 15_000,
        Phase.RUNTIME: 6_200,
        Phase.HANDLER_IMPORTS: 42_000,
        Phase.MODULE_BODY: 9_000,
    }
    assert profile.function_init.wall_us == 51_000
    assert profile.source == "lambda-log"
    settings = profile.settings
    assert (settings.memory_mb, settings.arch, settings.runtime) == (1024, "arm64", "python3.13")
    assert not profile.warnings


def test_what_was_given_is_kept():
    request = ProfileRequest("handler", memory_mb=256, arch="x86_64", runtime="python3.14")
    given = frozenset({"memory_mb", "arch", "runtime"})
    settings = profile_log(request, line().encode(), "cold.log", given=given).settings
    assert (settings.memory_mb, settings.arch, settings.runtime) == (256, "x86_64", "python3.14")


@pytest.mark.unhurried
def test_the_cheapest_modules_are_left_out_first_and_their_time_is_kept():
    random.seed(1)
    many = []
    for number in range(30_000):
        own = random.randrange(1_000, 900_000)
        many.append((f"package_{number % 97}.module_{random.random()}", 1, own, own))
    whole = sum(row[3] for row in many)
    rows = [*ROWS[:2], *many, ("dear", 1, 80 * MS, 80 * MS), ("app", 0, MS, 81 * MS + whole)]
    text = line(rows=rows, spans=[[0, 0, 0]] * 2 + [[whole // 1000 + 81_000] * 3, [0, 0, 0]])
    assert 150_000 < len(text) < 200_000
    (record,) = layer_lines(text).records
    kept = set(record.rows.names)
    left = [row for row in many if row[0] not in kept]
    assert len(left) == record.left_out > 1_000
    assert max(row[3] for row in left) <= min(row[3] for row in many if row[0] in kept)
    assert "dear" in kept
    profile = read(text)
    tree = profile.tree
    missing = sum(us for node, us in enumerate(tree.self_us) if tree.name(node) == NOT_IN_LOG)
    assert missing == pytest.approx(sum(row[3] for row in left) / 1000, abs=len(left))
    app = next(node for node in range(len(tree)) if tree.name(node) == "app")
    assert tree.cumulative_us[app] == pytest.approx(whole / 1000 + 81_000, abs=len(many))
    assert [one.code for one in profile.warnings] == [WarningCode.LOG_LACKS_ROWS]


@pytest.mark.parametrize("most_bytes", [400, 480, 560])
def test_a_line_without_room_keeps_the_sums_of_each_phase(most_bytes):
    text = line(most_bytes)
    profile = read(text)
    tree = profile.tree
    assert sum(tree.self_us) == 53_020
    own = [us for us, phase in zip(tree.self_us, tree.phase_ids, strict=True) if phase >= 2]
    assert sum(own) in (50_020, 0)  # nothing is left of it where not even the handler's row fits


def several(*streams):
    texts = [line(spans=[[n * 10_000] * 3] * 4) for n in range(1, len(streams) + 1)]
    return json.dumps({
        "events": [
            {"logStreamName": stream, "timestamp": 1_000 - n, "message": text}
            for n, (stream, text) in enumerate(zip(streams, texts, strict=True))
        ]
    })  # fmt: skip


def test_of_several_cold_starts_the_newest_is_shown_and_the_others_named():
    profile = read(several(STREAM, OTHER))
    assert profile.phases[0].wall_us == 10_000
    (warning,) = profile.warnings
    assert warning.code is WarningCode.SEVERAL_COLD_STARTS
    assert "2 cold starts, from 40 to 80 ms" in warning.message


def test_a_log_stream_is_chosen():
    profile = read(several(STREAM, OTHER), stream="fedcba")
    assert profile.phases[0].wall_us == 20_000
    assert not profile.warnings
    with pytest.raises(UsageError, match=r"has no cold start of the log stream nobody"):
        read(several(STREAM, OTHER), stream="nobody")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (line()[:-40], "the line was cut or changed"),
        ("importcost-init: abcd", "the line was cut or changed"),
        ("importcost-init: error=OSError", r"the layer could not write it \(OSError\)"),
        (line(version=2), "a later version of the layer wrote it"),
        (line(spans=[]), "the line was cut or changed"),
        (line(memory_mb="much"), "the line was cut or changed"),
        (line(threads=[10**40, 0]), "the line was cut or changed"),
    ],
)
def test_a_line_that_cannot_be_read_is_a_sentence(text, said):
    with pytest.raises(MeasurementError, match=said):
        read(f"{text}\n")


@pytest.mark.parametrize(
    ("changes", "code", "said"),
    [
        ({"whole": False}, WarningCode.LOG_IS_CUT, "Init failed in this cold start"),
        ({"kind": "provisioned-concurrency"}, WarningCode.INIT_KIND, "provisioned-concurrency"),
        ({"border": 7}, WarningCode.HANDLER_NOT_FOUND, "loaded before the runtime asked for it"),
        (
            {"threads": [9, 1_500], "thread_names": ["a", "b"]},
            WarningCode.MULTITHREADED,
            "imported a, b and 7 others in 1.5 ms",
        ),
    ],
)
def test_what_a_reader_must_know_is_a_warning(changes, code, said):
    (warning,) = read(line(**changes)).warnings
    assert warning.code is code
    assert said in warning.message


def test_the_emulators_line_is_not_lambdas():
    assert read(line(on_lambda=False)).source == "log"
