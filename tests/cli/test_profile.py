"""`importcost profile` and `importcost view` as a user types them."""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import run_here
from tests.harness import write_files

LOG = Path(__file__).parents[1] / "logs" / "json-py3.12.log"


def importcost(folder: Path, *args: str, stdin: str = "", **variables: str):
    cache = str(folder.parent / "cache")
    variables = {"IMPORTCOST_CACHE_DIR": cache, "VIRTUAL_ENV": None, **variables}
    return run_here(folder, *args, variables=variables, stdin=stdin)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    files = {
        "handler.py": "import json\nimport helper\n\ndef handler(event, context):\n    return {}\n",
        "helper.py": "import wave\nimport csv\n",
    }
    folder = write_files(tmp_path_factory.mktemp("measured") / "work", files)
    done = importcost(
        folder, "profile", "handler.py:handler", "--runner", "local", "--runs", "9",
        "--memory", "1024", "-o", "report.html", "-o", "report.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("budgets", "status", "words"),
    [
        ("max_init_ms = 1\nmax_billed_init_ms = 90000", "fail", "Over budget: Estimated init is"),
        ("max_init_ms = 90000", "pass", "Within budget: Estimated init is"),
        ("max_modules = 1", None, None),
        ("max_init_ms = true", None, None),
    ],
)
def test_configured_budgets_are_judged_and_shown_and_decide_nothing(
    tmp_path, budgets, status, words
):
    config = f'[tool.importcost.handlers.orders]\nhandler = "src/handler.py"\n{budgets}\n'
    folder = write_files(tmp_path / "work", {"src/handler.py": "", "pyproject.toml": config})
    args = ("profile", "src/handler.py", "--runner", "local", "--runs", "6", "-o", "r.html")
    done = importcost(folder, *args)
    assert done.returncode == 0, done.stderr
    assert (words or "A cold start") in done.stdout
    assert ("budget: " in done.stdout) == (words is not None)
    data = re.search(
        r'<script type="application/json"[^>]*>(.*?)</script>',
        (folder / "r.html").read_text(),
        re.S,
    )
    shown = json.loads(data[1])["budget"]
    assert (shown and shown["status"]) == status
    assert shown is None or shown["text"] in " ".join(done.stdout.split())


@pytest.mark.unhurried
def test_the_terminal_says_what_a_cold_start_bills_and_why(measured):
    _, done = measured
    assert "A cold start of handler.py:handler bills about" in done.stdout
    assert "per million cold starts at 1024 MB" in done.stdout
    assert "handler imports" in done.stdout
    assert "helper" in done.stdout
    assert "handler.py:2" in done.stdout
    assert "Report: report.html" in done.stdout
    assert "\033[" not in done.stdout
    assert "Measuring  [" not in done.stderr


def test_the_json_holds_every_raw_run_and_adds_up(measured):
    folder, _ = measured
    data = json.loads((folder / "report.json").read_text())
    kinds = [run["kind"] for run in data["runs"]]
    assert len([kind for kind in kinds if kind != "speed"]) == 9
    assert kinds.count("graph") == 1
    assert kinds.count("statements") == 1
    assert kinds.count("speed") == kinds.count("timed")
    assert all(run["rows"] for run in data["runs"] if run["kind"] == "traced")
    function_us = sum(phase["cpu_us"] for phase in data["phases"][2:])
    assert function_us == round(data["function_init"]["cpu_us"]["value"])
    tree = data["tree"]
    roots_us = sum(
        cumulative
        for cumulative, parent, phase in zip(
            tree["cumulative_us"], tree["parents"], tree["phase_ids"], strict=True
        )
        if parent == -1 and phase >= 2
    )
    attributed = 1 - data["function_init"]["unattributed_share"]
    assert roots_us == pytest.approx(function_us * attributed, rel=0.01, abs=100)


def test_the_modules_of_the_function_are_its_own(measured):
    folder, _ = measured
    data = json.loads((folder / "report.json").read_text())
    owners = {module["name"]: module["distribution"] for module in data["graph"]["modules"]}
    assert owners["handler"] == owners["helper"] == "function"
    assert owners["wave"] == "stdlib"


def test_nothing_is_written_beside_the_handler(measured):
    folder, _ = measured
    names = sorted(path.name for path in folder.rglob("*"))
    assert names == ["handler.py", "helper.py", "report.html", "report.json"]


def test_view_renders_a_saved_profile_again(measured):
    folder, done = measured
    again = importcost(folder, "view", "report.json", "-o", "again.html")
    assert again.returncode == 0, again.stderr
    assert again.stdout.splitlines()[0] == done.stdout.splitlines()[0]
    assert (folder / "again.html").read_text() == (folder / "report.html").read_text()
    (folder / "again.html").unlink()


def test_view_prices_another_memory_size(measured):
    folder, _ = measured
    again = importcost(folder, "view", "report.json", "--memory", "2048")
    assert "at 2048 MB" in again.stdout


def test_view_explains_what_is_no_profile(measured):
    folder, _ = measured
    for text, expected in (("{", "is not valid JSON"), ("{}", "not an importcost profile")):
        (folder.parent / "bad.json").write_text(text)
        done = importcost(folder, "view", "../bad.json")
        assert done.returncode == 2
        assert expected in done.stderr


@pytest.mark.unhurried
def test_json_on_stdout_is_nothing_but_json(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": "import wave\n"})
    done = importcost(
        folder, "profile", "handler.py", "--runner", "local", "--runs", "5", "-o", "-"
    )
    assert json.loads(done.stdout)["schema"] == "importcost-profile"
    assert "bills about" in done.stderr
    assert list(folder.iterdir()) == [folder / "handler.py"]


@pytest.mark.unhurried
def test_quiet_prints_nothing_and_writes_the_report(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": ""})
    done = importcost(folder, "profile", "handler.py", "--runner", "local", "--runs", "5", "-q")
    assert (done.stdout, done.stderr) == ("", "")
    assert (folder / "importcost-report.html").exists()


@pytest.mark.unhurried
def test_a_handler_string_with_a_task_root(tmp_path):
    files = {"src/orders/create.py": "def handler(event, context): pass\n"}
    folder = write_files(tmp_path / "work", files)
    done = importcost(
        folder, "profile", "orders/create.handler", "--task-root", "src",
        "--runner", "local", "--runs", "5", "-o", "-",
    )  # fmt: skip
    target = json.loads(done.stdout)["target"]
    assert (target["module"], target["function"]) == ("orders.create", "handler")


@pytest.mark.unhurried
def test_environment_options_reach_the_handler(tmp_path):
    text = "import os\nassert os.environ['A'] == '1' and os.environ['B'] == 'two words'\n"
    folder = write_files(
        tmp_path / "work", {"handler.py": text, ".env": "A=0\nexport B='two words'\n"}
    )
    done = importcost(
        folder, "profile", "handler.py", "--env", "A=1", "--env-file", ".env",
        "--runner", "local", "--runs", "5", "-o", "-",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    settings = json.loads(done.stdout)["settings"]
    assert settings["environment_names"] == ["A", "B"]
    assert "two words" not in done.stdout


DEAD_DOCKER = """#!/bin/sh
echo "WARNING: a proxy is set" >&2
echo "Cannot connect to the Docker daemon at unix:///nowhere.sock. Is it running?" >&2
exit 1
"""


def with_a_dead_engine(tmp_path, *options: str):
    """Profile a small handler where docker is the only engine, and down."""
    folder = write_files(tmp_path / "work", {"handler.py": "import wave\n"})
    programs = write_files(tmp_path / "programs", {"docker": DEAD_DOCKER})
    (programs / "docker").chmod(0o755)
    return importcost(folder, "profile", "handler.py", "--runs", "5", *options, PATH=str(programs))


@pytest.mark.unhurried
def test_two_lines_before_the_answer_say_what_measures_and_why(tmp_path):
    interpreter, runner = with_a_dead_engine(tmp_path).stderr.splitlines()
    assert interpreter.startswith(f"Measuring with Python {platform.python_version()}, ")
    assert runner.startswith("Runner: local, because docker is not running (")
    assert "nowhere.sock" not in runner


@pytest.mark.unhurried
def test_verbose_shows_every_engine_with_all_that_it_said(tmp_path):
    told = with_a_dead_engine(tmp_path, "--verbose").stderr
    assert "WARNING: a proxy is set" in told
    assert "nowhere.sock" in told
    assert "finch: not installed" in told
    assert "cache: " in told


def test_an_engine_that_is_asked_for_and_down_is_told_by_its_telling_line(tmp_path):
    done = with_a_dead_engine(tmp_path, "--runner", "docker")
    assert done.returncode == 3
    (line,) = done.stderr.strip().splitlines()
    assert "nowhere.sock" in line
    assert "proxy" not in line


def test_runs_and_precise_contradict_each_other(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": "import wave\n"})
    done = importcost(folder, "profile", "handler.py", "--runs", "9", "--precise")
    assert done.returncode == 2
    assert "leave one of the two out" in done.stderr


@pytest.mark.unhurried
def test_a_requirements_file_beside_the_handler_is_installed_once(tmp_path):
    package = {
        "tiny/pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "none"\n',
    }
    wheel = make_wheel(tmp_path, "tinydep", "1.0")
    files = {"handler.py": "import tinydep\n", "requirements.txt": f"--no-index\n{wheel}\n"}
    folder = write_files(tmp_path / "work", {**files, **package})
    options = ("--runner", "local", "--runs", "5", "-o", "-")
    first = importcost(folder, "profile", "handler.py", *options)
    assert first.returncode == 0, first.stderr
    assert "Installing" in first.stderr
    second = importcost(folder, "profile", "handler.py", *options, "--verbose")
    assert "installed before" in second.stderr
    assert "Installing" not in second.stderr
    data = json.loads(second.stdout)
    owners = {module["name"]: module["distribution"] for module in data["graph"]["modules"]}
    assert owners["tinydep"] == "tinydep"
    assert data["environment"]["requirements"] == str(folder / "requirements.txt")


def make_wheel(folder: Path, name: str, version: str) -> Path:
    import zipfile

    path = folder / f"{name}-{version}-py3-none-any.whl"
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "import wave\n")
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(
            f"{info}/RECORD", f"{name}/__init__.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n"
        )
    return path


def test_a_log_becomes_a_report(tmp_path):
    folder = write_files(tmp_path / "work", {})
    folder.mkdir(exist_ok=True)
    done = importcost(folder, "profile", "--from-log", str(LOG), "-o", "log.html", "-o", "log.json")
    assert done.returncode == 0, done.stderr
    assert "json" in done.stdout
    assert importcost(folder, "view", "log.json").returncode == 0


def test_a_log_on_stdin(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    done = importcost(folder, "profile", "--from-log", "-", "-o", "-", stdin=LOG.read_text())
    assert json.loads(done.stdout)["source"] == "log"


def test_a_log_without_rows_is_no_measurement(tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    done = importcost(folder, "profile", "--from-log", "-", stdin="nothing here\n")
    assert done.returncode == 3
    assert "has no rows" in done.stderr
    assert list(folder.iterdir()) == []


def test_help_names_every_option_of_the_issue(tmp_path):
    text = importcost(tmp_path, "profile", "--help").stdout
    for option in (
        "--memory", "--arch", "--package-type", "--python", "--runtime", "--layer", "--env",
        "--env-file", "--runs", "--timeout", "--runner", "--image", "--output", "--open",
        "--quiet", "--no-progress", "--requirements", "--task-root", "--network", "--from-log",
        "--precise", "--verbose",
    ):  # fmt: skip
        assert option in text


def test_help_imports_no_heavy_module():
    code = (
        "import sys\nfrom importcost.cli.group import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
        "heavy = {'jinja2', 'packaging', 'json', 'subprocess', 'importcost.app', 'snakeviz'}\n"
        "found = heavy & set(sys.modules)\n"
        "assert not found - BASE, found\n"
    )
    base = subprocess.run(
        [sys.executable, "-c", "import sys, click; print(set(sys.modules))"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", f"BASE = {base.strip()}\n{code}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_log_with_lambdas_own_lines_is_lambdas_time_and_names_the_runtime(tmp_path):
    start = "INIT_START Runtime Version: python:3.12.v60\tRuntime Version ARN: arn:aws:lambda\n"
    (tmp_path / "lambda.txt").write_text(start + LOG.read_text())
    (tmp_path / "bare.txt").write_text(LOG.read_text())
    first = importcost(tmp_path, "profile", "--from-log", "lambda.txt").stdout
    other = importcost(tmp_path, "profile", "--from-log", "bare.txt").stdout
    assert first.startswith("A cold start of the handler in lambda.txt bills about")
    assert "python3.12 · zip" in first
    assert "From a log written on Lambda" in first
    assert "unknown machine's" in " ".join(other.split())

    def width_of_band(text: str) -> int:
        low, high = re.search(r"\((\d+) to (\d+) ms\)", text).groups()
        return int(high) - int(low)

    assert width_of_band(first) < width_of_band(other)


@pytest.mark.unhurried
def test_the_profile_carries_the_fix_of_what_could_wait(tmp_path):
    busy = "sum(range(2_000_000))\n"
    text = "import heavy\n\n\ndef handler(e, c):\n    return heavy.__name__\n"
    write_files(tmp_path, {"layer/python/heavy.py": busy, "task/handler.py": text})
    done = importcost(
        tmp_path,
        *("profile", "task/handler.py", "--layer", "layer", "--runner", "local", "--runs", "6"),
        *("-o", "p.json"),
    )
    assert done.returncode == 0, done.stderr
    assert "Could wait:" in done.stdout
    advice = json.loads((tmp_path / "p.json").read_text())["advice"]
    assert advice["findings"][0]["fix"].startswith("--- a/handler.py\n+++ b/handler.py\n")
    assert advice["best_set"]["fix"] == advice["findings"][0]["fix"]
    assert (tmp_path / "task/handler.py").read_text() == text
