"""Instructions by perf stat: its output, its refusals, and a launch under a stand-in for it."""

from __future__ import annotations

import os
import stat
import sys

import pytest

from importcost.errors import MeasurementError, NoCounterError
from importcost.measure.runners.base import Launch, Layout
from importcost.measure.runners.local import LocalRunner, inspect_interpreter
from importcost.measure.runners.perf_stat import perf_instructions, under_perf

# As perf 6.1 writes with -x: value, unit, event, run time, share of the time, ...
COUNTED = b"48392817,,instructions:u,31285000,100.00,,\n"
HIDDEN = b"<not supported>,,instructions:u,0,100.00,,\n"


def launch_that_wrote(rows):
    return Launch(0, False, False, 1, rows, None, "", 0)


def local_runner(folder):
    facts = inspect_interpreter(sys.executable)
    layout = Layout(str(folder), (str(folder),), None)
    return LocalRunner(facts.executable, facts, layout, {})


def test_the_last_count_is_the_launch_s_own():
    assert perf_instructions(launch_that_wrote(b"x\n7,,instructions:u,1\n" + COUNTED)) == 48392817


@pytest.mark.parametrize("said", [HIDDEN, HIDDEN.replace(b"supported", b"counted")])
def test_a_machine_that_hides_its_counter_is_told_from_a_count_of_nothing(said):
    with pytest.raises(NoCounterError, match="hidden from this machine"):
        perf_instructions(launch_that_wrote(said))
    with pytest.raises(MeasurementError, match="wrote no count"):
        perf_instructions(launch_that_wrote(b"12,,cycles:u,1\n"))


@pytest.mark.parametrize(("level", "is_refused"), [("-1", False), ("2", False), ("4", True)])
def test_the_kernel_s_setting_decides(tmp_path, monkeypatch, level, is_refused):
    stand_in(tmp_path, monkeypatch, "exit 0")
    setting = tmp_path / "perf_event_paranoid"
    setting.write_text(level)
    if is_refused:
        with pytest.raises(NoCounterError, match="perf_event_paranoid is 4"):
            under_perf(local_runner(tmp_path), setting)
    else:
        assert under_perf(local_runner(tmp_path), setting).name == "perf"


def test_without_perf_the_reason_names_its_package(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoCounterError, match="apt install linux-perf"):
        under_perf(local_runner(tmp_path))


def stand_in(folder, monkeypatch, script):
    """Put a program called perf on PATH: the machines of the tests often have no counter."""
    tools = folder / "tools"
    tools.mkdir()
    perf = tools / "perf"
    perf.write_text(f"#!/bin/sh\n{script}\n")
    perf.chmod(perf.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")


def test_a_launch_runs_under_perf_with_its_words(tmp_path, monkeypatch):
    # Runs the words after --, as perf does, and counts on descriptor 2.
    words = 'while [ "$1" != -- ]; do shift; done; shift; "$@"'
    stand_in(tmp_path, monkeypatch, f"{words}; echo 123456,,instructions:u,1,100.00,, >&2")
    launch = under_perf(local_runner(tmp_path)).launch(("-I", "-S", "-c", "print(7)"), {}, 60.0)
    assert launch.output_tail.strip() == "7"
    assert perf_instructions(launch) == 123456


def test_a_perf_that_refuses_is_no_failure_of_the_handler(tmp_path, monkeypatch):
    stand_in(tmp_path, monkeypatch, "echo 'Error: Access to performance events is off' >&2; exit 1")
    with pytest.raises(NoCounterError, match="Access to performance events"):
        under_perf(local_runner(tmp_path)).launch(("-c", "pass"), {}, 60.0)
