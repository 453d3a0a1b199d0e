"""`importcost layer`: the file that it writes and what it says."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import pytest

from tests.harness import PATIENCE_S


def layer(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", "importcost", "layer", *words],
        cwd=folder,
        capture_output=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.unhurried
def test_it_writes_the_layer_and_says_what_comes_next(tmp_path):
    done = layer(tmp_path, "-o", "layer.zip")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["layer.zip"]
    assert zipfile.ZipFile(tmp_path / "layer.zip").testzip() is None
    told = done.stdout.decode()
    assert "AWS_LAMBDA_EXEC_WRAPPER=/opt/importcost-wrapper" in told
    assert f"python3.{sys.version_info[1]}" in told


@pytest.mark.unhurried
def test_on_stdout_it_is_the_zip_alone(tmp_path):
    done = layer(tmp_path, "-o", "-")
    assert done.stdout.startswith(b"PK")
    assert b"AWS_LAMBDA_EXEC_WRAPPER" in done.stderr
    assert layer(tmp_path, "-q").stdout == b""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("-o", "layer.tar"), "end it with .zip"),
        (("-o", "nowhere/layer.zip"), "nowhere/layer.zip cannot be written"),
        (("--interpreter", "/no-such-python"), "/no-such-python is not a CPython"),
    ],
)
def test_what_cannot_be_written_is_one_sentence(tmp_path, words, said):
    done = layer(tmp_path, *words)
    assert done.returncode == 2
    assert said in done.stderr.decode()
    assert not list(tmp_path.iterdir())
