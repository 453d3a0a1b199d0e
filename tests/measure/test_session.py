"""A session with a runner that answers from memory: what is launched, kept and given up."""

from __future__ import annotations

import dataclasses
import itertools
import json
from random import Random

import pytest

from importcost.errors import HandlerError, MeasurementError
from importcost.measure.plan import NEEDED_RUNS, PRECISE, QUICK, Plan
from importcost.measure.runners.base import InterpreterFacts, Launch, Layout
from importcost.measure.session import Session, Subject, measure
from importcost.model.profile import RunKind, Settings, Target


@pytest.fixture(autouse=True)
def short_results(monkeypatch):
    """Let results be as short as a test needs: their shape is the subject of another test."""
    monkeypatch.setattr("importcost.measure.session.odd_part", lambda *args, **options: None)


SUBJECT = Subject(
    Target("app", "handler", "/task", "/task/app.py"),
    Settings(512, "x86_64", "zip", "python3.12"),
    ("json",),
    "zip",
    None,
    60,
)
SPAN = {"wall_ns": 3_000_999, "cpu_ns": 2_000_000, "process_cpu_ns": 2_500_000, "run_delay_ns": 0}
GRAPH = {
    "modules": [],
    "edges": [],
    "files": [],
    "tried": [],
    "owners": {},
    "page_bytes": 4096,
}


class FakeRunner:
    """Answers each launch from memory and keeps what it was asked for."""

    name = "fake"
    image = None
    layout = Layout("/task", ("/task",), None)

    def __init__(self, spoil=None) -> None:
        self.asked: list[tuple[tuple[str, ...], dict[str, str], float]] = []
        self._spoil = spoil or {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        return None

    def facts(self):
        return InterpreterFacts("python", "3.12.1", "CPython", "Linux", "x86_64", 2, None)

    @property
    def kinds(self) -> list[str]:
        return [args[-3] if "-c" in args else "speed" for args, _, _ in self.asked]

    def launch(self, python_args, files, timeout_s, folders=()):
        self.asked.append((python_args, dict(files), timeout_s))
        values = {
            "exit_code": 0,
            "timed_out": False,
            "out_of_memory": False,
            "total_wall_us": 9_000,
            "rows_text": b"import time: self [us] | cumulative | imported package\n"
            b"import time:       100 |        100 | app\n",
            "result": self._result(self.kinds[-1]),
            "output_tail": "",
            "output_bytes": 0,
        }
        return Launch(**{**values, **self._spoil.get(self.kinds[-1], {})})

    def _result(self, kind: str):
        if kind == "speed":
            return {"speed_us": 42.9}
        names = ("interpreter_start", "runtime", "function_init")
        return {
            "error": None,
            "phases": dict.fromkeys(names, SPAN),
            "peak_rss_kb": 1000,
            "graph": GRAPH if kind == "graph" else None,
            "statements": [],
            "runtime": None,
            "handler_found": True,
            "module_count": 3,
        }


def carried_out(runner, runs=10, subject=SUBJECT):
    seen = []
    found = measure(runner, subject, Plan(runs), seen.append, Random(1))
    return found, seen


class Clock:
    """Stands still except while a launch of the fake runner runs."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


class SlowRunner(FakeRunner):
    """Takes the seconds of `took` for each kind of launch; CPU times go through `cpu_ms`."""

    def __init__(self, clock: Clock, took: dict[str, float], cpu_ms=(100,)) -> None:
        super().__init__()
        self._clock = clock
        self._took = took
        self._cpu_ms = itertools.cycle(cpu_ms)

    def launch(self, python_args, files, timeout_s, folders=()):
        launch = super().launch(python_args, files, timeout_s, folders)
        took = self._took.get(self.kinds[-1], self._took["any"])
        self._clock.now_s += took
        return dataclasses.replace(launch, total_wall_us=round(took * 1e6))

    def _result(self, kind: str):
        result = super()._result(kind)
        if kind == RunKind.TIMED.value:
            span = {**SPAN, "cpu_ns": next(self._cpu_ms) * 1_000_000}
            result["phases"] = {**result["phases"], "function_init": span}
        return result


def timed_out(took, precision=QUICK, **more):
    clock, seen = Clock(), []
    runner = SlowRunner(clock, took, **more)
    found = measure(runner, SUBJECT, Plan(precision=precision), seen.append, Random(1), clock=clock)
    return found, seen, clock.now_s - 1000, runner.kinds


def test_a_steady_handler_ends_when_its_median_is_known():
    _, _, took_s, kinds = timed_out({"any": 0.1})
    assert took_s < 4
    assert kinds.count("timed") == 6
    assert {"graph", "traced", "statements", "speed"} <= set(kinds)


def test_a_slow_handler_ends_within_its_time():
    _, _, took_s, kinds = timed_out({"any": 1.5, "speed": 0.1, "graph": 2.0})
    assert 13 < took_s <= QUICK.time_limit_s
    assert kinds.count("timed") == 6


def test_noise_is_measured_on_until_the_time_is_up():
    noisy = {"cpu_ms": (100, 200)}
    _, _, took_s, kinds = timed_out({"any": 0.5}, **noisy)
    assert 14 < took_s <= QUICK.time_limit_s
    assert kinds.count("timed") > 6
    _, _, took_s, more = timed_out({"any": 0.5}, PRECISE, **noisy)
    assert 55 < took_s <= PRECISE.time_limit_s
    assert len(more) > 3 * len(kinds)


def test_what_a_profile_needs_is_measured_however_long_it_takes():
    _, _, took_s, kinds = timed_out({"any": 10.0})
    assert took_s > QUICK.time_limit_s
    assert len(kinds) == NEEDED_RUNS + 1
    assert (kinds.count("timed"), kinds.count("traced"), kinds.count("statements")) == (3, 1, 1)


def test_first_figures_come_after_five_launches_of_the_handler():
    _, seen, _, kinds = timed_out({"any": 0.1})
    first = next(progress for progress in seen if progress.runs)
    handler = [kind for kind in kinds[: first.done] if kind != "speed"]
    assert len(handler) <= 5
    assert {"timed", "speed"} <= {run.kind.value for run in first.runs}
    assert all(progress.handler == "/task/app.py" for progress in seen)


def test_a_handler_that_fails_costs_one_launch():
    error = {
        "missing_variable": None, "missing_module": None, "file": None, "type": "ValueError",
        "message": "no", "traceback": "", "exit_code": None,
    }  # fmt: skip
    for bytecode, folder, kind in (("zip", None, "graph"), ("image", "/tmp/b", "warm-up")):
        runner = FakeRunner({kind: {"result": {"error": error}}})
        subject = dataclasses.replace(SUBJECT, bytecode=bytecode, bytecode_dir=folder)
        with pytest.raises(HandlerError, match="ValueError"):
            measure(runner, subject, Plan(), lambda _: None, Random(1))
        assert runner.kinds == [kind]


def test_the_graph_run_comes_first_because_it_fails_fast():
    runner = FakeRunner()
    carried_out(runner)
    assert runner.kinds[0] == RunKind.GRAPH.value


@pytest.mark.parametrize("runs", [5, 6, 15, 20])
def test_as_many_launches_of_the_handler_as_asked_for(runs):
    runner = FakeRunner()
    found, seen = carried_out(runner, runs)
    assert len([kind for kind in runner.kinds if kind != "speed"]) == runs
    assert [run.kind.value for run in found.runs] == runner.kinds
    assert [run.order for run in found.runs] == list(range(len(found.runs)))
    assert len(seen) == len(runner.asked)
    assert [progress.done for progress in seen] == list(range(len(seen)))
    assert all(progress.done < progress.total for progress in seen[1:])


def test_only_traced_runs_pay_for_tracing_and_keep_rows():
    runner = FakeRunner()
    found, _ = carried_out(runner)
    for args, _, timeout_s in runner.asked:
        is_traced = "-c" in args and args[-3] == RunKind.TRACED.value
        assert ("importtime" in args) == is_traced
        assert timeout_s == SUBJECT.timeout_s
    assert all((run.rows is not None) == (run.kind is RunKind.TRACED) for run in found.runs)
    assert len(found.logs) == len(found.traced_spans)


def test_times_become_whole_microseconds():
    found, _ = carried_out(FakeRunner())
    timing = next(run for run in found.runs if run.kind is RunKind.TIMED).function_init
    assert (timing.wall_us, timing.cpu_us, timing.process_cpu_us) == (3000, 2000, 2500)
    assert {run.speed_us for run in found.runs if run.kind is RunKind.SPEED} == {42}


def test_the_probe_is_told_where_things_lie():
    runner = FakeRunner()
    Session(runner, SUBJECT).launch_probe(RunKind.TIMED)
    spec = json.loads(runner.asked[0][1]["spec.json"])
    assert (spec["module"], spec["function"]) == ("app", "handler")
    assert spec["search_path"] == ["/task"]
    assert "def main(" in runner.asked[0][1]["probe.py"]


def test_valid_bytecode_is_written_before_anything_is_timed():
    runner = FakeRunner()
    subject = Subject(SUBJECT.target, SUBJECT.settings, (), "image", "/tmp/b", 60)
    carried_out(runner, subject=subject)
    assert runner.kinds[:2] == [RunKind.WARM_UP.value, RunKind.GRAPH.value]


def test_a_run_that_fails_ends_the_session():
    runner = FakeRunner({RunKind.TIMED.value: {"timed_out": True}})
    with pytest.raises(HandlerError, match="did not end within 60 s"):
        carried_out(runner)
    assert runner.kinds.count(RunKind.TIMED.value) == 1


def test_a_calibration_that_fails_says_why():
    runner = FakeRunner({"speed": {"result": None, "rows_text": b"x\nno module zlib\n"}})
    with pytest.raises(MeasurementError, match="no module zlib"):
        carried_out(runner)
