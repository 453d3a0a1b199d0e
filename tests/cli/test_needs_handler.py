"""Commands that run the function's init need its handler, and say so for any other file."""

from __future__ import annotations

import pytest

from tests.cli.bill_factory import importcost, saved_profile


@pytest.mark.parametrize("command", ["snapstart", "verify-init"])
def test_a_saved_profile_is_told_which_handler_it_was_made_of(tmp_path, command):
    saved_profile(tmp_path)
    done = importcost(tmp_path, command, "p.json")
    assert done.returncode == 2
    assert done.stdout == ""
    assert "p.json is a saved profile" in done.stderr
    assert f"{tmp_path / 'handler.py'}:handler" in done.stderr
    assert "--from-log" not in done.stderr


@pytest.mark.parametrize("command", ["snapstart", "verify-init"])
@pytest.mark.parametrize("name", ["imports.log", "other.json"])
def test_another_file_is_told_that_a_handler_is_needed(tmp_path, command, name):
    (tmp_path / name).write_text("import time: self [us] | cumulative | imported package\n")
    done = importcost(tmp_path, command, name)
    assert done.returncode == 2
    assert f"{name} is not a handler, and {command} runs" in done.stderr
    assert "--from-log" not in done.stderr
