"""The manual pages say what the commands' help says, and every reader of such pages takes them."""

from __future__ import annotations

import os
import re
import runpy
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from importcost.cli.group import COMMANDS, cli

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "release" / "man"
FILES = sorted(FOLDER.glob("*.1"))
READERS = {
    "groff": ("-man", "-Tascii", "-wall", "-ww"),
    "mandoc": ("-Tlint", "-Wwarning"),
}
NAMES = {
    "\\": r"\e",
    "-x": r"\-x",
    ".nf": r"\&.nf",
    "'quoted'": r"\&'quoted'",
    "a\n.b\n'c": "a\n\\&.b\n\\&'c",
    "C:\\new": "C:\\enew",
}
needs_generator = pytest.mark.skipif(
    sys.version_info < (3, 11), reason="click-man takes Python 3.11 and later"
)


def generator():
    pytest.importorskip("click_man")
    return runpy.run_path(str(ROOT / "release/man_pages.py"))


def pinned(name):
    (line,) = re.findall(rf"(?m)^{name}==(.+)$", (ROOT / "constraints.txt").read_text())
    return line


@needs_generator
@pytest.mark.skipif(
    version("click") != pinned("click"), reason="other versions word help otherwise"
)
def test_the_pages_are_those_of_the_commands():
    made = generator()
    pages = {file.name: made["dated"](file.read_text("utf-8"), made["UNDATED"]) for file in FILES}
    assert pages == made["man_pages"](), "run python release/man_pages.py"


def test_each_command_has_its_page_with_each_option():
    assert {file.name for file in FILES} == {
        "importcost.1", *(f"importcost-{name}.1" for name in COMMANDS),
    }  # fmt: skip
    for name in COMMANDS:
        page = (FOLDER / f"importcost-{name}.1").read_text("utf-8").replace(r"\-", "-")
        command = cli.get_command(click.Context(cli), name)
        for option in (one for one in command.params if isinstance(one, click.Option)):
            assert re.search(rf"(?m)^\\fB.*{option.opts[0]}\b", page), (name, option.opts)
        dates = re.findall(r'^\.TH "[^"]+" "1" "(\d{4}-\d\d-\d\d)"', page)
        assert len(dates) == 1


@pytest.mark.parametrize("reader", READERS)
def test_the_pages_are_read_without_a_warning(reader):
    if shutil.which(reader) is None:
        reason = f"{reader} is not installed"
        if os.environ.get("IMPORTCOST_REQUIRE_ALL") == "1":
            pytest.fail(f"IMPORTCOST_REQUIRE_ALL is set, but {reason}")
        pytest.skip(reason)
    done = subprocess.run(
        [reader, *READERS[reader], *FILES], capture_output=True, text=True, check=False
    )
    said = done.stderr if reader == "groff" else done.stdout
    assert (done.returncode, said) == (0, "")
    if reader == "groff":
        text = re.sub(r"\x1b\[[\d;]*m|.\x08", "", done.stdout)
        assert "importcost profile [OPTIONS] [TARGET]" in re.sub(r"\s+", " ", text)
        assert "--no-placeholders" in text


@needs_generator
@pytest.mark.parametrize("text", NAMES)
def test_help_is_text_to_roff_whatever_it_says(text):
    assert generator()["_plain"](text) == NAMES[text]
