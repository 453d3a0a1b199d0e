"""The leftovers of a killed process are removed, and nobody else's files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from importcost.files.leftovers import sweep_folders
from importcost.measure.deployed import environment_view
from importcost.measure.runners.container import host_folder
from importcost.measure.runners.container.host_folder import HostFolder

PREFIX = "importcost-some-"


@pytest.fixture
def gone():
    """The id of a process that has ended."""
    process = subprocess.Popen(["true"])
    process.wait()
    return process.pid


def test_folders_of_killed_processes_are_swept(tmp_path, gone):
    (tmp_path / f"{PREFIX}{gone}-x").mkdir()
    (tmp_path / f"{PREFIX}{gone}-x/left").touch()
    kept = [f"{PREFIX}{os.getpid()}-x", f"{PREFIX}odd", f"{PREFIX}{10**30}-x", "other"]
    for name in kept:
        (tmp_path / name).mkdir()
    sweep_folders(tmp_path, PREFIX)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_a_containers_folder_sweeps_those_of_killed_runners(tmp_path, monkeypatch, gone):
    monkeypatch.setattr(host_folder.tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(host_folder.Path, "home", lambda: tmp_path)
    monkeypatch.setattr(host_folder.sys, "platform", "linux")
    (tmp_path / f"{host_folder.FOLDER_PREFIX}{gone}-x").mkdir()
    folder = HostFolder()
    own = folder.path()
    assert list(tmp_path.iterdir()) == [own]
    folder.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_view_of_the_environment_sweeps_those_of_killed_processes(tmp_path, monkeypatch, gone):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path))
    left = Path(tmp_path, "views", f"{environment_view.VIEW_PREFIX}{gone}-x")
    left.mkdir(parents=True)
    nothing = environment_view.Visible({}, frozenset(), is_open=False)
    with environment_view.open_view([], nothing):
        assert not left.exists()
