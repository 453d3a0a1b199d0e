"""Launches share the machine's temporary folders: files are removed, or only reported."""

from __future__ import annotations

import os
import shutil
import uuid
from pathlib import Path

import pytest

from importcost.measure.runners import local
from importcost.measure.runners.private_folders import NotPrivateError
from importcost.measure.runners.shared_folders import CLOCK_STEP_NS, FolderEntry, SharedUse, judge
from importcost.model.profile import RunKind
from tests.harness import Handler, write_files

SINCE = 1_000_000_000_000
NEW = FolderEntry((1, 2), 1000, SINCE + 1)


def judged(entry: FolderEntry, before: FolderEntry | None = None, made=("/tmp/x",)) -> SharedUse:
    earlier = {} if before is None else {"/tmp/x": before}
    return judge(earlier, {"/tmp/x": entry}, made, 1000, SINCE)


def test_what_is_new_and_was_recorded_is_removed():
    assert judged(NEW) == SharedUse(removed=("/tmp/x",))


def test_a_clock_that_steps_does_not_hide_what_was_made():
    early = FolderEntry((1, 2), 1000, SINCE - CLOCK_STEP_NS)
    assert judged(early) == SharedUse(removed=("/tmp/x",))


def test_what_merely_appeared_is_told():
    assert judged(NEW, made=("/tmp/x/below",)) == SharedUse(left=("/tmp/x",))


@pytest.mark.parametrize(
    ("entry", "before"),
    [
        (NEW, NEW),  # it was there
        (FolderEntry((1, 2), 1001, SINCE + 1), None),  # another user's
        (FolderEntry((1, 2), 1000, SINCE - CLOCK_STEP_NS - 1), None),  # made before the launch
    ],
    ids=["there before", "another user's", "older"],
)
def test_what_cannot_be_the_launchs_is_left_alone(entry, before):
    assert judged(entry, before) == SharedUse()


def test_a_file_that_took_the_place_of_another_is_told_not_removed():
    assert judged(NEW, before=FolderEntry((1, 1), 1000, SINCE - 1)) == SharedUse(left=("/tmp/x",))


@pytest.fixture
def shared(monkeypatch):
    def refuse():
        raise NotPrivateError("simulated")

    monkeypatch.setattr(local, "enter_command", refuse)


@pytest.fixture
def name():
    name = f"shared-{uuid.uuid4().hex}"
    yield name
    for folder in ("/tmp", "/var/tmp"):
        path = Path(folder, name)
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def session_of(tmp_path, text: str):
    return Handler(write_files(tmp_path, {"handler.py": text})).session()


def test_what_the_handler_made_is_gone_after_each_launch(tmp_path, shared, name):
    text = (
        "import os\n"
        f"print(os.path.exists('/tmp/{name}'), os.path.exists('/var/tmp/{name}'))\n"
        f"os.mkdir('/tmp/{name}.part')\n"
        f"open('/tmp/{name}.part/f', 'w').close()\n"
        f"os.chmod('/tmp/{name}.part', 0o500)\n"
        f"os.rename('/tmp/{name}.part', '/tmp/{name}')\n"
        f"open('/var/tmp/{name}', 'w').close()\n"
    )
    session = session_of(tmp_path, text)
    for kind in (RunKind.GRAPH, RunKind.TIMED, RunKind.TRACED):
        session.launch_probe(kind)
        assert session.last.shared_because == "simulated"
        assert session.last.output_tail.split() == ["False", "False"]
        assert not Path("/tmp", name).exists()
        assert not Path("/var/tmp", name).exists()
        assert name not in " ".join(session.last.left_behind)


def test_what_a_child_of_the_handler_made_is_told_and_stays(tmp_path, shared, name):
    text = f"import subprocess\nsubprocess.run(['touch', '/tmp/{name}'], check=True)\n"
    session = session_of(tmp_path, text)
    session.launch_probe(RunKind.GRAPH)
    assert f"/tmp/{name}" in session.last.left_behind
    assert Path("/tmp", name).exists()


def test_what_was_there_before_is_neither_removed_nor_passed_over(tmp_path, shared, name):
    Path("/tmp", name).mkdir()
    Path("/tmp", name, "cache").write_text("1")
    text = (
        "import os\n"
        f"print(open('/tmp/{name}/cache').read())\n"
        f"open('/tmp/{name}/cache', 'w').write('2')\n"
    )
    session = session_of(tmp_path, text)
    session.launch_probe(RunKind.GRAPH)
    assert session.last.met_before == (f"/tmp/{name}",)
    assert Path("/tmp", name, "cache").read_text() == "2"


def test_reading_what_is_measured_below_tmp_is_nothing_to_tell(tmp_path, shared):
    text = "import os\nimport beside\nprint(os.listdir(os.path.dirname(__file__)))\n"
    root = write_files(tmp_path, {"handler.py": text, "beside.py": ""})
    session = Handler(root).session()
    session.launch_probe(RunKind.GRAPH)
    assert session.last.met_before == ()


def test_a_link_that_the_handler_made_is_removed_and_not_what_it_points_to(tmp_path, shared, name):
    kept = write_files(tmp_path / "kept", {"file": "x"})
    session = session_of(tmp_path, f"import os\nos.symlink({str(kept)!r}, '/tmp/{name}')\n")
    session.launch_probe(RunKind.GRAPH)
    assert not os.path.lexists(f"/tmp/{name}")
    assert (kept / "file").read_text() == "x"
