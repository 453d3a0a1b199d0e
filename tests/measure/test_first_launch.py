"""A first launch that took several times the later ones: when it is told, and with what cause."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from importcost.measure.first_launch import find_first_launch, needs_second_graph_run
from importcost.measure.plan import Plan
from importcost.measure.session import SharedFoldersUse, measure
from importcost.measure.warnings import find_warnings
from importcost.model.graph import ImportGraph
from importcost.model.profile import Run, RunKind, Timing, WarningCode
from tests.harness import Handler, write_files
from tests.measure.test_session import SUBJECT, FakeRunner
from tests.measure.test_warnings import CALM, codes, environment, measurement


def run(kind: RunKind, ms: float, waiting_ms: float = 0, others_ms: float = 0) -> Run:
    """Return a run of `ms` in all, of which it waited, and waited for a processor of others'."""
    cpu_us = round((ms - waiting_ms) * 1000)
    wall_us = round((ms + others_ms) * 1000)
    span = Timing(wall_us, cpu_us, cpu_us, round(others_ms * 1000))
    return Run(kind, 0, wall_us, span, span, span, 50_000)


def runs(kind: RunKind, *spans_ms: float, **waits: float) -> tuple[Run, ...]:
    first = run(kind, spans_ms[0], **waits)
    return (first, *(run(kind, ms) for ms in spans_ms[1:]))


@pytest.mark.parametrize("kind", [RunKind.GRAPH, RunKind.TIMED, RunKind.TRACED])
def test_the_first_of_a_kind_is_held_against_the_later_ones(kind):
    found = find_first_launch(runs(kind, 1705, 16, 17, 15))
    assert (found.first_us, found.later_us) == (1_705_000, 16_000)


@pytest.mark.parametrize(
    "found",
    [
        runs(RunKind.TIMED, 100, 20, 21, 19),  # less than a tenth of a second more
        runs(RunKind.TIMED, 1000, 400, 410, 390),  # not three times
        runs(RunKind.TIMED, 20, 1705, 16),  # a later one was slow: no cold start
        (run(RunKind.GRAPH, 1705), *runs(RunKind.TIMED, 16, 16)),  # recording takes time
        (run(RunKind.TIMED, 20, others_ms=1700), run(RunKind.TIMED, 16)),  # a busy machine
        (run(RunKind.SPEED, 1705), run(RunKind.SPEED, 16)),
        (),
    ],
    ids=["short", "twice", "later", "two kinds", "busy", "speed", "none"],
)
def test_what_is_no_first_launch_is_not_told(found):
    assert find_first_launch(found) is None


@pytest.mark.parametrize(
    ("graph_ms", "timed_ms", "is_needed"),
    [(1705, 16, True), (100, 16, False), (1705, 600, False)],
)
def test_another_graph_run_is_asked_for_where_only_it_can_tell(graph_ms, timed_ms, is_needed):
    found = (run(RunKind.GRAPH, graph_ms), *runs(RunKind.TIMED, timed_ms, timed_ms))
    assert needs_second_graph_run(found) is is_needed
    assert not needs_second_graph_run((*found, run(RunKind.GRAPH, graph_ms)))


def test_a_session_launches_that_graph_run_last():
    class ColdFirst(FakeRunner):
        def launch(self, *job):
            launch = super().launch(*job)
            if len(self.asked) == 1:
                slow = {**launch.result["phases"]["function_init"], "wall_ns": 2_000_000_000}
                slow["cpu_ns"] = 2_000_000_000
                phases = {**launch.result["phases"], "function_init": slow}
                launch = replace(launch, result={**launch.result, "phases": phases})
            return launch

    runner = ColdFirst()
    found = measure(runner, SUBJECT, Plan(10), lambda _: None, Random(1))
    assert [runner.kinds[0], runner.kinds[-1]] == ["graph", "graph"]
    assert runner.kinds.count("graph") == 2
    assert find_first_launch(found.runs).first_us == 2_000_000
    calm = FakeRunner()
    measure(calm, SUBJECT, Plan(10), lambda _: None, Random(1))
    assert calm.kinds.count("graph") == 1


COLD = (*runs(RunKind.GRAPH, 1705, 16), *runs(RunKind.TIMED, 12, 12, 12, 12, 12, 12))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"made": ("/task/__pycache__/f.nbi",)}, "it created /task/__pycache__/f.nbi, which later"),
        ({"made": tuple(f"/task/{n}" for n in "abcde")}, "/task/a, /task/b, /task/c and 2 more"),
        ({"made": ("/tmp/x", "/dev/shm/y")}, "a file that stays"),
        ({"shared": SharedFoldersUse("simulated", left=("/tmp/x",))}, "it created /tmp/x, which"),
        ({}, "a file that stays"),
        (
            {"runs": (*runs(RunKind.GRAPH, 1705, 16, waiting_ms=1600), *COLD[2:])},
            "read from disk once",
        ),
    ],
    ids=["files", "many files", "private files", "shared files", "unknown", "disk"],
)
def test_the_warning_names_times_and_likely_cause(fields, words):
    message = codes(measurement(**{"runs": COLD, **fields}))[WarningCode.FIRST_LAUNCH]
    assert message.startswith("The first launch took 1,705 ms, later ones 16.0 ms")
    assert words in message


@pytest.mark.parametrize(
    ("use", "words"),
    [
        (SharedFoldersUse("no namespaces", left=("/tmp/x",)), "/tmp/x appeared there and may be"),
        (SharedFoldersUse("no namespaces", met=("/tmp/x",)), "used /tmp/x, which was there before"),
    ],
)
def test_what_shared_folders_kept_is_one_warning(use, words):
    found = codes(measurement(shared=use))
    assert words in found[WarningCode.SHARED_FOLDERS]
    assert "(no namespaces)" in found[WarningCode.SHARED_FOLDERS]


def test_shared_folders_alone_are_no_warning():
    assert codes(measurement(shared=SharedFoldersUse("no namespaces"))) == {}


CACHES = """
import os, time
cache = os.path.join(os.path.dirname(__file__), "made.cache")
if not os.path.exists(cache):
    until = time.thread_time() + 1.0
    while time.thread_time() < until:
        pass
    open(cache, "w").close()
"""


@pytest.mark.unhurried
def test_a_cache_beside_the_handler_is_found_and_named(tmp_path):
    handler = Handler(write_files(tmp_path, {"handler.py": CACHES}))
    session = handler.session()
    found = measure(session._runner, session.subject, Plan(5), lambda _: None, Random(1))
    assert found.made == (str(tmp_path / "made.cache"),)
    warnings = find_warnings(found, CALM, ImportGraph((), ()), environment(), session.subject)
    message = next(item.message for item in warnings if item.code is WarningCode.FIRST_LAUNCH)
    assert f"it created {tmp_path / 'made.cache'}, which later ones find" in message
