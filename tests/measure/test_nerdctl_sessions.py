"""What finch and nerdctl say, as recorded by their users: neither can be installed everywhere."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from importcost.errors import MeasurementError
from importcost.measure.runners.engines import choose, find_engine, has_image, image_facts, look

RECORDED = Path(__file__).with_name("nerdctl-sessions.json")
SESSIONS = json.loads(RECORDED.read_text(encoding="utf-8"))["sessions"]
NAMES = [session["name"] for session in SESSIONS]


@pytest.fixture
def engine(tmp_path, monkeypatch, session):
    """Put the recorded client on an otherwise empty PATH; `info` answers as a running one does."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    said = f"printf %s {shlex.quote(session['out'])}; printf %s {shlex.quote(session['error'])} >&2"
    client = folder / session["engine"]
    wanted = "*" if session["command"] == "any" else f"'{session['command']}'*"
    client.write_text(
        "#!/bin/sh\nPATH=/usr/bin:/bin\n"
        f'case "$*" in {wanted}) {said}; exit {session["exit"]};; esac\n'
        """case "$1" in info) echo '["name=seccomp,profile=builtin","name=rootless"]';; esac\n"""
    )
    client.chmod(0o755)
    return find_engine(session["engine"])


@pytest.mark.parametrize("session", SESSIONS, ids=NAMES)
def test_a_look_tells_whether_it_runs_and_has_the_image(engine, session):
    state = look(engine, "image")
    assert (state.installed, state.running) == (True, session["running"])
    assert state.has_image == session.get("has_image", False)
    assert state.reason == session.get("reason", "")
    assert has_image(engine, "image") == session.get("has_image", False)


@pytest.mark.parametrize("session", [one for one in SESSIONS if not one["running"]])
def test_the_reason_is_in_the_one_sentence_that_ends_it(engine, session):
    with pytest.raises(MeasurementError) as caught:
        choose(engine.name, "image")
    assert session["reason"] in str(caught.value)
    assert "--runner local" in str(caught.value)
    assert "FATA" not in str(caught.value)


@pytest.mark.parametrize("session", [one for one in SESSIONS if one["running"]])
def test_an_image_is_described_or_said_to_be_absent(engine, session):
    if session["has_image"]:
        assert image_facts(engine, "image").working_dir == "/var/task"
        return
    with pytest.raises(MeasurementError, match="has no image image"):
        image_facts(engine, "image")


@pytest.mark.parametrize("session", [one for one in SESSIONS if one["running"]])
def test_auto_measures_in_it_only_with_the_image(engine, session):
    choice = choose("auto", "image")
    assert choice.name == (engine.name if session["has_image"] else "local")
    assert session["has_image"] or choice.hint == f"{engine.name} pull image"
