"""The pytest plugin in projects of its own, each in a pytest of its own."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from importcost.app.bill.calibrate_store import new_configuration
from importcost.billing.calibration import Calibration, Fitted
from tests.harness import PATIENCE_S, write_files

HANDLER = "import wave\n\ndef handler(event, context):\n    return {}\n"
START = "def test_it(importcost):\n    found = importcost.profile('src/handler.py', runs=5)\n"


def run(folder, body, *args, **files):
    write_files(folder, {"src/handler.py": HANDLER, "test_it.py": body, **files})
    environment = {**os.environ, "IMPORTCOST_CACHE_DIR": str(folder / "cache")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", ".", *args],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


HOLDS = (
    "assert_init_below(ms=5000)",
    "assert_cost_below(dollars_per_million=50)",
    "assert_modules_below(500)",
    "assert_package_below(mb=1)",
    "assert_not_imported('pandas', 'boto*')",
)
FAILS = {
    "assert_init_below(ms=1)": "on Lambda, as estimated, and may take 1 ms",
    "assert_cost_below(dollars_per_million=0)": "and may cost $0.00",
    "assert_modules_below(2)": "and may load fewer than 2",
    "assert_package_below(mb=0.00001)": "max_package_mb is 1e-05",
    "assert_not_imported('wave')": "wave is forbidden and loaded at init: handler (handler",
}


@pytest.mark.unhurried
def test_what_holds_passes_and_what_does_not_fails_with_figures_and_without_a_traceback(tmp_path):
    bodies = [
        START.replace("test_it", f"test_{number}") + f"    found.{line}\n"
        for number, line in enumerate((*HOLDS, *FAILS))
    ]
    done = run(tmp_path, "\n\n".join(bodies), "-v")
    assert done.returncode == 1
    for number in range(len(bodies)):
        end = "PASSED" if number < len(HOLDS) else "FAILED"
        assert f"test_it.py::test_{number} {end}" in done.stdout
    for words in FAILS.values():
        assert words in done.stdout
    assert "pytest_plugin.py" not in done.stdout


@pytest.mark.unhurried
def test_a_handler_that_cannot_be_imported_fails(tmp_path):
    done = run(tmp_path, START, **{"src/handler.py": "import absent_module\n"})
    assert done.returncode == 1
    assert "src/handler.py could not be measured" in done.stdout
    assert "absent_module" in done.stdout
    assert "During handling" not in done.stdout


@pytest.mark.unhurried
def test_no_pattern_at_all_is_no_assertion_that_holds(tmp_path):
    done = run(tmp_path, f"{START}    found.assert_not_imported()\n")
    assert done.returncode == 1
    assert "assert_not_imported needs a pattern" in done.stdout


@pytest.mark.unhurried
def test_paths_are_those_of_the_rootdir_and_a_handler_is_measured_once(tmp_path, shared_folder):
    count = "import os\nwith open(os.environ['LOG'], 'a') as log:\n    log.write('x')\n"
    body = f"""
def check(importcost):
    environment = {{"LOG": {str(shared_folder / "log")!r}}}
    return importcost.profile("handler.handler", task_root="src", runs=5, environment=environment)

def test_one(importcost):
    assert check(importcost).name == "handler.handler"

def test_two(importcost):
    assert "handler" in check(importcost).modules
"""
    inner = {"src/handler.py": count + HANDLER, "deep/test_more.py": body}
    done = run(tmp_path, "", "deep", **inner)
    assert done.returncode == 0, done.stdout
    assert (shared_folder / "log").read_text() == "x" * 5


@pytest.mark.unhurried
def test_it_costs_nothing_where_it_is_not_used(tmp_path):
    body = """
import sys

def test_nothing_is_loaded():
    assert "importcost.pytest_plugin" in sys.modules
    loaded = {name for name in sys.modules if name.split(".")[0] == "importcost"}
    assert loaded == {"importcost", "importcost.pytest_plugin"}
"""
    done = run(tmp_path, body)
    assert done.returncode == 0, done.stdout


def test_the_fixture_is_listed_with_its_words(tmp_path):
    done = run(tmp_path, "", "--fixtures")
    assert "importcost [session scope]" in done.stdout
    assert "Profile Lambda handlers" in done.stdout


@pytest.mark.unhurried
def test_a_calibrated_function_is_judged_by_its_own_figures(tmp_path):
    version = f"python3.{sys.version_info.minor}"
    calibration = Calibration(
        4000.0, 1.0, 0.1, 5.0, 0.95, 1.05, 21, Fitted.BOTH, "x86_64", "zip", version, "2026-11-23"
    )
    text = new_configuration("src/handler.py", None, calibration)
    body = f"{START}    found.assert_init_below(ms=2500)\n"
    done = run(tmp_path, body, **{"src/importcost.toml": text.replace("src/", "")})
    assert done.returncode == 1
    assert "and may take 2,500 ms" in done.stdout or "and may take 2500 ms" in done.stdout


LIBRARY = {"src/mypkg/__init__.py": "import wave\n", "tool.py": "import sys, csv\nsys.exit(0)\n"}
PLAIN = """
def test_module(importcost):
    found = importcost.profile_module("mypkg", runs=5)
    found.assert_below(ms=60000)
    found.assert_not_imported("pandas")
    assert "wave" in found.modules

def test_file(importcost):
    assert "csv" in importcost.profile_file("tool.py x", runs=5).modules

def test_command(importcost):
    importcost.profile_command("import mypkg", runs=5).assert_not_imported("wave")

def test_too_slow(importcost):
    importcost.profile_module("mypkg", runs=5).assert_below(ms=0.0001)

def test_missing(importcost):
    importcost.profile_module("mypgk", runs=5)
"""


@pytest.mark.unhurried
def test_packages_and_programs_are_held_to_this_machine(tmp_path):
    done = run(tmp_path, PLAIN, "-v", **LIBRARY)
    for name in ("module", "file"):
        assert f"test_{name} PASSED" in done.stdout, done.stdout
    for name in ("command", "too_slow", "missing"):
        assert f"test_{name} FAILED" in done.stdout, done.stdout
    assert "wave is forbidden and loaded at init" in done.stdout
    assert "on this machine and may take 0.0001 ms" in done.stdout
    assert "name mypkg" in done.stdout


@pytest.mark.unhurried
def test_a_platform_that_is_not_modelled_holds_the_time_here(tmp_path):
    start = START.replace("runs=5", "runs=5, platform='generic'")
    lines = ("assert_init_below(ms=0.0001)", "assert_cost_below(dollars_per_million=5)")
    bodies = [
        start.replace("test_it", f"test_{number}") + f"    found.{line}\n"
        for number, line in enumerate(lines)
    ]
    refused = start.replace("test_it", "test_memory").replace(
        "'generic'", "'agentcore', memory_mb=1"
    )
    done = run(tmp_path, "\n".join((*bodies, refused)))
    assert "3 failed" in done.stdout, done.stdout
    assert "here, and may take 0.0001 ms" in done.stdout
    assert "the platform generic has no price known here" in done.stdout
    assert "no memory size to choose" in done.stdout
    assert "Lambda" not in done.stdout
