"""`importcost check` as a CI job runs it."""

from __future__ import annotations

import json
import textwrap

import pytest

from importcost.cli.gate_outputs import file_stems
from tests.commands import run_here
from tests.harness import write_files

HANDLER = "import helper\n\ndef handler(event, context):\n    return {}\n"
FILES = {"src/handler.py": HANDLER, "src/helper.py": "import wave\nimport csv\n"}
CERTAIN = """
[handlers.orders]
handler = "src/handler.py"
"""


def importcost(folder, *args, **variables):
    absent = dict.fromkeys(("VIRTUAL_ENV", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"))
    variables = {**absent, "IMPORTCOST_CACHE_DIR": str(folder.parent / "cache"), **variables}
    return run_here(folder, "check", "--runner", "local", *args, variables=variables)


@pytest.fixture
def project(tmp_path):
    def make(settings="", **files):
        text = CERTAIN + settings
        return write_files(tmp_path / "project", {**FILES, "importcost.toml": text, **files})

    return make


def findings(done):
    data = json.loads(done.stdout)
    return {(one["rule"], one["status"]): one for one in data["checks"]}


@pytest.mark.unhurried
def test_a_forbidden_import_fails_with_its_chain_and_line(project):
    done = importcost(project('forbid = ["csv"]\n'))
    assert done.returncode == 1, done.stderr
    assert "✗ fails  orders  forbidden-import  src/helper.py:2" in done.stdout
    assert "handler (handler.py:1) > helper (helper.py:2) > csv" in done.stdout
    assert done.stdout.rstrip().endswith("1 of 5 checks failed.")


@pytest.mark.unhurried
def test_without_a_rule_on_time_the_handler_is_launched_twice(project, shared_folder):
    log = "import os\nwith open(os.environ['LAUNCHES'], 'a') as f: f.write('x')\n"
    folder = project(**{"src/helper.py": log})
    settings = folder / "importcost.toml"
    settings.write_text(
        CERTAIN + 'max_modules = 500\nlevel = {memory = "off"}\n[handlers.orders.env]\n'
        f'LAUNCHES = "{shared_folder}/launches"\n'
    )
    done = importcost(folder)
    assert done.returncode == 0, done.stdout
    assert (shared_folder / "launches").read_text() == "xx"
    assert "! warns  orders  write-at-import  src/helper.py:2" in done.stdout


@pytest.mark.unhurried
def test_a_handler_named_twice_is_checked_once(project):
    done = importcost(project(), "orders", "orders", "--deterministic", "--json")
    rules = [one["rule"] for one in json.loads(done.stdout)["checks"]]
    assert rules.count("measurement") == 1


@pytest.mark.unhurried
def test_budgets_fail_when_proven_and_the_reports_agree(project):
    folder = project("max_init_ms = 1\nmax_cost_per_million = 100\n")
    done = importcost(
        folder, "--runs", "7", "--json", "--junit", "j.xml", "--sarif", "s.sarif",
        "--markdown", "m.md",
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    found = findings(done)
    assert found["init-time", "fail"]["budget"] == 1
    assert found["init-time", "fail"]["file"] == "src/helper.py"
    assert ("cost", "pass") in found
    assert 'failures="1"' in (folder / "j.xml").read_text()
    (result,) = json.loads((folder / "s.sarif").read_text())["runs"][0]["results"]
    region = result["locations"][0]["physicalLocation"]["region"]
    assert (region["startColumn"], region["endLine"]) == (1, region["startLine"])
    assert region["endColumn"] == {1: 12, 2: 11}[region["startLine"]]
    assert "init-time" in (folder / "m.md").read_text()


@pytest.mark.unhurried
@pytest.mark.parametrize(("budget", "status", "code"), [(1, "pass", 0), (0.001, "fail", 1)])
def test_a_package_is_judged_without_a_timed_launch(project, budget, status, code):
    folder = project(f"max_package_mb = {budget}\n", **{"src/data.bin": "d" * 5_000})
    names = ("--junit", "j.xml", "--sarif", "s.sarif", "--markdown", "m.md")
    done = importcost(folder, "--deterministic", "--json", *names)
    assert done.returncode == code, done.stderr
    found = findings(done)["package-size", status]
    size = sum(one.stat().st_size for one in (folder / "src").iterdir() if one.is_file())
    assert found["measured"] == round(size / 2**20, 3)
    assert found["budget"] == budget
    assert found["file"] == "importcost.toml"
    (run,) = json.loads((folder / "s.sarif").read_text())["runs"]
    assert [one["ruleId"] for one in run["results"]] == ["package-size"] * code
    assert "package-size" in (folder / "j.xml").read_text()


@pytest.mark.unhurried
def test_each_timed_handler_has_a_page_with_its_verdict(project):
    others = """
        [handlers."orders two"]
        handler = "src/helper.py"
        max_init_ms = 90000
        [handlers.untimed]
        handler = "src/helper.py"
        """
    folder = project("max_init_ms = 1\n" + textwrap.dedent(others))
    done = importcost(folder, "--runs", "6", "--html", "out/pages")
    assert done.returncode == 1, done.stderr
    pages = {one.name: one.read_text() for one in (folder / "out/pages").iterdir()}
    assert set(pages) == {"orders.html", "orders-two.html"}
    assert '"budget":{"status":"fail","text":"Estimated init is' in pages["orders.html"]
    assert '"budget":{"status":"pass"' in pages["orders-two.html"]
    assert "No report of untimed: its init was not timed" in done.stderr


def test_no_two_handlers_share_a_file():
    stems = file_stems(["a/b", "a-b", "A-B", "..", "é"])
    assert stems == {"a/b": "a-b", "a-b": "a-b-2", "A-B": "A-B-3", "..": "handler", "é": "é"}


@pytest.mark.unhurried
def test_the_baseline_tells_new_modules_and_keeps_the_others(project):
    folder = project("allow_new_modules = false\n")
    missing = importcost(folder)
    assert missing.returncode == 3
    assert "write it with importcost check --update-baseline" in " ".join(missing.stdout.split())
    written = importcost(folder, "--runs", "6", "--update-baseline")
    assert written.returncode == 0, written.stdout
    assert "Baseline: " in written.stderr
    file = folder / "importcost-baseline.json"
    entry = json.loads(file.read_text())["handlers"]["orders"]
    assert {"csv", "wave", "helper"} <= set(entry["modules"])
    (folder / "src/helper.py").write_text("import wave\nimport csv\nimport cmd\n")
    changed = importcost(folder)
    assert changed.returncode == 1
    assert "cmd is loaded at init and not in the baseline" in changed.stdout
    assert "src/helper.py:3" in changed.stdout


@pytest.mark.slow
def test_a_handler_gone_from_the_configuration_leaves_the_baseline(project):
    folder = project('[handlers.refunds]\nhandler = "src/helper.py"\n')
    assert importcost(folder, "--runs", "6", "--update-baseline").returncode == 0
    (folder / "importcost.toml").write_text(CERTAIN)
    file = folder / "importcost-baseline.json"
    assert importcost(folder, "orders", "--runs", "6", "--update-baseline").returncode == 0
    assert set(json.loads(file.read_text())["handlers"]) == {"orders", "refunds"}
    assert importcost(folder, "--runs", "6", "--update-baseline").returncode == 0
    assert set(json.loads(file.read_text())["handlers"]) == {"orders"}


@pytest.mark.unhurried
def test_one_failing_handler_does_not_hide_the_others(project):
    settings = 'forbid = ["csv"]\n[handlers.broken]\nhandler = "src/broken.py"\n'
    folder = project(settings, **{"src/broken.py": "raise ValueError('no table')\n"})
    done = importcost(folder)
    assert done.returncode == 1
    assert "broken  measurement" in done.stdout
    assert "raised ValueError: no table" in " ".join(done.stdout.split())
    assert "forbidden-import" in done.stdout


@pytest.mark.unhurried
@pytest.mark.parametrize("settings", ["", "max_memory_mb = 900\n"])
def test_a_file_without_the_configured_function_fails(project, settings):
    folder = project()
    text = (folder / "importcost.toml").read_text().replace("handler.py", "handler.py:absent")
    (folder / "importcost.toml").write_text(text + settings)
    done = importcost(folder, "--runs", "6")
    assert done.returncode == 1
    assert "has no function absent: Lambda would end each invocation" in " ".join(
        done.stdout.split()
    )


@pytest.mark.unhurried
def test_a_failing_handler_fails_whatever_its_levels(project):
    folder = project('level = "warn"\n', **{"src/helper.py": "import nothing_of_that_name\n"})
    done = importcost(folder)
    assert done.returncode == 1
    assert "nothing_of_that_name" in done.stdout


@pytest.mark.unhurried
def test_a_failing_handler_that_is_off_fails_nothing_and_is_shown_everywhere(project):
    broken = '[handlers.broken]\nhandler = "src/broken.py"\nlevel = "off"\n'
    folder = project(broken, **{"src/broken.py": "import nothing_of_that_name\n"})
    done = importcost(folder, "--markdown", "m.md")
    assert done.returncode == 0, done.stderr
    said = "Its init fails; that fails no gate because its level is off."
    assert "! warns  broken  measurement  importcost.toml:4" in done.stdout
    assert "! broken: 1 warned" in done.stdout
    assert said in " ".join(done.stdout.split())
    markdown = (folder / "m.md").read_text()
    assert "none failed, 1 warning" in markdown
    assert "| warning | broken | measurement |" in markdown
    assert said in markdown.replace("&#59;", ";")
    data = json.loads(importcost(folder, "broken", "--json").stdout)
    (check,) = data["checks"]
    assert (check["status"], check["level"], check["severity"]) == ("fail", "off", "warning")
    assert said in check["message"]
    assert data["exit_code"] == 0


@pytest.mark.unhurried
def test_github_gets_annotations_and_a_summary(project):
    folder = project('forbid = ["csv"]\n')
    summary = folder / "summary.md"
    summary.write_text("before\n")
    done = importcost(folder, "--json", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert json.loads(done.stdout)["exit_code"] == done.returncode == 1
    assert "::error file=src/helper.py,line=2," in done.stderr
    text = summary.read_text()
    assert text.startswith("before\n")
    assert "forbidden" in text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ('handler = "src/gone.py"', "There is no file"),
        ('handler = "src/helper.py"\nlayers = ["gone"]', "layer"),
        ('handler = "src/helper.py"\nrequirements = "gone.txt"', "There is no file"),
        ('handler = "src/helper.py"\npython = "./gone"', "give the setting python a path"),
    ],
)
def test_what_a_later_handler_lacks_is_said_before_the_first_is_measured(
    project, settings, words, shared_folder
):
    folder = project(f"[handlers.late]\n{settings}\n")
    launched = shared_folder / "launched"
    (folder / "src/handler.py").write_text(f"open({str(launched)!r}, 'a').close()\n")
    done = importcost(folder)
    assert done.returncode == 2
    assert "importcost.toml line 4: " in done.stderr
    assert words in done.stderr
    assert "Checking" not in done.stderr
    assert not launched.exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("nobody",), "has no handler nobody"),
        (("--config", "absent.toml"), "absent.toml"),
        (("--runs", "5"), "--runs is 5 and must be at least 6"),
        (("--baseline", "absent.json"), "There is no baseline absent.json"),
        (("--deterministic", "--update-baseline"), "use one of them"),
        (("--deterministic", "--html", "pages"), "use one of them"),
        (("--html", "importcost.toml"), "--html importcost.toml cannot be made"),
        (("--junit", "-"), "--junit needs a file"),
        (("--sarif", "nowhere/s.sarif"), "nowhere/s.sarif cannot be written"),
    ],
)
def test_what_cannot_be_carried_out_is_said_before_anything_is_measured(project, args, words):
    done = importcost(project(), *args)
    assert done.returncode == 2
    assert words in done.stderr
    assert done.stderr.count("Error:") == 1


def test_no_configuration_names_init(tmp_path):
    done = importcost(tmp_path)
    assert done.returncode == 2
    assert "importcost init" in done.stderr


def test_a_broken_baseline_is_no_pass(project):
    folder = project("allow_new_modules = false\n", **{"importcost-baseline.json": "{"})
    done = importcost(folder)
    assert done.returncode == 2
    assert "write it again with importcost check --update-baseline" in done.stderr
    foreign = write_files(folder, {"package.json": "{}"}) / "package.json"
    refused = importcost(folder, "--update-baseline", "--baseline", "package.json")
    assert refused.returncode == 2
    assert "package.json is not an importcost baseline and is not overwritten" in refused.stderr
    assert foreign.read_text() == "{}"


@pytest.mark.slow
def test_a_baseline_with_a_merge_s_marks_is_written_again_as_its_error_advises(project):
    marks = '<<<<<<< ours\n{"schema": "importcost-baseline"\n=======\n'
    folder = project(**{"importcost-baseline.json": marks})
    done = importcost(folder, "--runs", "6", "--update-baseline")
    assert done.returncode == 0, done.stderr
    written = json.loads((folder / "importcost-baseline.json").read_text())
    assert list(written["handlers"]) == ["orders"]


@pytest.mark.unhurried
def test_deterministic_leaves_out_budgets_on_time(project):
    done = importcost(project("max_init_ms = 1\nmax_increase = '5%'\n"), "--deterministic")
    assert done.returncode == 0, done.stdout
    assert "init-time" not in done.stdout


LOOP = "for number in range({rounds}):\n    number + 1\n"


def counted(project, settings, rounds=2_000):
    helper = "import wave\n" + LOOP.format(rounds=rounds)
    return project(settings, **{"src/helper.py": helper})


@pytest.mark.unhurried
def test_a_budget_of_bytecodes_needs_no_timing(project):
    folder = counted(project, "max_bytecodes = 1000000\n")
    done = importcost(folder, "--deterministic", "--json")
    assert done.returncode == 0, done.stderr
    first = findings(done)["bytecodes", "pass"]
    again = findings(importcost(folder, "--deterministic", "--json"))["bytecodes", "pass"]
    assert first["measured"] == again["measured"] > 2_000
    counted(project, "max_bytecodes = 3000\n")
    failed = importcost(folder, "--deterministic", "--json")
    assert failed.returncode == 1
    assert "native code is not counted" in findings(failed)["bytecodes", "fail"]["message"]


@pytest.mark.unhurried
def test_counts_are_held_against_the_baseline_where_nothing_is_timed(project):
    folder = counted(project, 'max_increase = "2%"\n', rounds=20_000)
    written = importcost(folder, "--update-baseline", "--runs", "6")
    assert written.returncode == 0, written.stderr
    same = findings(importcost(folder, "--deterministic", "--json"))["increase", "pass"]
    assert same["measured"] == 0
    counted(project, 'max_increase = "2%"\n', rounds=21_500)
    more = importcost(folder, "--deterministic", "--json")
    assert more.returncode == 1
    assert 2 < findings(more)["increase", "fail"]["measured"] < 10
    counted(project, 'max_increase = "30%"\n', rounds=21_500)
    assert importcost(folder, "--deterministic").returncode == 0


@pytest.mark.unhurried
def test_a_baseline_without_counts_and_of_another_python_is_not_compared(project):
    folder = counted(project, 'max_increase = "2%"\n')
    importcost(folder, "--update-baseline", "--runs", "6")
    file = folder / "importcost-baseline.json"
    data = json.loads(file.read_text())
    (entry,) = data["handlers"].values()
    entry["machine"]["python_version"] = "3.8.1"
    file.write_text(json.dumps(data))
    done = importcost(folder, "--deterministic", "--json")
    assert done.returncode == 0, done.stdout
    assert "was counted with CPython 3.8.1" in findings(done)["increase", "skipped"]["message"]
    del entry["figures"]["bytecodes"]
    file.write_text(json.dumps(data))
    done = importcost(folder, "--deterministic", "--json")
    assert "has no count of bytecodes" in findings(done)["increase", "skipped"]["message"]


@pytest.mark.unhurried
def test_a_handler_that_takes_the_counter_over_is_not_measured(project):
    taken = "import sys\nsys.settrace(None)\n" + textwrap.dedent("""
        for tool in range(6) if hasattr(sys, "monitoring") else ():
            if sys.monitoring.get_tool(tool):
                sys.monitoring.free_tool_id(tool)
    """)
    folder = project("max_bytecodes = 10000000\n", **{"src/helper.py": taken})
    done = importcost(folder, "--deterministic", "--json")
    assert done.returncode == 3
    said = findings(done)["bytecodes", "not-measured"]["message"]
    assert "for itself during init" in said


def test_quiet_prints_the_failing_checks_on_stderr_and_nothing_else(project):
    folder = project('forbid = ["csv"]\nmax_modules = 500\n')
    done = importcost(folder, "-q")
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("✗ fails  orders  forbidden-import  src/helper.py:2\n")
    assert "✗" not in done.stderr[1:]
    assert "passed" not in done.stderr
    (folder / "src/helper.py").write_text("")
    fine = importcost(folder, "-q")
    assert (fine.returncode, fine.stdout, fine.stderr) == (0, "", "")
