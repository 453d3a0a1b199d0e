"""Comparisons that need no launches: saved profiles, instructions, and their text."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.app.gate.compare_saved import compare_profiles
from importcost.app.gate.instructions import Instructions, instruction_check
from importcost.errors import MeasurementError
from importcost.gate.beyond_noise import Compared
from importcost.gate.budgets import Budgets, Levels
from importcost.gate.checks import Status, exit_code
from importcost.gate.compare import compare_timings
from importcost.measure.runners.base import Launch
from importcost.measure.runners.callgrind import collected
from importcost.processes.git import Repository, ask_git, find_repository
from importcost.reports.terminal.compare import render_comparison
from tests.gate.profiles import ROWS, attributed, profile_of
from tests.gate.timings import pairs

SLOWER = {**ROWS, "pandas": 90_000}


@pytest.mark.parametrize(
    ("rows", "allowed", "code"),
    [(ROWS, None, 0), (SLOWER, None, 1), (SLOWER, 2.0, 0), ({**ROWS, "pandas": 1_000}, None, 0)],
)
def test_saved_profiles_are_judged_by_their_intervals(rows, allowed, code):
    report, found = compare_profiles(profile_of(), profile_of(rows), max_increase=allowed)
    assert exit_code(report.checks) == code
    assert found.tree_delta_us == sum(rows.values()) - sum(ROWS.values())
    assert "against the base;" in report.checks[0].message


def test_profiles_of_two_machines_are_not_judged():
    head = profile_of()
    other = replace(head.environment, python_version="3.99.0")
    report, _ = compare_profiles(profile_of(), replace(head, environment=other))
    assert exit_code(report.checks) == 3
    assert "3.99.0" in report.checks[0].message


@pytest.mark.parametrize(
    ("head", "allowed", "status"),
    [
        (100_000_000, None, Status.PASS),
        (100_900_000, None, Status.PASS),
        (102_000_000, None, Status.FAIL),
        (102_000_000, 0.05, Status.PASS),
        (106_000_000, 0.05, Status.FAIL),
        (50_000_000, None, Status.PASS),
    ],
)
def test_instructions_fail_beyond_what_is_allowed_and_beyond_noise(head, allowed, status):
    floor = 100_000_000
    base, after = Instructions(2 * floor, floor), Instructions(floor + head, floor)
    found = instruction_check("orders", Levels(), Budgets(max_increase=allowed), base, after)
    assert found.status is status
    assert found.measured == pytest.approx(100 * (head - floor) / floor)


def launch(text):
    return Launch(0, False, False, 1, text, None, "", 0)


def test_the_last_count_is_the_launch_s_own():
    text = b"x\n==7== Collected : 11\n==7== \n==9== Collected : 4200\n"
    assert collected(launch(text)) == 4200
    with pytest.raises(MeasurementError, match="counted nothing"):
        collected(launch(b"Collected : 5\n"))


@pytest.mark.parametrize(
    ("shift_us", "words"),
    [(20_000, "✗ slower  orders"), (-20_000, "✓ faster  orders"), (0, "✓ no change that matters")],
)
def test_the_terminal_says_the_verdict_and_what_accounts_for_it(shift_us, words):
    (found,) = compare_timings({"orders": pairs(15, 100_000, shift_us)})
    shown = Compared(found, attributed(profile_of(), profile_of(SLOWER), found.cpu.shift_us))
    text = render_comparison([shown])
    assert words in text
    assert f"{shift_us / 1000:+.1f} ms" in text
    assert "+60.0 ms" in text
    assert "per million cold starts" in text


@given(name=st.text(min_size=1), width=st.integers(1, 300))
def test_names_obey_no_terminal(name, width):
    (found,) = compare_timings({name: pairs(15, 100_000, 5_000)})
    text = render_comparison([Compared(found, None)], width=width)
    assert "\x1b" not in text
    assert all(line.isprintable() for line in text.split("\n"))


def test_git_is_asked_in_the_folder_that_is_meant(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert find_repository(tmp_path) is None
    assert ask_git(tmp_path, ("init", "--quiet"), 10)[0] == 0
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    assert find_repository(tmp_path) == Repository(tmp_path.resolve())


def test_a_git_that_hangs_is_ended(tmp_path, monkeypatch):
    tool = tmp_path / "git"
    tool.write_text("#!/bin/sh\nexec sleep 60\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(MeasurementError, match=r"did not end within 0\.2 s"):
        ask_git(tmp_path, ("status",), 0.2)
