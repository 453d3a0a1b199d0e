"""Each launch finds the machine as a cold start does: nothing of the launch before, or of ours."""

from __future__ import annotations

import json
import os
import runpy
import shutil
import signal
import subprocess
import sys
import uuid
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from importcost.errors import HandlerError, MeasurementError
from importcost.measure.runners import launcher, local, private_folders
from importcost.measure.runners.private_folders import NotPrivateError
from importcost.model.profile import RunKind
from tests.harness import Handler, write_files

ROOT = Path(__file__).resolve().parents[2]

NAMESPACES = (
    not subprocess.run(
        ["unshare", "--mount", "true"]
        if sys.platform == "linux" and os.geteuid() == 0
        else ["unshare", "--user", "--mount", "true"],
        check=False,
        capture_output=True,
    ).returncode
    if shutil.which("unshare")
    else False
)
needs_namespaces = pytest.mark.skipif(not NAMESPACES, reason="no mount namespaces here")

WRITER = """
import json, os, tempfile
NAME = "cold-start-{token}"
PLACES = ["/tmp", "/var/tmp", "/dev/shm", tempfile.gettempdir(), os.path.expanduser("~"),
          os.path.join(os.path.expanduser("~"), ".cache", "library"),
          os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")]
found = []
for place in dict.fromkeys(PLACES):
    file = os.path.join(place, NAME)
    if os.path.exists(file):
        found.append(place)
    os.makedirs(place, exist_ok=True)
    with open(file, "w") as stream:
        stream.write("kept")
print(json.dumps({{"found": found, "tmp": os.listdir("/tmp"), "uid": os.getuid()}}))
"""


def writer(tmp_path) -> tuple[Handler, str]:
    token = uuid.uuid4().hex
    files = {"handler.py": WRITER.format(token=token)}
    return Handler(write_files(tmp_path, files)), f"cold-start-{token}"


def said(session) -> dict:
    return json.loads(session.last.output_tail.strip().splitlines()[-1])


def left_on_host(name: str) -> list[str]:
    folders = ("/tmp", "/var/tmp", "/dev/shm", Path.home(), Path.home() / ".cache")
    return [str(folder) for folder in folders if Path(folder, name).exists()]


@needs_namespaces
@pytest.mark.parametrize("kind", [RunKind.GRAPH, RunKind.TIMED, RunKind.TRACED])
def test_nothing_that_a_launch_wrote_is_there_for_the_next(tmp_path, kind):
    handler, name = writer(tmp_path)
    session = handler.session()
    for _ in range(2):
        session.launch_probe(kind)
        assert said(session)["found"] == []
        assert session.last.shared_because is None
    assert left_on_host(name) == []


@needs_namespaces
def test_tmp_is_empty_but_for_what_is_measured(tmp_path):
    handler, name = writer(tmp_path)
    session = handler.session()
    session.launch_probe(RunKind.TIMED)
    # The environment and the checkout may lie below /tmp, too.
    measured = (tmp_path, Path(sys.prefix), Path(sys.base_prefix), Path(__file__).resolve())
    kept = {path.relative_to("/tmp").parts[0] for path in measured if path.is_relative_to("/tmp")}
    assert set(said(session)["tmp"]) <= {*kept, name}
    assert said(session)["uid"] == os.getuid()


VENDORED = "VALUE = {'answer': 42}\n"
UNZIP = """
import os, sys, zipfile
folder = "/tmp/sls-py-req"
sys.path.append(folder)
print("unpacks" if not os.path.exists(folder) else "finds")
if not os.path.exists(folder):
    root = os.environ["LAMBDA_TASK_ROOT"]
    zipfile.ZipFile(os.path.join(root, ".requirements.zip")).extractall("/tmp/_temp-sls-py-req")
    os.rename("/tmp/_temp-sls-py-req", folder)
"""
UNZIP_HANDLER = """
try:
    import unzip_requirements
except ImportError:
    pass
import json
import vendored_only
def handler(event, context):
    return json.dumps(vendored_only.VALUE)
"""


def unzipping(tmp_path) -> Handler:
    root = write_files(tmp_path, {"handler.py": UNZIP_HANDLER, "unzip_requirements.py": UNZIP})
    with zipfile.ZipFile(root / ".requirements.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("vendored_only.py", VENDORED)
        for file in sorted(Path(json.__file__).parent.glob("*.py")):
            archive.write(file, f"copied/{file.name}")
    return Handler(root, function="handler")


@pytest.mark.unhurried
@needs_namespaces
def test_requirements_that_are_unpacked_at_import_are_unpacked_every_time(tmp_path):
    was_there = Path("/tmp/sls-py-req").exists()  # what somebody else left, no launch may find
    session = unzipping(tmp_path).session()
    for kind in (RunKind.GRAPH, RunKind.TIMED, RunKind.TIMED, RunKind.TRACED):
        result = session.launch_probe(kind)
        assert result["error"] is None
        assert session.last.output_tail.split() == ["unpacks"]
    assert Path("/tmp/sls-py-req").exists() is was_there


@needs_namespaces
def test_a_handler_that_empties_tmp_does_not_empty_the_machines(tmp_path):
    mine = Path("/tmp", f"importcost-test-{uuid.uuid4().hex}")
    mine.write_text("mine")
    outside = Path("/var/tmp", f"importcost-test-{uuid.uuid4().hex}")
    try:
        text = (
            "import os, shutil\n"
            "for name in os.listdir('/tmp'):\n"
            "    path = os.path.join('/tmp', name)\n"
            "    if name.startswith('pytest-of-'):\n"
            "        continue\n"
            "    shutil.rmtree(path, ignore_errors=True)\n"
        )
        session = Handler(write_files(outside, {"handler.py": text})).session()
        result = session.launch_probe(RunKind.TRACED)
        assert result["error"] is None
        assert mine.read_text() == "mine"
    finally:
        mine.unlink()
        shutil.rmtree(outside, ignore_errors=True)


@needs_namespaces
def test_an_environment_below_tmp_is_protected_from_such_a_handler(tmp_path):
    layer = write_files(tmp_path / "layer", {"python/dependency.py": "X = 1\n"})
    root = write_files(
        tmp_path / "task",
        {
            "handler.py": "import os, shutil, dependency\n"
            "shutil.rmtree(os.path.dirname(dependency.__file__), ignore_errors=True)\n"
            "open('own.txt', 'w').close()\n"
        },
    )
    session = Handler(root, layers=(str(layer),)).session()
    assert session.launch_probe(RunKind.TIMED)["error"] is None
    assert (layer / "python" / "dependency.py").read_text() == "X = 1\n"
    assert (root / "own.txt").exists()


@pytest.mark.unhurried
@needs_namespaces
def test_start_times_leave_out_the_way_into_the_namespace(tmp_path):
    session = Handler(write_files(tmp_path, {"handler.py": ""})).session()
    for _ in range(3):
        start = session.launch_probe(RunKind.TIMED)["phases"]["interpreter_start"]
        # A thread has no more CPU time than time, but for what reading two clocks differs by: the
        # way in, several milliseconds, would be CPU time of before.
        assert 0 < start["cpu_ns"] <= start["wall_ns"] + 1_000_000
        assert 0 < start["process_cpu_ns"] <= start["wall_ns"] + 1_000_000
        assert start["run_delay_ns"] >= 0


def endings(tmp_path):
    def failure(text: str, **fields) -> str:
        session = Handler(write_files(tmp_path, {"handler.py": text}), **fields).session()
        with pytest.raises(HandlerError) as caught:
            session.launch_probe(RunKind.TIMED)
        return f"{caught.value} [{session.last.exit_code}]"

    return failure


@pytest.mark.unhurried
def test_exit_codes_signals_and_timeouts_are_the_interpreters_own(tmp_path):
    failure = endings(tmp_path)
    assert "exit code 7" in failure("import os\nos._exit(7)\n")
    assert "SIGKILL" in failure("import os\nos.kill(os.getpid(), 9)\n")
    assert "[-15]" in failure("import os\nos.kill(os.getpid(), 15)\n")
    assert "did not end within" in failure("while True: pass\n", timeout_s=1.0)


@pytest.mark.skipif(sys.platform != "linux", reason="asks /proc")
def test_signals_that_the_way_in_ignores_are_not_ignored_in_what_is_started(tmp_path):
    runner = Handler(write_files(tmp_path, {"handler.py": ""})).session()._runner
    # Python ignores these two itself, so a script stands in for it, whatever its options are.
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\nexec cat /proc/self/status\n")
    script.chmod(0o755)
    launch = replace(runner, python=str(script)).launch((), {}, 30)
    ignored = int(launch.output_tail.split("SigIgn:")[1].split()[0], 16)
    assert ignored & (1 << signal.SIGPIPE - 1 | 1 << signal.SIGXFSZ - 1) == 0


def test_a_child_with_a_session_of_its_own_delays_nothing_and_ends(tmp_path):
    text = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],\n"
        "                         start_new_session=True)\n"
        "print(child.pid)\n"
    )
    session = Handler(write_files(tmp_path, {"handler.py": text})).session()
    result = session.launch_probe(RunKind.TIMED)
    assert result["error"] is None
    with pytest.raises(ProcessLookupError):
        os.kill(int(session.last.output_tail.split()[0]), 0)


def test_an_interpreter_that_cannot_be_executed_is_told_as_before(tmp_path):
    session = Handler(write_files(tmp_path, {"handler.py": ""})).session()
    runner = session._runner
    bare = type(runner)(str(tmp_path / "none"), runner.interpreter, runner.layout, {})
    with pytest.raises(MeasurementError, match="cannot be started"):
        bare.launch(("-c", ""), {}, 10)


def test_the_emulators_warm_up_leaves_nothing_for_the_init_that_is_measured(tmp_path, monkeypatch):
    client = runpy.run_path(str(ROOT / "src/importcost/probe/emulator_client.py"))
    (tmp_path / "emulator.log").write_text("log")

    def import_handler(*_, **__):
        write_files(tmp_path, {"unpacked/package.py": ""})

    monkeypatch.setattr(subprocess, "run", import_handler)
    folders = (str(tmp_path), str(tmp_path / "missing"))
    client["warm_up"](
        "handler", "", {"WRITABLE_INSIDE": folders, "empty_folders": launcher.empty_folders}
    )
    assert [path.name for path in tmp_path.iterdir()] == ["emulator.log"]


# Without namespaces


def test_without_namespaces_home_and_tempfile_are_still_fresh(tmp_path, monkeypatch):
    def refuse():
        raise NotPrivateError("simulated")

    monkeypatch.setattr(local, "enter_command", refuse)
    text = (
        "import os, tempfile\n"
        "places = [os.path.expanduser('~'), tempfile.gettempdir()]\n"
        "print([os.listdir(place) for place in places])\n"
        "[open(os.path.join(place, 'kept'), 'w').close() for place in places]\n"
    )
    session = Handler(write_files(tmp_path, {"handler.py": text})).session()
    for _ in range(2):
        session.launch_probe(RunKind.TIMED)
        assert session.last.output_tail.strip() == "[[], []]"
        assert session.last.shared_because == "simulated"


LAUNCH = """
import json, sys
from importcost.measure.layout import local_layout
from importcost.measure.runners.local import LocalRunner, inspect_interpreter
from importcost.model.profile import Target
root = sys.argv[1]
facts = inspect_interpreter(sys.executable)
target = Target("handler", None, root, root + "/handler.py")
runner = LocalRunner(facts.executable, facts, local_layout(target, facts.minor_version), {})
script = "import json, os; open('/tmp/' + os.environ['NAME'], 'w'); print(os.getuid(), os.getgid())"
runner.environment["NAME"] = sys.argv[2]
launch = runner.launch(("-c", script), {}, 30)
print(json.dumps([launch.exit_code, launch.shared_because, launch.output_tail,
                  launch.rows_text.decode()]))
"""


def launch_as(words: list[str], python: str, root: Path, name: str) -> list:
    asked = subprocess.run(
        [*words, python, "-c", LAUNCH, str(root), name],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        cwd="/",
        check=False,
    )
    assert asked.returncode == 0, asked.stderr
    return json.loads(asked.stdout)


@pytest.mark.skipif(
    not (NAMESPACES and os.geteuid() == 0 and shutil.which("setpriv")), reason="needs root"
)
def test_where_unsharing_is_forbidden_the_launch_shares_the_folders_and_says_so(tmp_path):
    words = ["setpriv", "--bounding-set", "-sys_admin", "--inh-caps", "-sys_admin"]
    name = f"importcost-test-{uuid.uuid4().hex}"
    try:
        code, reason, out, rows = launch_as(words, sys.executable, tmp_path, name)
        assert (code, out.split(), rows) == (0, ["0", "0"], "")
        assert reason == "unshare: Operation not permitted"
    finally:
        Path("/tmp", name).unlink()


def unprivileged_python() -> str | None:
    """Return a Python that a user without any right may start, and that importcost runs on."""
    for python in ("/usr/bin/python3", sys.executable):
        words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "unshare", "-Um"]
        check = "import sys; sys.exit(sys.version_info < (3, 10))"
        with_user = [*words, python, "-c", check]
        if (
            shutil.which("setpriv")
            and not subprocess.run(with_user, check=False, capture_output=True).returncode
        ):
            return python
    return None


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root")
def test_a_user_without_rights_gets_private_folders_too():
    python = unprivileged_python()
    if python is None or not os.access(ROOT / "src", os.R_OK):
        pytest.skip("no Python that another user may start")
    words = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
    name = f"importcost-test-{uuid.uuid4().hex}"
    code, reason, out, rows = launch_as(words, python, Path("/usr"), name)
    assert (code, reason, out.split(), rows) == (0, None, ["65534", "65534"], "")
    assert not Path("/tmp", name).exists()


# What stays visible


@pytest.fixture
def hidden(tmp_path, monkeypatch) -> Path:
    folder = tmp_path.resolve() / "t"
    folder.mkdir()
    monkeypatch.setattr(private_folders, "TEMPORARY", (str(folder), str(tmp_path / "missing")))
    return folder


def test_only_the_outermost_of_what_is_needed_is_shown(hidden):
    (hidden / "app" / "lib").mkdir(parents=True)
    found = private_folders.private_folders(
        [str(hidden / "app" / "lib"), str(hidden / "app"), str(hidden / "none"), "/usr"]
    )
    assert found.folders == (str(hidden),)
    assert found.paths == (str(hidden / "app"),)


def test_links_on_the_way_stay_links(hidden, tmp_path):
    (hidden / "real" / "app").mkdir(parents=True)
    (hidden / "link").symlink_to("real")
    (tmp_path / "outside").symlink_to(hidden / "link")
    found = private_folders.private_folders([str(tmp_path / "outside" / "app")])
    assert found.links == ((str(hidden / "link"), "real"),)
    assert found.paths == (str(hidden / "real" / "app"),)


def test_links_inside_of_what_is_shown_are_not_made_again(hidden):
    (hidden / "app" / "real").mkdir(parents=True)
    (hidden / "app" / "link").symlink_to("real")
    found = private_folders.private_folders([str(hidden / "app"), str(hidden / "app" / "link")])
    assert (found.links, found.paths) == ((), (str(hidden / "app"),))


def test_a_loop_of_links_ends(hidden):
    (hidden / "a").symlink_to("b")
    (hidden / "b").symlink_to("a")
    assert private_folders.private_folders([str(hidden / "a")]).paths == ()


def test_a_temporary_folder_that_is_measured_itself_shows_its_entries(hidden, monkeypatch):
    write_files(hidden, {"handler.py": "", "b/c.py": ""})
    found = private_folders.private_folders([str(hidden)])
    assert found.paths == (str(hidden / "b"), str(hidden / "handler.py"))
    monkeypatch.setattr(private_folders, "MOST_ENTRIES", 1)
    with pytest.raises(NotPrivateError, match="holds 2 entries"):
        private_folders.private_folders([str(hidden)])


def test_projects_installed_in_place_are_found_by_path_files_and_records(tmp_path):
    record = {"url": "file:///tmp/my%20project", "dir_info": {"editable": True}}
    files = {"one-1.dist-info/direct_url.json": json.dumps(record)}
    files["two-1.dist-info/direct_url.json"] = "["
    files["more.pth"] = "# a comment\n/tmp/more\nimport sys\n../beside\n"
    folder = str(write_files(tmp_path, files))
    found = private_folders.installed_in_place([folder, "/none"])
    assert found == ["/tmp/my project", "/tmp/more", folder + "/../beside"]


def test_an_interpreter_brings_its_environment_and_what_it_links_to(hidden, tmp_path):
    (hidden / "venv" / "bin").mkdir(parents=True)
    python = hidden / "venv" / "bin" / "python"
    python.symlink_to(sys.executable)
    found = private_folders.private_folders(private_folders.interpreter_paths(str(python)))
    assert str(hidden / "venv") in found.paths
