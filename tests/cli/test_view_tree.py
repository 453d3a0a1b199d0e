"""`importcost view --tree` as a user types it."""

from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from importcost.reports.json_ import render_json
from tests.harness import PATIENCE_S
from tests.reports.page_factory import estimate_of, small_profile


def view(folder, *args, **options):
    variables = options.pop("variables", {})
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    return subprocess.run(
        [sys.executable, "-m", "importcost", "view", "profile.json", *args],
        cwd=folder,
        env={**environment, "TERM": "xterm", **variables},
        timeout=PATIENCE_S,
        check=False,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("tree")
    (root / "profile.json").write_text(render_json(small_profile(), estimate_of(small_profile())))
    return root


def in_terminal(folder, *args, **variables):
    """Run with a terminal as stdout and return what it got."""
    ours, theirs = pty.openpty()
    try:
        done = view(folder, *args, stdout=theirs, variables=variables)
        os.set_blocking(ours, False)
        return done.returncode, os.read(ours, 100_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)


@pytest.mark.unhurried
@pytest.mark.parametrize("columns", [40, 60, 100])
def test_a_pipe_gets_a_plain_tree_as_wide_as_columns_says(folder, columns):
    done = view(folder, "--tree", variables={"COLUMNS": str(columns)})
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0
    assert "\033" not in done.stdout.decode()
    assert max(map(len, lines)) <= columns
    assert any("boto3" in line for line in lines)
    assert "bills about" not in done.stdout.decode()


@pytest.mark.unhurried
def test_a_terminal_gets_colour_unless_asked_not_to(folder):
    code, coloured = in_terminal(folder, "--tree", COLUMNS="90")
    assert code == 0
    assert "\033[1m" in coloured
    code, plain = in_terminal(folder, "--tree", COLUMNS="90", NO_COLOR="1")
    assert code == 0
    assert "\033" not in plain


@pytest.mark.unhurried
def test_depth_and_minimum_cut_with_sums(folder):
    done = view(folder, "--tree", "--depth", "2", "--min", "20")
    text = done.stdout.decode()
    assert "more below 20 ms" in text
    assert "deeper" in text
    assert "botocore" not in text


def test_files_are_written_too(folder):
    done = view(folder, "--tree", "-o", "x.folded")
    assert done.returncode == 0
    assert (folder / "x.folded").exists()


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--depth", "2"], "add --tree"), (["--min", "2"], "add --tree")],
)
def test_options_of_the_tree_need_the_tree(folder, arguments, said):
    done = view(folder, *arguments)
    assert done.returncode == 2
    assert said in done.stderr.decode()
