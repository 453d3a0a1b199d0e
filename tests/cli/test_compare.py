"""`importcost compare` on real repositories, with real launches, and where things go wrong."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.clockwork import Times, run_clocked
from tests.harness import PATIENCE_S, interpreters, write_files

WORK = "sum(range(400_000))\n"
LOOP = "for number in range(40_000): number + 1\n"
HANDLER = f"import helper\n{WORK}\ndef handler(event, context):\n    return {{}}\n"
CONFIG = '[handlers.orders]\nhandler = "src/handler.py"\n'
FILES = {"src/handler.py": HANDLER, "src/helper.py": "import wave\n", "importcost.toml": CONFIG}
FAST = ("--pairs", "8", "--no-attribution")


def environment(folder, **variables):
    temporary = folder.parent / "tmp"
    temporary.mkdir(exist_ok=True)
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("VIRTUAL_ENV", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY")
    }
    return {
        **kept,
        "IMPORTCOST_CACHE_DIR": str(folder.parent / "cache"),
        "TMPDIR": str(temporary),
        "GIT_CONFIG_GLOBAL": os.devnull,
        **variables,
    }


def compare(folder, *args, **variables):
    done = subprocess.run(
        [sys.executable, "-m", "importcost", "compare", *args],
        cwd=folder,
        env=environment(folder, **variables),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert_nothing_left(folder)
    return done


def assert_nothing_left(folder):
    assert list((folder.parent / "tmp").iterdir()) == []
    if (folder / ".git").is_dir():
        assert not (folder / ".git" / "worktrees").exists()


def git(folder, *args):
    identity = (
        "-c",
        "user.name=a",
        "-c",
        "user.email=a@example.com",
        "-c",
        "init.defaultBranch=main",
    )
    done = subprocess.run(
        ["git", *identity, *args],
        cwd=folder,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def commit(folder, files, tag):
    write_files(folder, files)
    git(folder, "add", "-A")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", tag)
    git(folder, "tag", tag)


@pytest.fixture
def repository(tmp_path):
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    commit(folder, FILES, "v1")
    return folder


def words(done):
    return " ".join((done.stdout + done.stderr).split())


@pytest.mark.slow
def test_a_slower_head_fails_and_says_what_accounts_for_it(repository):
    slower = {"src/helper.py": "import wave\nimport unittest\n" + WORK * 10}
    commit(repository, slower, "v2")
    reports = repository.parent / "reports"
    done = compare(repository, "v1", "v2", "--json", "--reports", str(reports))
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    (found,) = data["comparisons"]
    assert found["comparison"]["verdict"] == "slower"
    assert found["comparison"]["pairs"] in (15, 30)
    shift = found["comparison"]["cpu"]["shift_us"]
    assert 0 < shift["low"] <= shift["value"] <= shift["high"]
    attribution = found["attribution"]
    assert "unittest" in attribution["new_modules"]
    assert attribution["gone_modules"] == []
    assert attribution["dollars_per_million"]["value"] > 0
    increase = next(one for one in data["checks"] if one["rule"] == "increase")
    assert increase["file"] == "src/helper.py"  # where the new modules are imported
    assert sorted(one.name for one in reports.iterdir()) == [
        "orders.base.json", "orders.head.json", "orders.html",
    ]  # fmt: skip
    saved = compare(
        repository, str(reports / "orders.base.json"), str(reports / "orders.head.json")
    )
    assert "unittest" in saved.stdout
    assert "per million cold starts" in saved.stdout


def test_a_faster_head_passes_from_a_subfolder_against_the_merge_base(repository):
    git(repository, "checkout", "--quiet", "-b", "feature")
    commit(repository, {"src/handler.py": "def handler(event, context): ...\n"}, "v2")
    git(repository, "checkout", "--quiet", "main")
    commit(repository, {"src/handler.py": "raise ValueError('main moved on')\n"}, "v3")
    git(repository, "checkout", "--quiet", "--detach", "v2")
    done = compare(repository, "main", "HEAD", "--merge-base", *FAST)
    assert done.returncode == 0, done.stderr
    assert "✓ faster  orders" in done.stdout
    inside = compare(repository / "src", "v1", *FAST)
    assert inside.returncode == 0, inside.stderr
    assert "✓ faster  orders" in inside.stdout


def test_changes_without_a_commit_are_pointed_out_and_compared_as_a_folder(repository):
    write_files(repository, {"src/helper.py": "raise ValueError('not yet')\n"})
    by_commit = compare(repository, "v1", "HEAD", *FAST, "--max-increase", "300%")
    assert by_commit.returncode == 0, by_commit.stdout
    assert "1 file has changes that are not in HEAD" in by_commit.stderr
    by_folder = compare(repository, "v1", *FAST)
    assert by_folder.returncode == 1
    assert "raised ValueError: not yet" in words(by_folder)


def test_handlers_of_one_side_are_new_or_removed_and_new_ones_must_import(repository):
    config = (
        '[handlers.refunds]\nhandler = "src/refunds.py"\n'
        '[handlers.broken]\nhandler = "src/broken.py"\n'
    )
    files = {
        "importcost.toml": config,
        "src/refunds.py": "",
        "src/broken.py": "import absent_one\n",
    }
    commit(repository, files, "v2")
    done = compare(repository, "v1", "v2", *FAST, "--json")
    assert done.returncode == 1
    found = {
        (one["handler"], one["status"]): one["message"] for one in json.loads(done.stdout)["checks"]
    }
    assert "is new" in found["refunds", "skipped"]
    assert "is removed" in found["orders", "skipped"]
    assert "absent_one" in found["broken", "fail"]
    assert ("refunds", "pass") in found
    shown = words(compare(repository, "v1", "v2", *FAST))
    assert "increase skipped: refunds is new: there is no base to compare it with." in shown
    assert "increase skipped: orders is removed: there is no head" in shown


def test_a_configured_handler_whose_file_went_fails(repository):
    (repository / "src/handler.py").unlink()
    commit(repository, {"src/other.py": ""}, "v2")
    done = compare(repository, "v1", "v2", *FAST)
    assert done.returncode == 1
    assert "v2: orders is configured and its handler src/handler.py is not there" in words(done)


@pytest.mark.parametrize("both", [False, True])
def test_a_head_that_fails_to_import_fails(repository, both):
    broken = {"src/handler.py": "import absent_module\n"}
    if both:
        commit(repository, broken, "v1b")
    commit(repository, {**broken, "x": ""}, "v2")
    done = compare(repository, "v1b" if both else "v1", "v2", *FAST, "--skip-failing-base")
    assert done.returncode == 1
    assert "v2: src/handler.py needs the module absent_module" in words(done)
    assert "name its requirements with the setting requirements" in words(done)


def test_a_head_whose_function_was_renamed_and_not_its_setting_fails(repository):
    named = CONFIG.replace("handler.py", "handler.py:handler")
    commit(repository, {"importcost.toml": named}, "v2")
    commit(repository, {"src/handler.py": HANDLER.replace("handler(", "renamed(")}, "v3")
    done = compare(repository, "v2", "v3", *FAST)
    assert done.returncode == 1
    assert "v3: src/handler.py has no function handler: Lambda would end" in words(done)


def test_a_head_that_fails_and_is_off_is_shown_and_fails_nothing(repository):
    files = {
        "src/handler.py": "import absent_module\n",
        "importcost.toml": CONFIG + 'level = "off"',
    }
    commit(repository, files, "v2")
    done = compare(repository, "v1", "v2", *FAST)
    assert done.returncode == 0, done.stderr
    assert "! warns  orders  measurement  src/handler.py:1" in done.stdout
    assert "Its init fails; that fails no gate because its level is off." in words(done)


def test_a_base_that_fails_is_no_pass_unless_told(repository):
    commit(repository, {"src/handler.py": "import absent_module\n"}, "v2")
    commit(repository, {"src/handler.py": HANDLER}, "v3")
    done = compare(repository, "v2", "v3", *FAST)
    assert done.returncode == 3
    assert "--skip-failing-base" in words(done)
    told = compare(repository, "v2", "v3", *FAST, "--skip-failing-base")
    assert told.returncode == 0, told.stdout
    assert "1 passed, 1 skipped increase skipped: Not compared: v2: src/handler.py" in words(told)


def test_a_wait_at_import_fails_by_wall_time(repository, monkeypatch):
    commit(repository, {"src/helper.py": "import patient\n", "src/patient.py": ""}, "v2")
    times = Times({"handler": 8_000, "helper": 1_000}, waits={"patient": 150_000})
    for name, value in environment(repository).items():
        monkeypatch.setenv(name, value)
    done = run_clocked(monkeypatch, repository, ["compare", "v1", "v2", *FAST, "--json"], times)
    assert_nothing_left(repository)
    assert done.returncode == 1, done.stdout
    (found,) = json.loads(done.stdout)["comparisons"]
    assert found["comparison"]["is_wall_gated"]
    assert found["comparison"]["wall"]["shift_us"]["low"] > 100_000
    check = json.loads(done.stdout)["checks"][-1]
    assert "wall time" in check["message"]


def test_two_folders_need_no_git(tmp_path):
    base = write_files(tmp_path / "a", FILES)
    write_files(tmp_path / "b", {**FILES, "src/helper.py": "import wave\n" + WORK * 10})
    path = tmp_path / "bin"
    path.mkdir()
    done = compare(base, ".", "../b", *FAST, PATH=str(path))
    assert done.returncode == 1
    assert "✗ slower  orders" in done.stdout
    ref = compare(base, "main", ".", *FAST, PATH=str(path))
    assert ref.returncode == 3
    assert "There is no git command" in ref.stderr


def test_each_version_gets_its_own_requirements(repository):
    package = {
        "lib/lib_a.py": "",
        "src/handler.py": "import lib_a\n" + HANDLER,
    }
    copy = f"{sys.executable} -c \"import shutil; shutil.copy('lib/lib_a.py', r'{{target}}')\""
    commit(repository, package, "v2")
    commit(repository, {"lib/lib_a.py": WORK * 10}, "v3")
    done = compare(repository, "v2", "v3", *FAST, "--install", copy)
    assert done.returncode == 1, done.stderr
    assert "✗ slower  orders" in done.stdout
    failing = compare(repository, "v1", "v2", *FAST, "--install", copy)
    assert failing.returncode == 3
    assert "failed with exit code" in words(failing)
    assert "importcost-compare-" not in words(failing)
    assert "lib_a.py" in words(failing)


@pytest.mark.slow
def test_a_lock_file_is_each_version_s_own(repository):
    commit(repository, {"lock.txt": "# nothing yet\n"}, "v2")
    commit(repository, {"lock.txt": "--no-index\nabsent-package==1\n"}, "v3")
    fine = compare(repository, "v2", "v2", *FAST, "--lock", "lock.txt", "--max-increase", "300%")
    assert fine.returncode == 0, fine.stdout
    done = compare(repository, "v2", "v3", *FAST, "--lock", "lock.txt")
    assert done.returncode == 3
    assert "v3: Installing lock.txt for Python" in words(done)
    assert "absent-package" in words(done)


def test_an_install_that_fails_is_tried_once_for_all_handlers(repository):
    config = CONFIG + '[handlers.second]\nhandler = "src/helper.py"\n'
    script = "import sys; print('tried'); sys.exit(f'ERROR: no {sys.argv[1]}')\n"
    commit(repository, {"importcost.toml": config, "install.py": script}, "v2")
    done = compare(repository, "v2", "v2", "--install", "python install.py {target}", "--json")
    assert done.returncode == 3
    assert done.stderr.count("Installing for v2") == 1
    checks = json.loads(done.stdout)["checks"]
    assert [one["status"] for one in checks] == ["not-measured"] * 2
    assert all("failed with exit code 1" in one["message"] for one in checks)
    assert all("ERROR: no" in one["message"] for one in checks)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("nowhere", "HEAD"), 2, "There is no commit nowhere"),
        (("v1...HEAD",), 2, "v1...HEAD is a range: name its two ends apart"),
        (("", "HEAD"), 2, "BASE is empty"),
        (("v1", " "), 2, "HEAD is empty"),
        (("--", "-x", "HEAD"), 2, "There is no commit -x"),
        (("v1", "HEAD", "--only", "nobody"), 2, "Neither version has a handler nobody"),
        (("v1", "HEAD", "--handler", "no.py"), 2, "Neither v1 nor HEAD has a handler no.py"),
        (("v1", "HEAD", "--install", "pip install x"), 2, "does not say where to install"),
        (("v1", "HEAD", "--install", "x {target}", "--lock", "y"), 2, "keep one of them"),
        (("v1", "HEAD", "--install", "no-such-tool {target}"), 3, "cannot be started"),
        (("v1", "HEAD", "--lock", "no.txt"), 2, "HEAD has no file no.txt: name with --lock"),
        (("v1", "HEAD", "--image", "absent.invalid/none:1"), 3, "cannot be measured in"),
        (("v1", "HEAD", "--max-increase", "5"), 2, '--max-increase must be a string like "5%"'),
        (("v1", "saved.json"), 2, "can only be compared with another one"),
        (("a.json", "b.json"), 2, "The profile a.json cannot be read"),
        (("a.json", "b.json", "--max-increase", "9%", "--json"), 2, "a.json cannot be read"),
        (("a.json", "b.json", "--metric", "cpu"), 2, "--metric cannot apply to saved profiles"),
        (
            ("a.json", "b.json", "--pairs", "15", "--only", "x", "--install", "x {target}"),
            2,
            "--only, --install, --pairs cannot apply to saved profiles",
        ),
        (("v1", "HEAD", "--handler", "src/handler.py", "--only", "x"), 2, "--only cannot apply"),
        (("v1", "HEAD", "--metric", "instructions", "--pairs", "9"), 2, "--pairs cannot apply"),
        (("v1", "HEAD", "--no-attribution", "--reports", "r"), 2, "--reports cannot apply with"),
        ((".", ".", "--merge-base"), 2, "--merge-base needs BASE to be a branch"),
    ],
)
def test_what_cannot_be_compared_is_said_in_one_sentence(repository, args, code, message):
    done = compare(repository, *args)
    assert message in words(done)
    assert done.returncode == code
    assert "Traceback" not in done.stderr


def test_a_shallow_clone_says_how_to_deepen_it(repository):
    commit(repository, {"x": "1"}, "v2")
    clone = repository.parent / "clone"
    source = repository.as_uri()
    git(repository.parent, "clone", "--quiet", "--depth", "1", "--no-tags", source, str(clone))
    done = compare(clone, "v1")
    assert done.returncode == 3
    assert "git fetch --unshallow" in done.stderr


def test_a_repository_without_commits_and_no_repository_at_all(tmp_path):
    folder = write_files(tmp_path / "new", FILES)
    outside = compare(folder, "main")
    assert outside.returncode == 2
    assert "lies in no git repository" in outside.stderr
    git(folder, "init", "--quiet")
    done = compare(folder, "HEAD")
    assert done.returncode == 2
    assert "has no commit yet" in done.stderr


def test_a_submodule_that_cannot_be_had_is_said(repository):
    inner = repository.parent / "inner"
    inner.mkdir()
    git(inner, "init", "--quiet")
    commit(inner, {"lib.py": ""}, "i1")
    allowed = ("-c", "protocol.file.allow=always")
    git(repository, *allowed, "submodule", "--quiet", "add", str(inner), "src/inner")
    commit(repository, {}, "v2")
    done = compare(repository, "v1", "v2", *FAST)
    assert done.returncode == 3
    assert "The submodules of" in done.stderr
    assert "compare the two folders" in done.stderr


def test_a_version_that_brings_submodules_changes_nothing_of_the_users(repository):
    """The address in .gitmodules is the version's, that is, of whoever opened the pull request."""
    other = repository.parent / "other"
    write_files(other, {"module.py": "X = 1\n"})
    for words in (("init", "--quiet"), ("add", "."), ("commit", "--quiet", "-m", "first")):
        git(other, *words)
    allowed = ("-c", "protocol.file.allow=always")
    git(repository, *allowed, "submodule", "--quiet", "add", str(other), "src/sub")
    git(repository, "commit", "--quiet", "-m", "a submodule")
    git(repository, "tag", "with-submodule")
    git(repository, "checkout", "--quiet", "v1")
    for place in (".git/modules", "src/sub"):
        shutil.rmtree(repository / place, ignore_errors=True)
    git(repository, "config", "--remove-section", "submodule.src/sub")
    before = _every_file(repository / ".git")
    done = compare(
        repository, "v1", "with-submodule", *FAST, "--max-increase", "300%",
        GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="protocol.file.allow", GIT_CONFIG_VALUE_0="always",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert _every_file(repository / ".git") == before


def _every_file(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_shallow_clone_is_compared(repository):
    commit(repository, {"src/handler.py": "import csv\n"}, "v2")
    clone = repository.parent / "clone"
    address = f"file://{repository}"
    git(repository.parent, "clone", "--quiet", "--depth", "2", address, str(clone))
    done = compare(clone, "HEAD~1", "HEAD", *FAST, "--max-increase", "900%")
    assert done.returncode == 0, done.stderr


def test_hooks_of_the_repository_do_not_run(repository):
    hook = repository / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 9\n")
    hook.chmod(0o755)
    done = compare(repository, "v1", "HEAD", *FAST, "--max-increase", "300%")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_an_interruption_leaves_nothing(repository, name):
    commit(repository, {"src/handler.py": "import time\ntime.sleep(30)\n"}, "v2")
    process = subprocess.Popen(
        [sys.executable, "-m", "importcost", "compare", "v1", "v2"],
        cwd=repository,
        env=environment(repository),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE_S
    while len(list((repository.parent / "tmp").glob("importcost-compare-*/*/src"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(name)
    _, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Interrupted: everything that was started has been removed." in err
    assert_nothing_left(repository)


@pytest.mark.skipif(
    shutil.which("valgrind") is None and not os.environ.get("IMPORTCOST_REQUIRE_ALL"),
    reason="valgrind is not installed",
)
@pytest.mark.slow
def test_instructions_are_counted_exactly(repository):
    commit(repository, {"src/helper.py": "import wave\n" + WORK * 2}, "v2")
    done = compare(repository, "v1", "v2", "--metric", "instructions", "--json")
    assert done.returncode == 1, done.stderr
    check = json.loads(done.stdout)["checks"][-1]
    assert 100 < check["measured"] < 300
    same = compare(repository, "v1", "v1", "--metric", "instructions", "--json")
    assert same.returncode == 0, same.stdout
    assert abs(json.loads(same.stdout)["checks"][-1]["measured"]) < 1


def test_without_valgrind_and_perf_bytecodes_are_counted(repository, tmp_path):
    path = tmp_path / "bin"
    path.mkdir()
    (path / "git").symlink_to(shutil.which("git"))
    commit(repository, {"src/helper.py": "import wave\n" + LOOP}, "v2")
    done = compare(repository, "v1", "v2", "--metric", "instructions", "--json", PATH=str(path))
    assert done.returncode == 1, done.stderr
    said = words(done)
    assert "valgrind: valgrind and setarch is not on PATH" in said
    assert "perf: perf and setarch is not on PATH" in said
    check = json.loads(done.stdout)["checks"][-1]
    assert "bytecode instructions" in check["message"]
    assert check["measured"] > 50


@pytest.mark.parametrize("python", interpreters())
def test_bytecodes_of_the_same_code_are_the_same(repository, python):
    commit(repository, {"importcost.toml": f'{CONFIG}python = "{python}"\n'}, "v2")
    done = compare(repository, "v2", "v2", "--metric", "bytecode", "--json")
    assert done.returncode == 0, done.stderr + done.stdout
    assert json.loads(done.stdout)["checks"][-1]["measured"] == 0


def test_a_handler_that_takes_the_counter_is_not_measured(repository):
    taken = """
import sys
if hasattr(sys, "monitoring"):
    for tool in range(6):
        if sys.monitoring.get_tool(tool):
            sys.monitoring.free_tool_id(tool)
sys.settrace(None)
"""
    commit(repository, {"src/helper.py": taken}, "v2")
    done = compare(repository, "v1", "v2", "--metric", "bytecode")
    assert done.returncode == 3
    assert "for itself during init, which counts its bytecodes" in words(done)
