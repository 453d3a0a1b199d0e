"""`importcost verify-init`: under the real emulator, and where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace

import pytest

from importcost.app.verify_init import entry_point
from importcost.model.profile import Phase, PhaseTime, Run, RunKind, Timing
from importcost.model.results.emulated_init import VerifiedInit, typical_phases
from importcost.reports.terminal.verify_init import render_verified
from tests.harness import PATIENCE_S, write_files
from tests.reports.page_factory import small_profile

HANDLER = "import json, time\ntime.sleep(0.3)\n\ndef handler(event, context):\n    return {}\n"


def verify(target, *words):
    process = subprocess.Popen(
        [sys.executable, "-m", "importcost", "verify-init", str(target), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    stdout, stderr = process.communicate(timeout=PATIENCE_S)
    done = subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)
    return done, process.pid


def containers(command):
    listed = subprocess.run(
        [command, "ps", "--all", "--format", "{{.Names}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name for name in listed.stdout.split() if name.startswith("importcost")}


@pytest.fixture
def handler(tmp_path):
    return write_files(tmp_path / "a task, root", {"handler.py": HANDLER}) / "handler.py"


@pytest.mark.engine
@pytest.mark.slow
def test_the_emulators_init_stands_beside_the_profiles(engine, lambda_image, handler):
    words = ("--runner", engine.name, "--image", lambda_image, "--rounds", "2", "--runs", "5")
    done, pid = verify(f"{handler}:handler", *words, "--memory", "512", "--json")
    assert done.returncode == 0, done.stderr
    data = json.loads(done.stdout)
    assert len(data["emulator"]["runs_us"]) == 2
    # The sleep is in both figures.
    own = sum(
        one["wall_us"]
        for one in data["profile"]["phases"]
        if one["phase"] in ("handler imports", "module body")
    )
    assert own >= 300_000
    assert all(one > 300_000 for one in data["emulator"]["runs_us"])
    assert data["emulator"]["own_wall_us"] == 0  # two cores: the emulator has one of its own
    assert data["emulator"]["empty_module_us"] > 0
    mine = f"importcost-emulator-{pid}-"
    assert not [name for name in containers(engine.command) if name.startswith(mine)]
    assert [path.name for path in handler.parent.iterdir()] == ["handler.py"]


@pytest.mark.unhurried
@pytest.mark.parametrize("words", [("--runner", "local"), ()])
def test_without_an_engine_it_could_not_measure(handler, words, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))  # no engine is found here
    done, _ = verify(handler, *words)
    assert done.returncode == 3
    assert done.stdout == ""
    assert "container" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("def other(a, b): pass\ndef handler(event, context): pass\n", "handler"),
        ("def help(): pass\ndef lambda_handler(event, context): pass\n", "lambda_handler"),
        ("def one(a): pass\ndef run(event, context): pass\n", "run"),
        ("handler = make()\n", "handler"),
        ("def (", "handler"),
    ],
)
def test_without_a_function_the_usual_one_is_called(source, name):
    assert entry_point(source) == name


def launch(order, *walls_ms, kind=RunKind.TIMED):
    start, runtime, function = (Timing(1000 * ms, 1000, 1000, 0) for ms in walls_ms)
    return Run(kind, order, 300_000, start, runtime, function, None)


def test_phases_are_means_over_the_same_launches_so_that_they_add_up():
    # A throttled wait falls into one phase or the next; by themselves, medians would lose it.
    runs = (
        launch(0, 90, 90, 90, kind=RunKind.WARM_UP),
        launch(1, 10, 40, 20),
        launch(2, 40, 10, 20),
        launch(3, 10, 10, 50),
        launch(4, 10, 10, 20),
        launch(5, 80, 80, 80),
    )
    phases = (
        PhaseTime(Phase.INTERPRETER_START, 10_000, 1_000),
        PhaseTime(Phase.RUNTIME, 10_000, 1_000),
        PhaseTime(Phase.HANDLER_IMPORTS, 15_000, 1_000),
        PhaseTime(Phase.MODULE_BODY, 5_000, 1_000),
    )
    profile = replace(small_profile(), runs=runs, phases=phases)
    found = typical_phases(profile)
    assert [one.wall_us for one in found] == [20_000, 20_000, 22_500, 7_500]
    assert [one.cpu_us for one in found] == [1_000] * 4
    report = VerifiedInit(profile, "image", "podman", 0.5, (60_000, 80_000, 100_000), ())
    assert (report.profile_us, report.profile_start_us, report.init_us) == (70_000, 40_000, 80_000)


class Report:
    """Figures that are easy to check by hand."""

    image, engine, cpus = "image", "podman", 0.5
    emulator_us = (90_000, 100_000, 130_000)
    init_us, start_us, profile_us, profile_start_us = 100_000, 40_000, 105_000, 38_000
    expected_us = 110_000
    phases = (
        PhaseTime(Phase.INTERPRETER_START, 20_000, 0),
        PhaseTime(Phase.RUNTIME, 18_000, 0),
        PhaseTime(Phase.HANDLER_IMPORTS, 60_000, 0),
        PhaseTime(Phase.MODULE_BODY, 7_000, 0),
    )
    error = 0.1
    own_wall_us = 5_000


def test_the_table_shows_each_phase_and_both_sums():
    lines = render_verified(Report()).splitlines()
    assert [line.split()[-2:] for line in lines[1:5]] == [
        ["20", "ms"],
        ["18", "ms"],
        ["60", "ms"],
        ["7.0", "ms"],
    ]
    assert lines[5].split()[-5:] == ["38", "ms", "40", "ms", "-5.0%"]
    assert lines[6].split()[-5:] == ["67", "ms", "60", "ms", "+11.7%"]
    assert lines[7].split() == ["the", "emulator's", "own", "work", "5.0", "ms"]
    assert lines[8].split() == ["init", "110", "ms", "100", "ms", "+10.0%"]
    assert lines[-1].startswith("At this quota the emulator's own CPU time takes 5.0 ms")
    assert lines[-1].endswith(": 105 ms.")


def test_the_emulators_own_work_is_expected_in_its_figure():
    phases = (
        PhaseTime(Phase.INTERPRETER_START, 20_000, 0),
        PhaseTime(Phase.RUNTIME, 20_000, 0),
        PhaseTime(Phase.HANDLER_IMPORTS, 50_000, 0),
        PhaseTime(Phase.MODULE_BODY, 10_000, 0),
    )
    profile = replace(small_profile(), runs=(), phases=phases)
    throttled = VerifiedInit(profile, "image", "podman", 0.5, (110_000,) * 3, (), (4_000,) * 3)
    assert (throttled.own_wall_us, throttled.expected_us) == (8_000, 108_000)
    assert throttled.error == pytest.approx(-2 / 110)
    # From two cores on the emulator has its own; unknown CPU time takes nothing.
    assert replace(throttled, cpus=2.0).expected_us == 100_000
    assert replace(throttled, own_cpu_us=()).expected_us == 100_000
