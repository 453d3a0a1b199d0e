"""The command with streams that are closed, full or read by something that leaves."""

from __future__ import annotations

import subprocess
import sys

import pytest

from importcost.cli.main import LONGEST_SENTENCE, one_sentence, plain
from tests.harness import PATIENCE_S, write_files

PROFILE = f"{sys.executable} -m importcost profile handler.py --runner local --runs 5"


def shell(folder, line: str):
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("redirect", "code"),
    [(">&-", 0), ("2>&- >/dev/null", 0), (">/dev/full", 2), ("-o - >/dev/full", 2)],
)
def test_a_stream_that_takes_nothing_ends_without_a_traceback(tmp_path, redirect, code):
    folder = write_files(tmp_path / "work", {"handler.py": "import wave\n"})
    done = shell(folder, f"{PROFILE} {redirect}")
    assert "Traceback" not in done.stderr
    assert done.returncode == code
    assert ("cannot be written" in done.stderr) == (code == 2)


@pytest.mark.unhurried
def test_a_reader_that_leaves_at_once_does_not_lose_the_report(tmp_path):
    folder = write_files(tmp_path / "work", {"handler.py": "import wave\n"})
    done = shell(folder, f"({PROFILE} 2>&1; echo $? >code) | head -n 0")
    assert done.stderr == ""
    assert (folder / "code").read_text().strip() == "0"
    assert (folder / "importcost-report.html").stat().st_size > 10_000


def test_a_mistyped_command_is_answered_with_the_nearest(tmp_path):
    done = shell(tmp_path, f"{sys.executable} -m importcost profil handler.py")
    assert done.returncode == 2
    assert "did you mean profile?" in done.stderr


@pytest.mark.unhurried
def test_a_handlers_message_cannot_colour_the_terminal_nor_fill_it(tmp_path):
    text = "raise RuntimeError('a\\n' * 5000 + '\\x1b[31mred')\n"
    folder = write_files(tmp_path / "work", {"handler.py": text})
    done = shell(folder, PROFILE)
    assert done.returncode == 3
    assert "\x1b" not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: Importing")
    assert len(last) < LONGEST_SENTENCE + 50


def test_sentences_stay_on_one_line_and_keep_both_ends():
    long = one_sentence("start\n" + "x y " * 2000 + "end")
    assert long.startswith("start x")
    assert long.endswith("y end")
    assert len(long) <= LONGEST_SENTENCE + 5
    assert plain("a\tb\nc\x1b[2J") == "a\tb\nc\N{REPLACEMENT CHARACTER}[2J"
