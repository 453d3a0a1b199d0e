"""Targets that read logs: of `-X importtime`, and of Lambda in every form of its exports."""

from __future__ import annotations

import json
from typing import Any

from importcost.app.profile.from_log import profile_log
from importcost.app.profile.log_stream import one_cold_start
from importcost.app.profile.request import ProfileRequest
from importcost.errors import ImportcostError
from importcost.model.cloudwatch.logs import read_lambda_log
from importcost.model.cloudwatch.request_times import read_request_times
from importcost.model.codec import profile_from_plain, profile_to_plain
from importcost.model.importtime.nest import build_tree
from importcost.model.importtime.parse import parse_importtime
from importcost.model.importtime.partial import nest_partial, proven_us
from importcost.model.importtime.truncation import breaks_off
from tests.fuzz.choices import Choices, broken
from tests.fuzz.refusals import is_refused

STREAM = "2026/11/30/[$LATEST]0123456789abcdef0123456789abcdef"
TOKEN = "token"
MARK = f"importcost-mark {TOKEN} "
REQUEST = ProfileRequest("x.log")


def read_importtime(data: bytes) -> None:
    """Parse and nest a log's bytes as they are; every second one with marks of phases in it."""
    is_marked = len(data) % 2 == 0 or TOKEN.encode() in data
    log = parse_importtime(data, marker_token=TOKEN if is_marked else None)
    tree = build_tree(log)
    assert len(tree.parents) == len(log.rows)
    partial = nest_partial(log.rows, "handler_imports")
    proven_us(partial, range(len(partial.tree.parents)))
    breaks_off(log.rows)


def read_rows(data: bytes) -> None:
    """Parse and nest lines put together of rows and what surrounds them, and make a profile."""
    choices = Choices(data)
    lines = []
    while not choices.is_over and len(lines) < 200:
        lines.append(_importtime_line(choices))
    made = "".join(lines).encode("utf-8", "surrogateescape")
    read_importtime(made)
    try:
        profile = profile_log(REQUEST, made, "x.log")
    except ImportcostError:
        return
    if len(data) % 8 == 0:  # takes longer than all the rest
        try:
            profile_from_plain(json.loads(json.dumps(profile_to_plain(profile))))
        except ImportcostError as error:
            # Rows may claim any time; a profile of years is not one of a launch.
            if "than a launch can take" not in str(error):
                raise


def read_log_text(data: bytes) -> None:
    """Read a text as every reader of Lambda's logs does."""
    _read_log(data.decode("utf-8", "surrogateescape"))


def read_log_records(data: bytes) -> None:
    """Read records and lines of Lambda, damaged, in a form of export that is chosen too."""
    choices = Choices(data)
    form = choices.pick(FORMS)
    records = []
    while not choices.is_over and len(records) < 40:
        records.append(_record(choices))
    _read_log(broken(form(records), choices))


def _read_log(text: str) -> None:
    log = read_lambda_log(text)
    assert log.functions is not None
    times = read_request_times(text)
    assert list(times.times) == sorted(times.times)
    for wanted in (None, "0123"):
        is_refused(lambda wanted=wanted: one_cold_start(text, "x.log", wanted))


def _importtime_line(choices: Choices) -> str:
    kind = choices.number(12)
    if kind < 7:
        return _row(choices) + choices.pick(["\n", "\n", "\n", "\r\n", ""])
    return (
        lambda: "import time: self [us] | cumulative | imported package\n",
        lambda: MARK + choices.pick(["runtime", "handler_imports", "x"]) + "\n",
        lambda: choices.text() + choices.pick(["", "\n"]),
        lambda: choices.pick([f"{STREAM} ", "\x1b[31m", '{"message": "', "\ufeff", "import time:"]),
        lambda: "import time: cached | cached |   " + choices.text() + "\n",
    )[kind - 7]()


def _row(choices: Choices) -> str:
    depth = choices.number(6) if not choices.chance(64) else choices.number(4000)
    own = choices.pick([0, 1, 7, 200, 5000, 10**9, -1, 10**17])
    whole = choices.pick([own, own, own + 1, own + 5, own + 200, 0, 10**17])
    name = choices.pick(["a", "b", "site", "os", "bootstrap", "a.b", " ", "é", ""])
    return f"import time: {own:9d} | {whole:10d} | {'  ' * depth}{name}"


VALUES: tuple[Any, ...] = (
    1, 0, 3.5, 200.25, -1, 10**400, 1e308, float("nan"), float("inf"), True, None, "", "x", "12",
    [], {}, [1], {"a": 1}, 5_400_000, 2**63,
)  # fmt: skip
METRICS = (
    "durationMs", "billedDurationMs", "initDurationMs", "restoreDurationMs",
    "billedRestoreDurationMs", "memorySizeMB", "maxMemoryUsedMB",
)  # fmt: skip
KINDS = (
    "platform.report", "platform.initReport", "platform.initStart", "platform.initRuntimeDone",
    "platform.start", "platform.restoreReport", 5, None, "function",
)  # fmt: skip
TYPES = ("on-demand", "provisioned-concurrency", "snap-start", "x", None, 5, [])
_MEMORY = "Memory Size: {d} MB\tMax Memory Used: {d} MB\t"
_RESTORED = "Restore Duration: {b} ms Billed Restore Duration: {c} ms"
_BILLED = "Duration: {b} ms\tBilled Duration: {c} ms\t"
_FAILED = "Status: error\tError Type: Runtime.ImportModuleError\tInit Duration: {c} ms"
LINES = (
    f"REPORT RequestId: {{a}}\t{_BILLED}{_MEMORY}Init Duration: {{b}} ms\t",
    f"REPORT RequestId: {{a}} Init Duration: {{b}} ms Duration: {{c}} ms {_MEMORY}{_RESTORED}",
    f"REPORT RequestId: {{a}}\tDuration: {{b}} ms\t{_FAILED}",
    "REPORT RequestId: {a}\nDuration: {b} ms\nInit Duration: {c} ms\n",
    "INIT_REPORT Init Duration: {b} ms\tPhase: init\tStatus: timeout",
    "INIT_REPORT Init Duration: {b} ms",
    "INIT_START Runtime Version: python:3.12.v{a} Runtime Version ARN: arn:aws:lambda:x",
    "INIT REPORT(durationMs: {b})",
    "[ERROR] Runtime.ImportModuleError: {a}",
    "import time:       100 |        200 |   {a}",
    "{{",
    "}}",
    "{a}",
)
NUMBERS = ("1", "3.25", "0", "199.99", "99999999", "-1", "1e9", "", "٣", "9" * 400)
WHENS = (
    "2026-11-30T12:00:00.123Z", "2026-11-30 12:00:00,5+0130", "1796000000", "1796000000000",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", "2026-99-99T00:00:00", "", "9" * 400,
)  # fmt: skip


def _record(choices: Choices) -> Any:
    """Return a record, or a line of text."""
    if choices.chance(2):
        return _line(choices)
    metrics = {choices.pick(METRICS): choices.pick(VALUES) for _ in range(choices.number(6))}
    record = {
        "requestId": choices.pick(["1", "2", None, 5]),
        "metrics": metrics if not choices.chance(12) else choices.pick(VALUES),
        "status": choices.pick(["success", "error", None, []]),
        "initializationType": choices.pick(TYPES),
    }
    if choices.chance(3):
        extra = choices.pick(["phase", "errorType", "functionName", "runtimeVersion"])
        record[extra] = choices.pick(["init", "python:3.12.v1", "x", None, 5])
        record["instanceMaxMemory"] = choices.pick(VALUES)
    return {"time": choices.pick(WHENS), "type": choices.pick(KINDS), "record": record}


def _line(choices: Choices) -> str:
    words = {name: choices.pick(NUMBERS) for name in "bcd"}
    return choices.pick(LINES).format(a=choices.pick(["1", "2", "x y", "é"]), **words)


def _text(record: Any) -> str:
    return record if isinstance(record, str) else json.dumps(record)


def _events(records: list[Any]) -> list[dict[str, Any]]:
    return [
        {"timestamp": number, "message": _text(record), "logStreamName": STREAM}
        for number, record in enumerate(records)
    ]


def _insights(records: list[Any]) -> str:
    rows = []
    for record in records:
        metrics = record["record"]["metrics"] if isinstance(record, dict) else {}
        found = dict(metrics) if isinstance(metrics, dict) else {}
        values = iter([*found.values(), 1, "2"])
        names = ("@duration", "@initDuration", "@memorySize", "@type", "@message")
        rows.append([{"field": name, "value": next(values, None)} for name in names])
    return json.dumps({"results": rows})


def _csv(records: list[Any]) -> str:
    rows = "".join(f'{STREAM},"{_text(one)}"\n' for one in records)
    return f"@logStream,@message,@initDuration\n{rows}"


FORMS = (
    lambda records: "\n".join(map(_text, records)),
    lambda records: json.dumps(records),
    lambda records: json.dumps({"events": _events(records), "logGroupName": "/aws/lambda/a"}),
    lambda records: json.dumps([dict(one, record=1) for one in _events(records)]),
    _insights,
    _csv,
    lambda records: "".join(f"{WHENS[0]} {STREAM} {_text(one)}\n" for one in records),
    lambda records: "".join(f"EVENTS\t1\t2\t{STREAM}\t{_text(one)}\t3\n" for one in records),
    lambda records: "\n".join(
        json.dumps(one, indent=1) if isinstance(one, dict) else one for one in records
    ),
)
"""The forms in which logs are exported, each from records and lines to one text."""
