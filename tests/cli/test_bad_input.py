"""Every failure ends with one clear sentence, the right exit code, and nothing left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.commands import run_here
from tests.harness import PATIENCE_S, write_files

OPTIONS = ("--runner", "local", "--runs", "5")


def run(folder: Path, *args: str, python: str = sys.executable, **variables: str):
    """Run `importcost profile` in `folder` with a temporary folder and cache of its own."""
    private = folder.parent / "private"
    (private / "tmp").mkdir(parents=True, exist_ok=True)
    variables = {
        "TMPDIR": str(private / "tmp"),
        "IMPORTCOST_CACHE_DIR": str(private / "cache"),
        "PYTHONDONTWRITEBYTECODE": "",
        "VIRTUAL_ENV": None,
        **variables,
    }
    return run_here(folder, "profile", "--python", python, *OPTIONS, *args, variables=variables)


def leftovers(folder: Path) -> list[str]:
    """Return what a command left: temporary files, bytecode, reports."""
    temporary = [path.name for path in (folder.parent / "private" / "tmp").iterdir()]
    return [
        *temporary,
        *(path.name for path in folder.rglob("*.pyc")),
        *(path.name for path in folder.rglob("importcost-report*")),
        *(path.name for path in folder.rglob("*.part")),
    ]


def last_sentence(stderr: str) -> str:
    line = stderr.strip().splitlines()[-1]
    assert line.startswith("Error: "), stderr
    assert line.endswith((".", ")")), stderr
    return line


HANDLERS = {
    "raises": ("raise RuntimeError('no table')\n", "raised RuntimeError: no table"),
    "sys.exit": ("import sys\nsys.exit(4)\n", "calls sys.exit(4)"),
    "os._exit": (
        "import os\nos._exit(7)\n",
        "ended the interpreter itself (os._exit, exit code 7)",
    ),
    "syntax error": (
        "x = 1\ndef f(:\n    pass\n",
        "handler.py line 2 does not parse as the measured Python {}.{} (".format(*sys.version_info),
    ),
    "bad indentation": ("def f():\nreturn 1\n", "handler.py line 2 does not parse"),
    "null bytes": ("x = '\0'\n", "cannot contain null bytes"),
    "segfault": ("import ctypes\nctypes.string_at(0)\n", "crashed with SIGSEGV"),
    "abort": ("import os\nos.abort()\n", "crashed with SIGABRT"),
    "variable": (
        "import os\nT = os.environ['TABLE_NAME']\n{'orders': 1}[T]\n",
        "--env TABLE_NAME=VALUE",
    ),
    "lambda's own variable": (
        "import os\nT = os.environ['AWS_PROFILE']\n",
        "--env AWS_PROFILE=VALUE",
    ),
    "dependency": ("import no_such_package.sub\n", "needs the module no_such_package"),
    "recursion": ("def f(): f()\nf()\n", "raised RecursionError"),
    "keyboard": ("raise KeyboardInterrupt\n", "raised KeyboardInterrupt"),
    "network": (
        "import urllib.request\n\nurllib.request.urlopen('http://127.0.0.1:9/')\n",
        "handler.py line 3 calls out while it is imported, and nobody answered (URLError",
    ),
    "circular": ("from helper import x\n", "raised ImportError"),
}


@pytest.mark.unhurried
@pytest.mark.parametrize(("text", "expected"), HANDLERS.values(), ids=HANDLERS)
def test_a_handler_that_fails_is_explained(tmp_path, text, expected):
    folder = write_files(tmp_path / "work", {"handler.py": text, "helper.py": "import handler\n"})
    done = run(folder, "handler.py")
    assert done.returncode == 3, done.stderr
    assert expected in last_sentence(done.stderr) or expected in done.stderr
    assert "probe.py" not in done.stderr
    assert "importcost/" not in done.stderr
    assert leftovers(folder) == []


@pytest.mark.unhurried
def test_the_handlers_own_traceback_is_shown(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": "def f():\n    1 / 0\nf()\n"})
    done = run(folder, "handler.py")
    assert "ZeroDivisionError: division by zero" in done.stderr
    assert 'handler.py", line 2' in done.stderr


@pytest.mark.unhurried
def test_a_crash_shows_the_stack_it_left(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": "import ctypes\nctypes.string_at(0)\n"})
    assert 'handler.py", line 2' in run(folder, "handler.py").stderr


@pytest.mark.unhurried
def test_a_dependency_option_is_named(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": "import no_such_package\n"})
    sentence = last_sentence(run(folder, "handler.py").stderr)
    assert "--requirements" in sentence
    assert "--layer" in sentence


@pytest.mark.unhurried
def test_an_endless_import_is_stopped(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": "while True: pass\n"})
    done = run(folder, "handler.py", "--timeout", "1")
    assert done.returncode == 3
    assert "did not end within 1 s" in last_sentence(done.stderr)
    assert leftovers(folder) == []


@pytest.mark.unhurried
def test_a_child_that_outlives_a_stopped_import_is_killed(tmp_path, shared_folder):
    text = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
open(PATH, "w").write(str(child.pid))
child.wait()
""".replace("PATH", repr(str(shared_folder / "pid")))
    folder = write_files(tmp_path / "work", {"handler.py": text})
    assert run(folder, "handler.py", "--timeout", "8").returncode == 3
    assert not is_running(int((shared_folder / "pid").read_text()))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().split()[2] != "Z"


@pytest.mark.unhurried
def test_100_mb_of_output_does_not_hurt(tmp_path):
    text = "import sys\nfor _ in range(100):\n    sys.stdout.write('x' * 1_000_000)\n"
    folder = write_files(tmp_path / "work", {"handler.py": text})
    done = run(folder, "handler.py")
    assert done.returncode == 0, done.stderr
    assert "printed 100 MB" in done.stdout
    assert len(done.stdout) + len(done.stderr) < 20_000


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("absent.py",), "There is no file absent.py"),
        ((".",), "has no Lambda function that importcost can see"),
        (("handler.py:not-a-name",), "is not a function name"),
        (("handler",), "neither a Python file nor a Lambda handler string"),
        (("orders/create.handler",), "orders/create.py, which does not exist"),
        (("handler.py", "--task-root", "absent"), "is not a folder"),
        (("handler.py", "--task-root", "other"), "does not lie in the task root"),
        (("handler.py", "--layer", "absent"), "The layer absent does not exist"),
        (("handler.py", "--layer", "other"), "has no folder python, lib or bin"),
        (("handler.py", "--env", "NOVALUE"), "write NAME=VALUE"),
        (("handler.py", "--env-file", "absent.env"), "absent.env cannot be read"),
        (("handler.py", "--requirements", "absent.txt"), "There is no file absent.txt"),
        (("handler.py", "--env", "TWO WORDS=1"), "write NAME=VALUE"),
        (("handler.py", "--env-file", "."), "cannot be read (Is a directory)"),
        (("handler.py", "--timeout", "nan"), "--timeout is nan"),
        (("handler.py", "--timeout", "inf"), "--timeout is inf"),
        (("handler.py", "--image", "mine"), "--image means a container"),
        (("handler.py", "--network", "bridge"), "--network means a container"),
        (("handler.py", "--runs", "4"), "must be at least 5"),
        (("handler.py", "--runtime", "nodejs20.x"), "name a Python runtime"),
        (("handler.py", "-o", "report.pdf"), "not that of a known format"),
        (("handler.py", "-o", "absent/report.html"), "does not exist: create it"),
        (("handler.py", "-o", "x.json", "--open"), "--open needs an HTML report"),
        (("handler.py", "--from-log", "x.log"), "one of them"),
        (("--from-log", "absent.log"), "absent.log cannot be read"),
        (("handler.py", "--memory", "64"), "--memory"),
        (("handler.py", "--arch", "riscv"), "--arch"),
        ((), "Name a handler to measure"),
    ],
)
def test_usage_errors_say_what_to_do(tmp_path, args, expected):
    folder = write_files(tmp_path / "work", {"handler.py": "", "other/x.txt": ""})
    done = run(folder, *args)
    assert done.returncode == 2, done.stderr
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert leftovers(folder) == []


def test_an_interpreter_that_is_not_there_is_named(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": ""})
    done = run(folder, "handler.py", python="python9.9")
    assert done.returncode == 2
    assert "There is no interpreter python9.9" in last_sentence(done.stderr)


def test_an_interpreter_that_is_none_is_named(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": ""})
    done = run(folder, "handler.py", python="/bin/false")
    assert done.returncode == 3
    assert "/bin/false does not answer as Python does" in last_sentence(done.stderr)


@pytest.mark.parametrize("name", ["json", "gc", "atexit", "logging", "os", "__main__", "zipimport"])
def test_a_handler_that_lambda_would_never_import_is_not_measured(tmp_path, name):
    folder = write_files(tmp_path / "work", {f"src/{name}.py": ""})
    done = run(folder, f"src/{name}.py")
    assert done.returncode == 3
    assert f"has the name of Python's own module {name}" in last_sentence(done.stderr)
    assert leftovers(folder) == []


@pytest.mark.parametrize("name", ["awslambdaric", "snapshot_restore_py"])
def test_a_handler_with_a_name_of_the_runtimes_is_not_measured(tmp_path, name):
    folder = write_files(tmp_path / "work", {f"{name}.py": ""})
    done = run(folder, f"{name}.py")
    assert done.returncode == 3
    assert f"has the name of {name}, a module of Lambda's runtime" in last_sentence(done.stderr)


@pytest.mark.unhurried
def test_a_shim_on_path_that_starts_nothing_is_passed_over_for_a_runtime(tmp_path):
    files = {"handler.py": "", "bin/python3.7": "#!/bin/sh\necho not set >&2\nexit 127\n"}
    folder = write_files(tmp_path / "work", files)
    (folder / "bin" / "python3.7").chmod(0o755)
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    argv = ("profile", "handler.py", *OPTIONS, "--runtime", "python3.7")
    done = run_here(folder, *argv, variables={"PATH": path})
    assert done.returncode == 0, done.stderr
    assert "but the function runs on python3.7" in " ".join(done.stdout.split())


@pytest.mark.unhurried
def test_a_tracing_variable_does_not_reach_the_timed_runs(tmp_path):
    text = "import os\nassert 'PYTHONPROFILEIMPORTTIME' not in os.environ\n"
    folder = write_files(tmp_path / "work", {"handler.py": text})
    done = run(folder, "handler.py", "--env", "PYTHONPROFILEIMPORTTIME=1")
    assert done.returncode == 0, done.stderr
    assert "Leaving out PYTHONPROFILEIMPORTTIME" in done.stderr


def test_a_failed_install_ends_with_the_installers_reason(tmp_path):
    files = {"handler.py": "", "requirements.txt": "--no-index\nno-such-package-anywhere==1\n"}
    folder = write_files(tmp_path / "work", files)
    done = run(folder, "handler.py")
    assert done.returncode == 3
    assert "no-such-package-anywhere" in last_sentence(done.stderr)
    assert leftovers(folder) == []
    assert list((tmp_path / "private" / "cache").rglob("*.partial*")) == []


@pytest.mark.unhurried
def test_a_failure_leaves_an_older_report_alone(tmp_path):
    files = {"handler.py": "1 / 0\n", "importcost-report.html": "old"}
    folder = write_files(tmp_path / "work", files)
    assert run(folder, "handler.py").returncode == 3
    assert (folder / "importcost-report.html").read_text() == "old"


@pytest.mark.unhurried
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_removes_everything(tmp_path, shared_folder, number):
    folder = write_files(
        tmp_path / "work",
        {"handler.py": f"open({str(shared_folder / 'on')!r}, 'w')\nwhile True: pass\n"},
    )
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    process = subprocess.Popen(
        [sys.executable, "-m", "importcost", "profile", "handler.py", *OPTIONS],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + PATIENCE_S
    while not (shared_folder / "on").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(number)
    _, stderr = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 130
    assert "Interrupted" in stderr
    assert list(temporary.iterdir()) == []
    assert list(folder.rglob("*.html")) == []
