"""`importcost export` as a user types it."""

from __future__ import annotations

import json
import os
import pstats
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from importcost.reports.exports.formats import FORMATS, known_suffixes
from importcost.reports.json_ import render_json
from tests.harness import PATIENCE_S
from tests.reports.page_factory import estimate_of, hostile_profile, small_profile


def importcost(folder: Path, *args: str, **options):
    return subprocess.run(
        [sys.executable, "-m", "importcost", *args],
        cwd=folder,
        timeout=PATIENCE_S,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("export")
    for name, profile in {"profile": small_profile(), "hostile": hostile_profile()}.items():
        (root / f"{name}.json").write_text(render_json(profile, estimate_of(profile)))
    return root


@pytest.mark.unhurried
def test_one_call_writes_every_format_by_its_suffix(folder):
    names = {name: f"all{known.suffixes[0]}" for name, known in FORMATS.items()}
    outputs = [part for name in names.values() for part in ("-o", name)]
    done = importcost(folder, "export", "hostile.json", *outputs)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    for name, file in names.items():
        assert (folder / file).stat().st_size > 500, name
    assert "evented" in (folder / "all.speedscope.json").read_text()
    assert json.loads((folder / "all.trace.json").read_text())["traceEvents"]
    assert json.loads((folder / "all.json").read_text())["tree"]
    assert pstats.Stats(str(folder / "all.prof")).total_calls > 20


@pytest.mark.unhurried
@pytest.mark.parametrize("arguments", [["--format", "folded"], ["--format", "folded", "-o", "-"]])
def test_text_goes_to_stdout(folder, arguments):
    done = importcost(folder, "export", "profile.json", *arguments)
    assert done.returncode == 0
    first = done.stdout.decode().splitlines()[0]
    assert first == "cold start of handler.handler;interpreter start 6000"


@pytest.mark.unhurried
def test_the_format_beats_the_suffix(folder):
    done = importcost(folder, "export", "profile.json", "--format", "csv", "-o", "table.txt")
    assert done.returncode == 0
    assert (folder / "table.txt").read_text().startswith("id,parent_id,")


def test_a_binary_format_goes_into_a_pipe(folder):
    done = importcost(folder, "export", "profile.json", "--format", "pstats")
    (folder / "piped.prof").write_bytes(done.stdout)
    assert pstats.Stats(str(folder / "piped.prof")).total_calls > 10


@pytest.mark.unhurried
def test_a_binary_format_is_kept_from_a_terminal(folder):
    ours, theirs = pty.openpty()
    try:
        done = importcost(folder, "export", "profile.json", "--format", "pstats", stdout=theirs)
        os.set_blocking(ours, False)
        shown = b""
        with suppress(BlockingIOError):
            shown = os.read(ours, 1_000)
    finally:
        os.close(ours)
        os.close(theirs)
    assert done.returncode == 2
    assert shown == b""
    assert b"-o FILE.prof" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["profile.json"], known_suffixes()),
        (["profile.json", "-o", "x.pdf"], known_suffixes()),
        (["profile.json", "-o", "no/such/x.csv"], "no/such/x.csv"),
        (["profile.json", "--format", "csv", "-o", "no/such/x"], "no/such/x"),
        (["gone.json", "-o", "x.csv"], "gone.json"),
        (["all.csv", "-o", "x.csv"], "all.csv"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(folder, arguments, said):
    (folder / "all.csv").touch()
    done = importcost(folder, "export", *arguments)
    assert done.returncode == 2
    message = done.stderr.decode()
    assert said in message
    assert message.startswith("Error: ")
    assert message.count("\n") == 1
    assert not (folder / "x.csv").exists()


@pytest.mark.unhurried
def test_view_writes_the_same_formats(folder):
    done = importcost(folder, "view", "profile.json", "-o", "v.speedscope.json", "-o", "v.prof")
    assert done.returncode == 0
    exported = importcost(folder, "export", "profile.json", "--format", "speedscope")
    # The estimate does not enter these formats, so the bytes are the same.
    assert (folder / "v.speedscope.json").read_bytes() == exported.stdout
    assert pstats.Stats(str(folder / "v.prof")).total_calls > 10


@pytest.mark.unhurried
def test_the_estimate_follows_the_options(folder):
    done = importcost(
        folder, "export", "profile.json", "--format", "markdown", "--memory", "3008",
        "--arch", "arm64",
    )  # fmt: skip
    assert b"at 3008 MB" in done.stdout
    assert b"arm64" in done.stdout
