"""The uv that installs: a version manager's shim that refuses is passed over."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importcost.processes.uv_program import find_uv

WORKS = "#!/bin/sh\necho uv 0.9.0\n"
REFUSES = "#!/bin/sh\necho 'pyenv: uv: command not found' >&2\nexit 127\n"


def program(file: Path, text: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def shims(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "pyenv" / "shims"
    folder.mkdir(parents=True)
    monkeypatch.setenv("PATH", os.pathsep.join([str(folder), "/usr/bin", "/bin"]))
    return folder


def test_a_shim_that_starts_is_taken(shims):
    assert find_uv() is None
    shim = program(shims / "uv", WORKS)
    os.environ["PATH"] += os.pathsep  # another search, not the one that is remembered
    assert find_uv() == shim


def test_a_shim_that_refuses_gives_way_to_the_uv_behind_it(shims):
    program(shims / "uv", REFUSES)
    behind = program(shims.parent / "versions" / "3.11.7" / "bin" / "uv", WORKS)
    assert find_uv() == behind


def test_a_shim_that_refuses_gives_way_to_another_uv_on_the_path(shims, tmp_path, monkeypatch):
    program(shims / "uv", REFUSES)
    other = program(tmp_path / "bin" / "uv", WORKS)
    monkeypatch.setenv("PATH", os.pathsep.join([str(shims), str(tmp_path / "bin"), "/bin"]))
    assert find_uv() == other


def test_without_another_uv_there_is_none(shims):
    program(shims / "uv", REFUSES)
    program(shims.parent / "versions" / "3.9.0" / "bin" / "uv", REFUSES)
    assert find_uv() is None
