"""The warnings for a reader of the figures, and their absence."""

from __future__ import annotations

import dataclasses
from array import array

import pytest

from importcost.measure.session import Measurement, Subject
from importcost.measure.warnings import find_warnings
from importcost.model.graph import (
    STDLIB,
    BytecodeState,
    ImportGraph,
)
from importcost.model.interval import Interval
from importcost.model.profile import (
    Environment,
    FunctionInit,
    Run,
    RunKind,
    Settings,
    Target,
    Timing,
    WarningCode,
)
from importcost.model.rows import ImporttimeLog, Marker, RowTable
from tests.reports.page_factory import small_profile

TARGET = Target("app", "handler", "/task", "/task/app.py")
CALM = FunctionInit(Interval(100_000, 100_000, 100_000, 0.95), 100_000, 100_000, 0, 0.0)


def run(cpu_us: int = 100_000, peak_rss_kb: int = 50_000) -> Run:
    timing = Timing(cpu_us, cpu_us, cpu_us, 0)
    return Run(RunKind.TIMED, 0, cpu_us, timing, timing, timing, peak_rss_kb)


def measurement(**fields) -> Measurement:
    values = {
        "runs": tuple(run() for _ in range(10)),
        "logs": (),
        "traced_spans": (),
        "graph": {},
        "runtime_version": None,
        "handler_found": True,
        "module_count": 1,
        "output_bytes": 0,
        "output_tail": "",
    }
    return Measurement(**{**values, **fields})


def environment(**fields) -> Environment:
    base = small_profile().environment
    return dataclasses.replace(base, python_version="3.12.1", machine="x86_64", **fields)


def codes(
    found=None, function=CALM, graph=None, place=None, settings=None
) -> dict[WarningCode, str]:
    settings = settings or Settings(512, "x86_64", "zip", "python3.12")
    subject = Subject(TARGET, settings, (), "zip", None, 60)
    warnings = find_warnings(
        found or measurement(),
        function,
        graph or ImportGraph((), ()),
        place or environment(),
        subject,
    )
    assert all(warning.message.endswith(".") for warning in warnings)
    return {warning.code: warning.message for warning in warnings}


def test_a_quiet_measurement_warns_of_nothing():
    assert codes() == {}


@pytest.mark.parametrize(
    ("found", "code", "words"),
    [
        (measurement(handler_found=False), WarningCode.HANDLER_NOT_FOUND, "no function handler"),
        (measurement(output_bytes=3_000_000), WarningCode.OUTPUT, "printed 3 MB"),
        (
            measurement(runs=tuple(run(peak_rss_kb=600_000) for _ in range(10))),
            WarningCode.MEMORY,
            "586 MB of memory, more than the 512 MB",
        ),
    ],
)
def test_the_runs_tell_what_to_mind(found, code, words):
    assert words in codes(found)[code]


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (measurement(handler_found=None), WarningCode.HANDLER_NOT_FOUND),
        (measurement(output_bytes=1_000_000), WarningCode.OUTPUT),
        (measurement(runs=tuple(run(peak_rss_kb=512 * 1024) for _ in range(10))),
         WarningCode.MEMORY),
    ],
)  # fmt: skip
def test_at_the_border_nothing_is_said(found, code):
    assert code not in codes(found)


def test_waiting_and_other_threads_are_told_apart():
    waiting = dataclasses.replace(CALM, wall_us=400_000, blocked_us=300_000)
    assert "300 ms" in codes(function=waiting)[WarningCode.WALL_EXCEEDS_CPU]
    threaded = dataclasses.replace(CALM, process_cpu_us=150_000)
    assert set(codes(function=threaded)) == {WarningCode.MULTITHREADED}


def test_a_trifle_of_other_threads_is_not_worth_a_word():
    threaded = dataclasses.replace(
        CALM, cpu_us=Interval(500, 500, 500, 0.95), process_cpu_us=2_400, wall_us=500
    )
    assert codes(function=threaded) == {}


@pytest.mark.parametrize(
    ("share", "local_us", "is_told"),
    [(0.11, 100_000, True), (0.1, 100_000, False), (1.0, 5_000, False), (1.0, 5_001, True)],
)
def test_time_in_no_row_is_told_where_it_matters(share, local_us, is_told):
    function = dataclasses.replace(
        CALM, cpu_us=Interval(local_us, local_us, local_us, 0.95), wall_us=local_us,
        process_cpu_us=local_us, unattributed_share=share,
    )  # fmt: skip
    found = codes(function=function)
    assert (WarningCode.DISTURBED_LOG in found) is is_told
    assert not is_told or f"{share:.0%} of function init" in found[WarningCode.DISTURBED_LOG]


def test_a_redirected_row_stream_is_told_once():
    function = dataclasses.replace(CALM, unattributed_share=1.0)
    found = codes(measurement(rows_redirected=2), function)
    assert "2 of 0 traced runs" in found[WarningCode.DISTURBED_LOG]


def log_of(*names: str) -> ImporttimeLog:
    count = len(names)
    rows = RowTable(list(names), array("q", [1] * count), array("q", [1] * count),
                    array("q", [0] * count))  # fmt: skip
    markers = (Marker("function", 1), Marker("after", count))
    return ImporttimeLog(rows, RowTable(), (), markers, (), has_header=True)


@pytest.mark.parametrize(
    ("logs", "told"),
    [
        ([("x", "app", "forged"), ("x", "forged", "app")], "1 module that"),
        ([("x", "app", "forged"), ("x", "other", "app")], None),
        ([("early", "app"), ("early", "app")], None),
        ([("x", "app", "b", "a")], "2 modules that the graph run never tried to import (a, ...)"),
    ],
)
def test_rows_that_the_graph_run_knows_nothing_of_are_told(logs, told):
    found = measurement(logs=tuple(log_of(*names) for names in logs), graph={"tried": ["app"]})
    message = codes(found).get(WarningCode.DISTURBED_LOG)
    assert (message is None) == (told is None)
    assert told is None or told in message


def test_what_was_measured_and_what_runs_on_lambda_may_differ():
    settings = Settings(512, "arm64", "zip", "python3.13")
    found = codes(settings=settings)
    assert "Measured with python3.12" in found[WarningCode.RUNTIME_MISMATCH]
    assert "estimated for arm64" in found[WarningCode.ARCH_MISMATCH]


def test_a_runtime_that_lambda_does_not_offer_is_named_with_those_it_does():
    message = codes(settings=Settings(512, "x86_64", "zip", "python3.5"))[
        WarningCode.UNSUPPORTED_RUNTIME
    ]
    assert "python3.5" in message
    assert "python3.13" in message


@pytest.mark.parametrize(("count", "is_told"), [(5, False), (6, True)])
def test_a_library_without_bytecode_makes_figures_too_high(count, is_told):
    module = next(iter(small_profile().graph.modules))
    modules = tuple(
        dataclasses.replace(
            module,
            name=f"m{n}",
            distribution=STDLIB,
            bytecode=BytecodeState.ABSENT,
            loaded_by="app",
        )
        for n in range(count)
    )
    graph = ImportGraph(modules=modules, edges=())
    assert (WarningCode.STDLIB_BYTECODE in codes(graph=graph)) == is_told
