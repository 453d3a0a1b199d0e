"""Rows in proportion to the modules' own times, whatever a busy machine made of the rows."""

from __future__ import annotations

import sys

import pytest

from importcost.measure.speed.own_time import at_own_time
from importcost.model.importtime.nest import build_tree
from importcost.model.profile import RunKind, Timing
from tests.harness import Handler, write_files
from tests.measure.test_combine import tree_of

ROWS = [
    ("json", -1, 150, "runtime"),
    ("handler", -1, 200, "function"),
    ("pandas", 1, 9_000, "function"),  # interrupted
    ("numpy", 2, 500, "function"),
    ("lazy", 1, 20, "function"),
    ("lazy", 3, 60, "function"),
]
INIT = Timing(wall_us=10_000, cpu_us=1_800, process_cpu_us=1_800, run_delay_us=8_000)
TIMES = {
    "handler": [200_000, 200_000],
    "pandas": [900_000, 0],
    "numpy": [500_000, 0],
    "lazy": [80_000, 0],
}


def own_us(tree):
    return {(tree.name(node), tree.parents[node]): tree.self_us[node] for node in range(len(tree))}


def test_rows_get_the_modules_own_times_stretched_to_the_wall_time():
    found = own_us(at_own_time(tree_of(ROWS), INIT, TIMES))
    assert found["pandas", 1] == 4_500  # 900 us of 2,000 are 45 % of the wall time
    assert found["numpy", 2] == 2_500
    assert found["handler", -1] == 2_000  # it was blocked for half of that
    assert (found["lazy", 1], found["lazy", 3]) == (100, 300)
    assert found["json", -1] == 150


def test_cumulative_times_follow():
    tree = at_own_time(tree_of(ROWS), INIT, TIMES)
    assert tree.cumulative_us.tolist() == [150, 9_400, 7_300, 2_800, 100, 300]


@pytest.mark.parametrize(("init", "times"), [(None, TIMES), (INIT, None), (INIT, {})])
def test_without_times_rows_stay(init, times):
    tree = tree_of(ROWS)
    assert at_own_time(tree, init, times) is tree


def test_a_module_without_a_time_keeps_its_row():
    found = own_us(at_own_time(tree_of(ROWS), INIT, {"numpy": [500_000, 0]}))
    assert (found["numpy", 2], found["pandas", 1]) == (2_500, 9_000)


def test_where_waiting_is_unknown_all_wall_time_is_the_modules():
    unknown = Timing(wall_us=2_000, cpu_us=1_800, process_cpu_us=1_800, run_delay_us=None)
    assert own_us(at_own_time(tree_of(ROWS), unknown, TIMES))["pandas", 1] == 900


@pytest.mark.unhurried
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells waiting from blocking")
def test_a_traced_launch_brings_cpu_and_blocked_time_of_each_module(tmp_path):
    text = "import sleeper\nimport csv\nTABLE = [str(n) for n in range(300_000)]\n"
    files = {"handler.py": text, "sleeper.py": "import time\ntime.sleep(0.3)\n"}
    session = Handler(write_files(tmp_path, files)).session()
    session.launch_probe(RunKind.TRACED)
    times = session.module_times[0]
    assert times["sleeper"][1] >= 250_000_000 > 10 * times["sleeper"][0]
    assert times["handler"][0] > 5 * times["csv"][0] > 0
    run = session.runs[-1].function_init
    assert sum(cpu for cpu, _ in times.values()) <= run.cpu_us * 1000
    tree = at_own_time(build_tree(session.logs[0]), run, times)
    shares = {tree.name(node): tree.cumulative_us[node] / run.wall_us for node in range(len(tree))}
    waits = run.blocked_us / (run.cpu_us + run.blocked_us)
    assert shares["sleeper"] >= 0.8 * waits
