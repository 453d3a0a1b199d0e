"""Cold starts out of Lambda logs in every form that they are exported in."""

import csv
import io
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.model.cloudwatch.logs import InitKind, read_lambda_log
from tests.harness import PATIENCE_S

# Init Duration and Duration of the AWS Compute Blog's example, in force since 2025-08-01.
INITS = (81.26, 93.5, 102.0)
STREAM = "2026/11/0{day}/[$LATEST]26596c7e424a46389655c056b817e5f{day}"


def request(number: int) -> str:
    return f"8f507cfc-xmpl-4697-b07a-{number:012d}"


def report(number: int, init: float | None = None, *, memory: int = 128, used: int = 31) -> str:
    ms = 2.13
    billed = -int(-(ms + (init or 0)) // 1)
    parts = [
        f"REPORT RequestId: {request(number)}",
        f"Duration: {ms} ms",
        f"Billed Duration: {billed} ms",
        f"Memory Size: {memory} MB",
        f"Max Memory Used: {used} MB",
    ]
    if init is not None:
        parts.append(f"Init Duration: {init} ms")
    return "\t".join(parts) + "\t"


def lines() -> list[tuple[str, str]]:
    """Three environments: a cold start and a warm invocation each."""
    found = []
    for day, init in enumerate(INITS, 1):
        stream = STREAM.format(day=day)
        found += [
            (stream, "INIT_START Runtime Version: python:3.12.v40\tRuntime Version ARN: arn:aws:x"),
            (stream, f"START RequestId: {request(day)} Version: $LATEST"),
            (stream, f"END RequestId: {request(day)}"),
            (stream, report(day, init)),
            (stream, report(day + 100)),
        ]
    return found


def plain() -> str:
    return "\n".join(message for _, message in lines())


def tail() -> str:
    return "\n".join(f"2026-11-01T10:00:00.123000+00:00 {s} {m}" for s, m in lines())


def sam() -> str:
    return "\n".join(f"{s} 2026-11-01T10:00:00.123000 {m}" for s, m in lines())


def short() -> str:
    return "\n".join(f"2026-11-01T10:00:00 {m}" for _, m in lines())


def text_output() -> str:
    rows = (
        f"EVENTS\t3{n:055d}\t17620{n:08d}\t{s}\t{m}\t17620{n:08d}"
        for n, (s, m) in enumerate(lines())
    )
    return "\n".join(rows)


def filtered() -> str:
    events = [
        {"logStreamName": s, "timestamp": n, "message": m + "\n", "eventId": str(n)}
        for n, (s, m) in enumerate(lines())
    ]
    return json.dumps({"events": events, "searchedLogStreams": []}, indent=4)


def got() -> str:
    events = [
        {"timestamp": n, "message": m, "ingestionTime": n} for n, (_, m) in enumerate(lines())
    ]
    return json.dumps({"events": events, "nextForwardToken": "f/1"})


def console_csv() -> str:
    return written([("timestamp", "message"), *((1, m + "\n") for _, m in lines())])


def insights_csv() -> str:
    rows = [("@timestamp", "@message", "@logStream"), *(("2026", m, s) for s, m in lines())]
    return written(rows)


def insights_fields_csv() -> str:
    head = ("@requestId", "@initDuration", "@duration", "@memorySize", "@maxMemoryUsed", "@log")
    rows = [(request(n), init, 2.13, 1.28e8, 3.1e7, "1:/aws/lambda/f") for n, init in numbered()]
    warm = [(request(n + 100), "", 2.13, 1.28e8, 3.1e7, "1:/aws/lambda/f") for n, _ in numbered()]
    return written([head, *rows, *warm])


def insights_json() -> str:
    found = [{"@timestamp": "2026", "@message": m, "@logStream": s} for s, m in lines()]
    return json.dumps(found)


def insights_results() -> str:
    found = [
        [{"field": "@message", "value": m}, {"field": "@logStream", "value": s}] for s, m in lines()
    ]
    return json.dumps({"results": found, "status": "Complete"})


def records() -> list[dict]:
    found = []
    for number, init in numbered():
        start = {"initializationType": "on-demand", "phase": "init", "functionName": "f"}
        done = {**start, "status": "success", "metrics": {"durationMs": init}}
        found += [
            ("platform.initStart", {**start, "runtimeVersion": "python:3.12.v40"}),
            ("platform.initReport", done),
            ("platform.report", platform_report(number, init)),
            ("platform.report", platform_report(number + 100)),
        ]
    return [{"time": "2026", "type": kind, "record": record} for kind, record in found]


def platform_report(number: int, init: float | None = None, **more) -> dict:
    metrics = {"durationMs": 2.13, "billedDurationMs": 3, "memorySizeMB": 128, **more}
    metrics["maxMemoryUsedMB"] = 31
    if init is not None:
        metrics["initDurationMs"] = init
    return {"requestId": request(number), "metrics": metrics, "status": "success"}


def json_lines() -> str:
    return "\n".join(json.dumps(one) for one in records())


def json_tail() -> str:
    return "\n".join(
        f"2026-11-01T10:00:00+00:00 {STREAM.format(day=1)} {json.dumps(one)}" for one in records()
    )


def json_tail_spread() -> str:
    return "\n".join(f"2026-11-01T10:00:00+00:00 {json.dumps(one, indent=4)}" for one in records())


def json_filtered() -> str:
    return json.dumps({"events": [{"message": json.dumps(one)} for one in records()]})


def json_objects() -> str:
    return json.dumps([{"@message": one} for one in records()])


def numbered():
    return list(enumerate(INITS, 1))


def written(rows) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return stream.getvalue()


FORMS = [
    plain,
    tail,
    sam,
    short,
    text_output,
    filtered,
    got,
    console_csv,
    insights_csv,
    insights_fields_csv,
    insights_json,
    insights_results,
    json_lines,
    json_tail,
    json_tail_spread,
    json_filtered,
    json_objects,
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_every_form_tells_the_same_cold_starts(form):
    log = read_lambda_log(form())
    assert sorted(one.init_ms for one in log.cold_starts) == list(INITS)
    assert {one.memory_mb for one in log.cold_starts} == {128}
    assert {one.request_id for one in log.cold_starts} == {request(n) for n in (1, 2, 3)}
    assert log.warm == 3
    assert (log.duplicates, log.emulator, log.unreadable) == (0, 0, 0)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("form", [plain, tail, json_lines])
def test_line_ends_and_a_byte_order_mark_change_nothing(form, end):
    text = "\ufeff" + form().replace("\n", end)
    assert len(read_lambda_log(text).cold_starts) == 3


@pytest.mark.parametrize("form", [plain, tail, json_lines, filtered, console_csv])
def test_what_is_exported_twice_counts_once(form):
    text = form()
    if form is filtered:
        events = json.loads(text)["events"]
        twice = json.dumps({"events": events + events})
    elif form is console_csv:
        twice = text + text.split("\r\n", 1)[1]
    else:
        twice = text + "\n" + text
    log = read_lambda_log(twice)
    assert len(log.cold_starts) == 3
    assert log.warm == 3
    assert log.duplicates == 6


def test_a_retried_request_is_another_invocation():
    first, second = report(1, 80.5), report(1, 90.5)
    assert len(read_lambda_log(f"{first}\n{second}").cold_starts) == 2


def test_functions_are_told_apart_by_log_group_and_name():
    def events(name, number, init):
        start = {"initializationType": "on-demand", "functionName": name}
        return [
            {"type": "platform.initStart", "record": start},
            {"type": "platform.report", "record": platform_report(number, init)},
        ]

    rows = [
        {"@logStream": f"2026/11/01/[$LATEST]{'a' * 31}{n}", "@message": one}
        for n, name in enumerate(("orders", "refunds"))
        for one in events(name, n, 100.0 + n)
    ]
    log = read_lambda_log(json.dumps(rows))
    assert log.functions == ("orders", "refunds")
    assert {(one.function, one.init_ms) for one in log.cold_starts} == {
        ("orders", 100.0),
        ("refunds", 101.0),
    }
    by_group = [
        {"@log": f"123456789012:/aws/lambda/{name}", "@message": report(n, 90.0 + n)}
        for n, name in enumerate(("a", "b"))
    ]
    assert read_lambda_log(json.dumps(by_group)).functions == ("a", "b")


def test_a_shared_log_group_names_the_function_in_its_streams():
    text = "\n".join(
        f"2026-11-01T10:00:00 2026/11/01/{name}[$LATEST]{'a' * 31}{n} {report(n, 90.0 + n)}"
        for n, name in enumerate(("orders", "refunds"))
    )
    assert read_lambda_log(text).functions == ("orders", "refunds")


def test_a_log_group_before_the_message_names_the_function():
    text = f"/aws/lambda/orders {STREAM.format(day=1)} {report(1, 90.0)}"
    assert read_lambda_log(text).functions == ("orders",)


@pytest.mark.parametrize("sign", ["[", "{\n", "2026/11/01/[", "REPORT RequestId: ", "1234567890 "])
def test_long_logs_of_nonsense_are_read_in_good_time(sign):
    began = time.process_time()
    assert read_lambda_log(sign * 50_000).cold_starts == ()
    assert time.process_time() - began < PATIENCE_S


def test_the_runtime_is_that_of_the_stream():
    text = tail().replace("python:3.12", "nodejs:20", 1)
    log = read_lambda_log(text)
    assert sorted(one.runtime for one in log.cold_starts) == [
        "nodejs20",
        "python3.12",
        "python3.12",
    ]


EMULATED = (
    "REPORT RequestId: {id}\tInit Duration: 0.13 ms\tDuration: 123.00 ms\tBilled Duration: 123 ms"
    "\tMemory Size: 3008 MB\tMax Memory Used: 3008 MB\t"
)


def test_the_emulators_reports_are_never_lambdas():
    text = "\n".join(
        [
            "INIT REPORT(durationMs: 1399.750000)",
            EMULATED.format(id=request(1)),
            EMULATED.format(id=request(2)).replace("\tInit Duration: 0.13 ms", ""),
            EMULATED.format(id=request(3)).replace("\tInit Duration: 0.13 ms", "")
            + "Init Duration: 700.5 ms",
        ]
    )
    log = read_lambda_log(text)
    assert (log.cold_starts, log.emulator, log.warm) == ((), 3, 0)


@pytest.mark.parametrize("billed", [123, 124])
def test_one_line_of_the_emulator_is_known_without_its_marker(billed):
    text = EMULATED.format(id=request(1)).replace("Duration: 123 ms", f"Duration: {billed} ms")
    assert read_lambda_log(text).emulator == 1


def test_a_function_that_ran_full_is_told_by_its_bill():
    log = read_lambda_log(report(1, 81.26, used=128))
    assert [one.init_ms for one in log.cold_starts] == [81.26]


ARN = "INIT_START Runtime Version: python:3.12.v18\tRuntime Version ARN: arn:aws:lambda:x::runtime"
FULL = (
    "REPORT RequestId: {id} Duration: 884.70 ms Billed Duration: 885 ms Memory Size: 128 MB "
    "Max Memory Used: 128 MB Init Duration: 182.58 ms"
)
"""A ZIP function's before August 2025: its init was not billed."""


def full_events(count: int) -> list[str]:
    return [line for number in range(count) for line in (ARN, FULL.format(id=request(number)))]


@pytest.mark.parametrize(
    "text",
    [
        "\n\n".join(f"2024-02-21T20:57:12.839+05:30\t{line}" for line in full_events(3)),
        "\n".join(line for line in full_events(3) if line.startswith("REPORT")),
        json.dumps({"events": [{"message": line} for line in full_events(3)]}),
        "\n".join(f"2024/02/21/[$LATEST]aaaa1111 {line}" for line in full_events(3)),
        "\n".join(
            json.dumps(
                {
                    "type": "platform.report",
                    "record": {
                        "requestId": request(number),
                        "metrics": {
                            "durationMs": 884.7,
                            "billedDurationMs": 885,
                            "memorySizeMB": 128,
                            "maxMemoryUsedMB": 128,
                            "initDurationMs": 182.58,
                        },
                    },
                }
            )
            for number in range(3)
        ),
        # A file to which both were appended.
        "\n".join(["INIT REPORT(durationMs: 1399.750000)", *full_events(3)]),
    ],
    ids=["console", "reports-only", "events", "streams", "records", "after-the-emulators"],
)
def test_a_function_that_used_all_its_memory_counts(text):
    log = read_lambda_log(text)
    assert [one.init_ms for one in log.cold_starts] == [182.58] * 3
    assert log.emulator == 0


def test_restores_are_no_inits():
    text = (
        f"REPORT RequestId: {request(1)}\tDuration: 2338.66 ms\tBilled Duration: 2521 ms\t"
        "Memory Size: 3009 MB\tMax Memory Used: 173 MB\tRestore Duration: 398.97 ms\t"
        "Billed Restore Duration: 182 ms\t"
    )
    log = read_lambda_log(text)
    assert log.cold_starts == ()
    restore = log.restores[0]
    assert (restore.restore_ms, restore.billed_ms, restore.memory_mb) == (398.97, 182.0, 3009)
    record = platform_report(1, restoreDurationMs=398.97, billedRestoreDurationMs=182)
    same = read_lambda_log(json.dumps({"type": "platform.report", "record": record}))
    assert same.restores[0].restore_ms == 398.97


FAILURES = {
    "timeout": (
        "INIT_REPORT Init Duration: 9999.79 ms\tPhase: init\tStatus: timeout\n"
        "INIT_REPORT Init Duration: 3003.5 ms\tPhase: invoke\tStatus: timeout"
    ),
    "error": (
        "INIT_REPORT Init Duration: 150.11 ms\tPhase: init\tStatus: error\tError Type: "
        f"Runtime.ImportModuleError\n{report(1, 150.11)}"
    ),
    "text": f"[ERROR] Runtime.ImportModuleError: Unable to import module 'x'\n{report(1, 150.11)}",
    "type": report(1, 150.11) + "Status: error\tError Type: Runtime.ImportModuleError",
    "json": json.dumps(
        {
            "type": "platform.initReport",
            "record": {
                "initializationType": "on-demand",
                "phase": "init",
                "status": "timeout",
                "metrics": {"durationMs": 9999.79},
            },
        }
    ),
}


@pytest.mark.parametrize("text", FAILURES.values(), ids=FAILURES)
def test_inits_that_failed_are_kept_apart(text):
    log = read_lambda_log(text)
    assert log.cold_starts == ()
    assert log.failed[0].init_ms in (9999.79, 150.11)
    assert log.failed[0].phase == "init"


def test_an_exception_in_the_handler_leaves_the_init_good():
    text = report(1, 150.11) + "Status: error\tError Type: ValueError"
    assert len(read_lambda_log(text).cold_starts) == 1


def test_provisioned_inits_are_marked():
    start = {"initializationType": "provisioned-concurrency", "functionName": "f"}
    text = "\n".join(
        json.dumps({"type": kind, "record": record})
        for kind, record in (
            ("platform.initStart", start),
            ("platform.report", platform_report(1, 700.0)),
        )
    )
    assert read_lambda_log(text).cold_starts[0].kind is InitKind.PROVISIONED


@pytest.mark.parametrize(
    ("named", "kind"),
    [
        ("on-demand", InitKind.ON_DEMAND),
        ("snap-start", InitKind.SNAPSTART),
        ("lambda-managed-instances", InitKind.MANAGED),
        ("tenant-warmed", InitKind.UNKNOWN),
        ("", InitKind.UNKNOWN),
        (7, InitKind.UNKNOWN),
        (None, InitKind.ON_DEMAND),
    ],
)
@pytest.mark.parametrize("told_by", ["platform.initStart", "platform.initReport"])
def test_only_an_init_that_is_called_on_demand_counts_as_that(named, kind, told_by):
    told = {"initializationType": named, "functionName": "f", "metrics": {"durationMs": 700.0}}
    text = "\n".join(
        json.dumps({"type": each, "record": record})
        for each, record in ((told_by, told), ("platform.report", platform_report(1, 700.0)))
    )
    assert {one.kind for one in read_lambda_log(text).cold_starts} == {kind}


@pytest.mark.parametrize("stream", ["", f"2026/11/01/[4]{'a' * 32} "])
@pytest.mark.parametrize("status", ["", "\tStatus: success"])
@pytest.mark.parametrize("is_newest_first", [False, True])
def test_a_text_log_reports_a_good_init_apart_only_where_it_ran_ahead(
    stream, status, is_newest_first
):
    other = f"2026/11/01/[4]{'b' * 32} " if stream else ""
    lines = [
        f"{stream}INIT_REPORT Init Duration: 700.11 ms\tPhase: init{status}",
        f"{stream}{report(1, 700.11)}",
        f"{other}{report(2, 150.11)}",
    ]
    log = read_lambda_log("\n".join(lines[::-1] if is_newest_first else lines))
    kinds = {one.init_ms: one.kind for one in log.cold_starts}
    assert kinds == {700.11: InitKind.PROVISIONED, 150.11: InitKind.ON_DEMAND}


def test_an_init_without_its_report_counts_once():
    start = {"initializationType": "on-demand", "phase": "init", "status": "success"}
    record = {"type": "platform.initReport", "record": {**start, "metrics": {"durationMs": 88.5}}}
    text = "\n".join([json.dumps(record)] * 2)
    assert [one.init_ms for one in read_lambda_log(text).cold_starts] == [88.5]


def test_a_report_wrapped_by_the_console_is_one():
    wrapped = report(1, 81.26).replace("\t", "\n")
    assert [one.init_ms for one in read_lambda_log(wrapped).cold_starts] == [81.26]


@pytest.mark.parametrize(
    "text",
    [
        "replaying REPORT RequestId: x Duration: 2 ms Init Duration: 900 ms",
        'print("REPORT RequestId: x\tDuration: 2 ms\tInit Duration: 900 ms")',
        json.dumps({"level": "INFO", "message": "platform.report", "initDurationMs": 4}),
    ],
)
def test_what_the_handler_says_is_no_report(text):
    log = read_lambda_log(text)
    assert (log.cold_starts, log.warm, log.unreadable) == ((), 0, 0)


@pytest.mark.parametrize(
    "text",
    [
        "REPORT RequestId: x",
        "REPORT RequestId: x\tDuration: soon ms\tInit Duration: 4 ms",
        "REPORT RequestId: x\tDuration: 99999999999 ms",
        json.dumps({"type": "platform.report", "record": {"metrics": {"durationMs": "2"}}}),
        json.dumps({"type": "platform.report", "record": None}),
    ],
)
def test_reports_without_figures_are_counted_not_guessed(text):
    log = read_lambda_log("first line\n" + text)
    assert (log.cold_starts, log.unreadable, log.line_of_unreadable) == ((), 1, 2)


ODD = st.one_of(
    st.text(),
    st.lists(
        st.sampled_from(
            [
                report(1, 81.26),
                "{",
                "}",
                "[",
                '{"type":"platform.report"}',
                "@message,@log",
                '"',
                ",",
            ]
        )
    ).map("\n".join),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(),
        lambda inner: (
            st.lists(inner)
            | st.dictionaries(
                st.sampled_from(["events", "@message", "type", "record", "metrics", "durationMs"]),
                inner,
            )
        ),
    ).map(json.dumps),
)


@given(ODD)
def test_odd_text_is_read_without_an_error(text):
    log = read_lambda_log(text)
    assert all(one.init_ms >= 0 for one in log.cold_starts)


@given(st.lists(st.floats(1, 9_000).map(lambda ms: round(ms, 2)), min_size=1, unique=True))
def test_all_inits_come_back_in_order(inits):
    text = "\n".join(report(number, init) for number, init in enumerate(inits))
    assert [one.init_ms for one in read_lambda_log(text).cold_starts] == inits
