"""The container runner against real engines: what only they can show."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from importcost.errors import MeasurementError
from importcost.measure.runners.container import start
from importcost.measure.runners.container.inside import ContainerOptions
from importcost.measure.runners.container.runner import ContainerRunner
from importcost.measure.runners.engines import Engine, choose, has_image, pull
from tests.engine.fixtures import wait_until
from tests.harness import PATIENCE_S

pytestmark = [pytest.mark.engine, pytest.mark.slow]
HOST = Path(__file__).with_name("host.py")


@pytest.fixture
def task_root(tmp_path):
    root = tmp_path / "a task, root"  # engines split their flags at commas
    root.mkdir()
    (root / "handler.py").write_text("VALUE = 'the handler'\n")
    (root / "json.py").write_text("raise SystemExit('the task root shadows the library')\n")
    (root / "endless.py").write_text("while True: pass\n")
    return root


@pytest.fixture
def options(lambda_image, task_root):
    return ContainerOptions(lambda_image, task_root)


def containers(engine: Engine) -> list[str]:
    listed = subprocess.run(
        [engine.command, "ps", "--all", "--format", "{{.Names}}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return listed.stdout.split()


def run(runner: ContainerRunner, code: str, timeout_s: float = PATIENCE_S):
    """Run code that sets `out`, and return what it was."""
    text = "import sys; del sys.path[0]; import json\n" + textwrap.dedent(code)
    text += "\njson.dump(out, open(sys.argv[1], 'w'))"
    launch = runner.launch(("-c", text, "{scratch}/result.json"), {}, timeout_s)
    assert launch.exit_code == 0, launch.rows_text.decode()
    return launch.result


def json_list(runner: ContainerRunner, code: str):
    """Run code whose `out` is a list (results are objects)."""
    return run(runner, textwrap.dedent(code) + "\nout = {'list': out}")["list"]


def test_a_launch_finds_lambdas_layout(engine, options, task_root):
    with ContainerRunner(engine, options) as runner:
        code = "import os; sys.path[:0] = ['/var/task']; import handler\n"
        code += "out = {'cwd': os.getcwd(), 'value': handler.VALUE, 'file': handler.__file__}"
        assert run(runner, code) == {
            "cwd": "/var/task",
            "value": "the handler",
            "file": "/var/task/handler.py",
        }
        assert runner.layout.task_root == "/var/task"
        assert runner.layout.search_path == ("/var/task",)
        assert runner.layout.runtime_dir == "/var/runtime"
        assert runner.layout.host_paths == (("/var/task", str(task_root)),)
        facts = runner.facts()
        assert facts.executable == "/var/lang/bin/python3"
        assert facts.minor_version == f"{sys.version_info[0]}.{sys.version_info[1]}"
        assert runner.name == engine.name
        assert runner.image == options.image


def test_files_rows_and_output_come_back(engine, options):
    with ContainerRunner(engine, options) as runner:
        code = "import sys; print(open(sys.argv[1]).read()); import colorsys"
        launch = runner.launch(
            ("-X", "importtime", "-c", code, "{scratch}/note.txt"), {"note.txt": "häi"}, 30
        )
    assert launch.exit_code == 0
    assert b"| colorsys" in launch.rows_text
    assert launch.output_tail == "häi\n"
    assert launch.total_wall_us > 1000


def test_nothing_can_be_written_but_tmp(engine, options, task_root):
    code = """
    import os
    out = {}
    for folder in ("/", "/var/task", "/var/runtime", "/run", "/var/tmp", "/tmp"):
        try:
            open(os.path.join(folder, "written"), "w").close()
            out[folder] = "writable"
        except OSError as error:
            out[folder] = error.strerror
    """
    with ContainerRunner(engine, options) as runner:
        found = run(runner, code)
    assert found.pop("/tmp") == "writable"
    assert set(found.values()) <= {"Read-only file system", "Permission denied"}
    assert not (task_root / "written").exists()
    assert not list(task_root.rglob("__pycache__"))


def test_tmp_holds_512_mb_and_executes(engine, options):
    code = """
    import os, subprocess
    stat = os.statvfs("/tmp")
    with open("/tmp/tool", "w") as stream:
        stream.write("#!/bin/sh\\necho ran\\n")
    os.chmod("/tmp/tool", 0o755)
    block = bytes(1 << 20)
    written = 0
    try:
        with open("/tmp/big", "wb", buffering=0) as stream:
            while True:
                written += stream.write(block)
    except OSError as error:
        full = error.strerror
    out = [stat.f_blocks * stat.f_frsize >> 20, written >> 20, full,
           subprocess.run("/tmp/tool", capture_output=True, text=True).stdout]
    """
    options = ContainerOptions(options.image, options.task_root, memory_mb=1024)
    with ContainerRunner(engine, options) as runner:
        out = json_list(runner, code)
    assert out == [512, 511, "No space left on device", "ran\n"]


def test_a_run_finds_nothing_of_the_run_before(engine, options):
    leave = """
    import os, subprocess
    open("/tmp/left", "w").close()
    os.mkdir("/tmp/importcost-bytecode")
    open("/dev/shm/left", "w").close()
    open("/var/importcost/scratch/left", "w").close()
    os.mkdir("/tmp/closed")
    open("/tmp/closed/left", "w").close()
    os.chmod("/tmp/closed", 0)
    subprocess.Popen(["sleep", "60"], start_new_session=True)
    out = []
    """
    find = """
    import os
    pids = [name for name in os.listdir("/proc") if name.isdigit()]
    names = [open(f"/proc/{pid}/comm").read().strip() for pid in pids]
    out = [sorted(os.listdir("/tmp")), os.listdir("/dev/shm"), "sleep" in names,
           [name for name in os.listdir("/var/importcost/scratch") if name == "left"],
           os.path.exists(os.path.expanduser("~"))]
    """
    with ContainerRunner(engine, options) as runner:
        json_list(runner, leave)
        assert json_list(runner, find) == [["importcost-bytecode"], [], False, [], False]


def test_no_network(engine, options):
    code = """
    import socket
    out = [name for _, name in socket.if_nameindex()]
    try:
        socket.create_connection(("192.0.2.1", 80), timeout=5)
    except OSError as error:
        out.append(type(error).__name__)
    """
    with ContainerRunner(engine, options) as runner:
        found = json_list(runner, code)
    assert "lo" in found
    assert not any(name.startswith(("eth", "en", "wl")) for name in found)
    assert found[-1] in ("OSError", "TimeoutError")


def test_no_variable_of_the_host(engine, options, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_HOST_SECRET", "leaked")
    monkeypatch.setenv("HTTP_PROXY", "http://leaked.invalid")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "leaked")
    options = ContainerOptions(options.image, options.task_root, env={"ASKED": "a b\n'$HOME"})
    with ContainerRunner(engine, options) as runner:
        found = run(runner, "import os; out = dict(os.environ)")
    assert "leaked" not in json.dumps(found)
    assert found.pop("ASKED") == "a b\n'$HOME"
    assert set(found) - {"LC_CTYPE"} == {
        "HOME",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "LANG",
        "LD_LIBRARY_PATH",
        "PATH",
        "TZ",
    }


def test_no_privileges(engine, options):
    code = """
    with open("/proc/self/status") as stream:
        lines = dict(line.rstrip().split(":\\t", 1) for line in stream if ":\\t" in line)
    out = [lines["CapEff"].strip("0"), lines["NoNewPrivs"]]
    """
    with ContainerRunner(engine, options) as runner:
        assert json_list(runner, code) == ["", "1"]


def test_the_memory_limit_ends_a_run_and_says_so(engine, options):
    with ContainerRunner(engine, options) as runner:
        code = "x = [bytearray(1 << 20) for _ in range(4000)]"
        launch = runner.launch(("-c", code), {}, PATIENCE_S)
        assert launch.out_of_memory
        assert not launch.timed_out
        assert launch.exit_code == -signal.SIGKILL
        # The container outlives it: the next run is fine.
        after = runner.launch(("-c", "print('fine')"), {}, PATIENCE_S)
    assert (after.exit_code, after.out_of_memory, after.output_tail) == (0, False, "fine\n")


def test_a_container_killed_from_outside_counts_as_out_of_memory(engine, options):
    with ContainerRunner(engine, options) as runner:
        first = runner.container_name
        subprocess.run([engine.command, "kill", first], capture_output=True, check=True)
        assert runner.launch(("-c", "pass"), {}, PATIENCE_S).out_of_memory
        # A new container takes its place.
        assert runner.launch(("-c", "pass"), {}, PATIENCE_S).exit_code == 0
        second = runner.container_name
    assert first != second
    assert not {first, second} & set(containers(engine))


def test_100_mb_of_output_keeps_its_tail(engine, options):
    code = "import sys\nfor _ in range(100): sys.stdout.write('x' * 1_000_000)\nprint('the end')"
    with ContainerRunner(engine, options) as runner:
        launch = runner.launch(("-c", code), {}, PATIENCE_S)
    assert launch.exit_code == 0
    assert launch.output_bytes == 100_000_008
    assert launch.output_tail.endswith("xthe end\n")
    assert len(launch.output_tail) < 100_000


def test_100_mb_on_the_row_stream_is_survived(engine, options):
    code = "import os\nfor _ in range(100):\n try: os.write(2, bytes(10**6))\n except OSError: pass"
    with ContainerRunner(engine, options) as runner:
        launch = runner.launch(("-c", code), {}, PATIENCE_S)
        assert launch.exit_code == 0
        assert not launch.out_of_memory
        with pytest.raises(MeasurementError, match="flooded file descriptor 2"):
            runner.launch(("-X", "importtime", "-c", code), {}, PATIENCE_S)


def test_an_endless_import_times_out_and_its_container_goes(engine, options):
    with ContainerRunner(engine, options) as runner:
        name = runner.container_name
        assert name in containers(engine)
        code = "import sys; sys.path.insert(0, '/var/task'); import endless"
        launch = runner.launch(("-c", code), {}, 1)
        assert launch.timed_out
        assert launch.result is None
        assert launch.total_wall_us >= 1_000_000
    assert name not in containers(engine)


def test_an_exception_removes_the_container(engine, options):
    names = []

    def interrupted():
        with ContainerRunner(engine, options) as runner:
            names.append(runner.container_name)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert names[0] not in containers(engine)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_host_leaves_no_container(engine, options, number, tmp_path):
    host = subprocess.Popen(
        [sys.executable, HOST, engine.name, options.image, options.task_root],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        name = host.stdout.readline().strip()
        assert name in containers(engine)
        host.send_signal(number)
        host.wait(timeout=PATIENCE_S)
        if number == signal.SIGKILL:
            wait_until(lambda: name not in containers(engine), PATIENCE_S, "the container goes")
        assert name not in containers(engine)
    finally:
        host.kill()
        host.wait()
        host.stdout.close()


def test_a_killed_process_group_leaves_no_container(engine, options):
    """The engine's own client dies with the host, as when a CI job is ended."""
    runner = ContainerRunner(engine, options)
    with runner:
        name = runner.container_name
        assert name in containers(engine)
        runner._started.attached._process.kill()
        wait_until(lambda: name not in containers(engine), PATIENCE_S, "the container goes")


def test_layers_merge_in_order_and_requirements_come_last(engine, options, tmp_path):
    first, second, wanted = tmp_path / "one", tmp_path / "two", tmp_path / "requirements"
    for folder, names in ((first, "ab"), (second, "bc"), (wanted, "cd")):
        python = folder if folder == wanted else folder / "python"
        python.mkdir(parents=True)
        for name in names:
            (python / f"mod_{name}.py").write_text(f"VALUE = {folder.name!r}\n")
    options = ContainerOptions(
        options.image, options.task_root, layers=(first, second), packages=(wanted,)
    )
    code = "sys.path[:0] = PATH\nimport mod_a, mod_b, mod_c, mod_d\n"
    code += "out = [m.VALUE for m in (mod_a, mod_b, mod_c, mod_d)]"
    with ContainerRunner(engine, options) as runner:
        path = runner.layout.search_path
        assert path == ("/var/task", "/opt/python", "/var/importcost/packages/0/site-packages")
        found = json_list(runner, code.replace("PATH", str(list(path))))
        own = runner._folder.path()
        assert own.exists()
    assert found == ["one", "two", "two", "requirements"]
    assert not own.exists()
    assert (first / "python/mod_b.py").read_text() == "VALUE = 'one'\n"


def test_one_layer_is_mounted_and_mapped_back(engine, options, tmp_path):
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    (tmp_path / f"layer/python/lib/python{version}/site-packages").mkdir(parents=True)
    options = ContainerOptions(options.image, options.task_root, layers=(tmp_path / "layer",))
    with ContainerRunner(engine, options) as runner:
        layout = runner.layout
    inside = f"/opt/python/lib/python{version}/site-packages"
    assert layout.search_path == ("/var/task", inside, "/opt/python")
    assert layout.host_paths[-1] == ("/opt", str(tmp_path / "layer"))


def test_the_quota_throttles_as_lambda_does(engine, options):
    """A tenth of a core: wall time follows the quota, CPU time does not."""
    code = "import time\nwhile time.process_time() < 0.2: pass\nout = [time.process_time()]"
    slow = ContainerOptions(options.image, options.task_root, cpus=0.1)
    with ContainerRunner(engine, slow) as runner:
        launch = runner.launch(("-c", code), {}, PATIENCE_S)
    assert launch.total_wall_us > 1_000_000


def test_the_files_own_user_reads_private_files(engine, options, task_root):
    (task_root / "handler.py").chmod(0o600)
    task_root.chmod(0o700)
    with ContainerRunner(engine, options) as runner:
        assert run(runner, "sys.path[:0]=['/var/task']; import handler; out={'v': handler.VALUE}")


def test_an_images_own_python_and_task_root(engine, lambda_image):
    """Without a task root the image's own /var/task is measured, with its own user."""
    options = ContainerOptions(lambda_image, None, python="python3")
    with ContainerRunner(engine, options) as runner:
        assert runner.layout.host_paths == ()
        assert runner.facts().executable == "/var/lang/bin/python3"


def test_an_image_without_that_python_is_refused_in_one_sentence(engine, lambda_image):
    options = ContainerOptions(lambda_image, None, python="/nowhere/python3")
    with pytest.raises(MeasurementError, match=r"has no Python \(/nowhere/python3 not found\)"):
        ContainerRunner(engine, options).__enter__()


def test_python_is_looked_for_by_other_names(engine, lambda_image, monkeypatch):
    """As in images that are not AWS's: /var/lang is missing, python3 is on the PATH."""
    monkeypatch.setattr(start, "PYTHON_COMMANDS", ("/nowhere/python3", "python3"))
    with ContainerRunner(engine, ContainerOptions(lambda_image, None)) as runner:
        assert runner.facts().executable == "/var/lang/bin/python3"


def test_an_absent_image_is_refused_in_one_sentence(engine, task_root):
    image = "localhost/importcost-test/absent:1"
    assert not has_image(engine, image)
    with pytest.raises(MeasurementError, match=f"{engine.name} has no image {image}"):
        ContainerRunner(engine, ContainerOptions(image, task_root)).__enter__()
    with pytest.raises(MeasurementError, match=f"{engine.name} could not pull {image}") as caught:
        pull(engine, image)
    assert "\n" not in str(caught.value)


def test_auto_and_a_named_engine_take_a_running_engine(engine, lambda_image):
    assert choose(engine.name, lambda_image).engine == engine
    choice = choose("auto", lambda_image)
    assert choice.engine is not None
    assert choice.reason == f"{choice.name} has {lambda_image}"
