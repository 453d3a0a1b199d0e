"""The command that starts a server, as the program beside it resolves it; and its figures."""

from __future__ import annotations

import importlib.util
import os
import socket
from pathlib import Path

import pytest

import importcost
from tests.harness import write_files

PROBE = Path(importcost.__file__).parent / "probe"


def load(name: str):
    spec = importlib.util.spec_from_file_location(f"{name}_in_tests", PROBE / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def probe():
    return load("lwa_probe")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("PORT", "AWS_LWA_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LAMBDA_TASK_ROOT", "/var/task")
    monkeypatch.chdir(tmp_path)
    point = "[console_scripts]\nserve-it = served.cli:main\n"
    return write_files(
        tmp_path,
        {
            "app.py": "",
            "uvicorn/__main__.py": "",
            "served-1.0.dist-info/METADATA": "Name: served\nVersion: 1.0\n",
            "served-1.0.dist-info/entry_points.txt": point,
        },
    )


def resolved(probe, folder, text: str):
    return probe.Command(text.split(), [str(folder)], 4321)


@pytest.mark.parametrize(
    ("text", "how"),
    [
        ("python -m uvicorn main:app", ["module", "uvicorn", ["main:app"]]),
        ("exec python3.12 -u -m uvicorn --port=$PORT", ["module", "uvicorn", ["--port=4321"]]),
        ("/var/lang/bin/python3 -m uvicorn -b :8080", ["module", "uvicorn", ["-b", ":4321"]]),
        ("uvicorn --port ${PORT:-8080} a:b", ["module", "uvicorn", ["--port", "4321", "a:b"]]),
        ("serve-it --bind=0.0.0.0:8080", ["call", "served.cli", "main", "serve-it"]),
        ("/opt/bin/serve-it 8080", ["call", "served.cli", "main", "/opt/bin/serve-it"]),
        ("uvicorn --timeout 18080 --age 8081", ["module", "uvicorn"]),
    ],
)
def test_a_command_is_what_its_process_runs(probe, folder, text, how):
    found = resolved(probe, folder, text).how
    assert found[: len(how)] == how
    assert "8080" not in str(found).replace("18080", "")


def test_a_file_is_run_by_its_path(probe, folder):
    assert resolved(probe, folder, "python app.py --port 8080").how == [
        "file", str(folder / "app.py"), ["--port", "4321"],
    ]  # fmt: skip


def test_variables_before_a_command_are_set_as_a_shell_does(probe, folder):
    text = "PYTHONPATH=$LAMBDA_TASK_ROOT:/opt A=${NOT_SET:-b}$PORT exec python -m uvicorn $A"
    found = resolved(probe, folder, text)
    assert found.environment["PYTHONPATH"] == "/var/task:/opt"
    assert found.environment["A"] == "b4321"
    assert found.how[2] == ["b4321"]


def test_the_port_of_the_adapter_is_the_one_that_is_replaced(probe, folder, monkeypatch):
    monkeypatch.setenv("AWS_LWA_PORT", "7000")
    found = resolved(probe, folder, "uvicorn --port 7000 --age=8080")
    assert found.how[2] == ["--port", "4321", "--age=8080"]


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("gunicorn main:app", ("no server", "gunicorn")),
        ("python -m gunicorn main:app", ("no server", "gunicorn")),
        ("node server.js", ("not python", "node")),
        ("./server", ("not python", "./server")),
        ("python -c x", ("not python", "python -c x")),
        ("python gone.py", ("no file", "gone.py")),
        ("A=b", ("not python", "it is empty")),
    ],
)
def test_a_command_that_starts_no_server_says_why(probe, folder, text, outcome):
    with pytest.raises(probe._NoServerError) as error:
        resolved(probe, folder, text)
    assert error.value.args == outcome


def test_a_server_on_the_port_that_it_has_on_lambda_is_noticed(probe, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("AWS_LWA_PORT", str(port))
        assert probe._listens_elsewhere(4321) == str(port)
        assert not probe._listens_elsewhere(port)
    assert not probe._listens_elsewhere(4321)


@pytest.mark.parametrize(
    ("cpu", "process", "wall", "delay", "computed"),
    [
        # The main thread waits for one that computes: that is computing.
        (100, 160, 200, 0, 160),
        # A second thread beside the main one takes no time of readiness.
        (100, 160, 100, 0, 100),
        # What waits for a processor is neither.
        (100, 160, 200, 80, 120),
        # A system without the delay.
        (100, 100, 300, None, 100),
    ],
)
def test_a_thread_that_is_waited_for_computes(cpu, process, wall, delay, computed):
    span = {"cpu_ns": cpu, "process_cpu_ns": process, "wall_ns": wall, "run_delay_ns": delay}
    assert load("server_probe").critical_span(span)["cpu_ns"] == computed


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes are named in /proc")
@pytest.mark.parametrize(
    ("words", "port"),
    [
        (["gunicorn", "--bind", "0.0.0.0:8000", "app:app"], "8000"),
        (["gunicorn", "-b", ":9000"], "9000"),
        (["uvicorn", "--port=7000", "main:app"], "7000"),
        (["uvicorn", "--port", "$PORT"], ""),
        (["gunicorn", "--workers=4", "main:app"], ""),
    ],
)
def test_a_port_that_a_command_writes_out_is_the_one_to_replace(probe, words, port):
    assert probe.written_port(words) == port


def test_no_other_process_counts_as_the_servers(probe, tmp_path):
    class Ended:
        pid = os.getpid()

        def poll(self):
            return 0

    (tmp_path / "processes").write_text(f"{os.getppid()}\n")
    processes = probe._Processes(Ended(), str(tmp_path), 4321)
    assert processes.ids() == [os.getpid(), os.getppid()]
    assert processes.choose() is None
    assert not processes.has_answered
