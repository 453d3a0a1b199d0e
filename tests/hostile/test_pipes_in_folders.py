"""Pipes with the names of files that importcost looks for: none of them is waited for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from importcost.files import read
from importcost.measure.deployed.distributions import installed_distributions
from tests.commands import launched_once
from tests.harness import write_files
from tests.hostile.answers import Answer, call
from tests.hostile.sandbox import limited

NAMES = (
    *("template.yaml", "template.yml", "template.json", "samconfig.toml"),
    *(".aws-sam/build.toml", ".aws-sam/build/template.yaml", "cdk.json", "cdk.out/manifest.json"),
    *("serverless.yml", "serverless.json", "main.tf", "main.tf.json", "terraform.tfvars"),
    *(".chalice/config.json", "zappa_settings.json", "zappa_settings.toml", "sst.config.ts"),
    *("pants.toml", "BUILD", "Dockerfile", "run.sh", "package.json", ".env", ".python-version"),
    *("pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "uv.lock", "poetry.lock"),
    *("Pipfile.lock", "pdm.lock", "pylock.toml", "importcost.toml", "importcost-baseline.json"),
    *("helper.py", "app.py", "lambda_function.py", "conftest.py", "tests/test_helper.py"),
    *("pkg/__init__.py", "pkg-1.dist-info/METADATA", "pkg-1.dist-info/RECORD", "odd.pth"),
)
HANDLER = "import json\n\n\ndef handler(event, context):\n    return json.dumps(event)\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(read, "PIPE_WAIT_S", 0.01)
    return write_files(tmp_path / "work", {"handler.py": HANDLER})


def put_pipe(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    os.mkfifo(folder / name)


def answered(folder: Path, *argv: str) -> Answer:
    with limited(), launched_once():
        answer = call(folder, *argv)
    answer.assert_answered(own_traceback=True)
    return answer


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("argv", [("list", "."), ("init", "--no-measure")], ids=["list", "init"])
def test_looking_for_functions(folder, name, argv):
    put_pipe(folder, name)
    answered(folder, *argv)


COMMANDS = {
    "profile": ("profile", "handler.py", "--runs", "5", "--no-install"),
    "defer": ("defer", "handler.py:handler", "--no-verify"),
}


@pytest.mark.unhurried
@pytest.mark.parametrize("argv", COMMANDS.values(), ids=COMMANDS)
def test_measuring_beside_all_of_them(folder, argv):
    write_files(folder, {"requirements.txt": "# none\n"})
    # A launch looks into installed packages itself, as Lambda does, and has its own limit of time.
    inside = {name for name in NAMES if name.startswith("pkg-1.dist-info/")} | {"odd.pth"}
    for name in set(NAMES) - inside - {"requirements.txt"}:
        put_pipe(folder, name)
    assert answered(folder, *argv, "--runner", "local").code == 0


@pytest.mark.unhurried
def test_what_a_launch_reads_itself_is_waited_for_to_its_limit(folder):
    put_pipe(folder, "odd.pth")
    answer = answered(folder, *COMMANDS["profile"], "--runner", "local", "--timeout", "1")
    assert answer.code == 3
    assert "did not end within 1 s" in answer.last


def test_metadata_that_is_a_pipe_is_none(folder):
    put_pipe(folder, "pkg-1.dist-info/METADATA")
    with limited():
        assert installed_distributions([str(folder)]) == {}


def test_a_pipe_is_no_handler(folder):
    put_pipe(folder, "other.py")
    answer = answered(folder, "profile", "other.py", "--runner", "local")
    assert answer.code == 2
    assert "other.py is not a regular file" in answer.last


@pytest.mark.parametrize("found", [read.read_found, read.text_found, read.file_digest])
def test_nothing_but_a_file_is_read(folder, found):
    put_pipe(folder, "pipe")
    for path in (folder / "pipe", folder, Path("/dev/zero")):
        with limited(), pytest.raises(OSError, match="not a regular file"):
            found(path)


def test_the_text_of_a_file_has_lines_as_python_reads_them(folder):
    (folder / "text").write_bytes("\ufeffa\r\nb\rc\n\xe9".encode())
    assert read.text_found(folder / "text", "utf-8-sig") == "a\nb\nc\n\xe9"
    assert read.read_found(folder / "text", 4) == b"\xef\xbb\xbfa"
