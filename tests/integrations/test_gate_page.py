"""Commands and settings on the page on budgets are understood."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest
import yaml

from importcost.config.read import read_config

SECTION = (Path(__file__).parents[2] / "docs" / "budgets.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", SECTION, re.DOTALL)
COMMANDS = sorted(
    set(re.findall(r"^[ -]*importcost ((?:init|check|compare).*)$", SECTION, re.MULTILINE))
)


def blocks(language):
    return [text for found, text in BLOCKS if found == language]


@pytest.mark.parametrize("line", COMMANDS)
def test_every_command_is_understood(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test-results").mkdir()
    name, *args = shlex.split(line, comments=True)
    command = importlib.import_module(f"importcost.cli.{name}").command
    context = command.make_context(name, args)
    assert context.params
    assert list(tmp_path.glob("*.xml")) == []


def test_there_are_snippets_for_three_servers():
    github, gitlab, bitbucket = (yaml.safe_load(text) for text in blocks("yaml"))
    steps = github["jobs"]["importcost"]["steps"]
    action = yaml.safe_load((Path(__file__).parents[2] / "action.yml").read_text())
    assert set(steps[-1]["with"]) <= set(action["inputs"])
    assert any("importcost compare" in line for line in gitlab["importcost"]["script"])
    (step,) = bitbucket["pipelines"]["pull-requests"]["**"]
    assert any("importcost compare" in line for line in step["step"]["script"])


def test_the_settings_are_read():
    (text,) = blocks("toml")
    (handler,) = read_config(text, "importcost.toml").handlers
    assert handler.budgets.max_increase == 0.05
    assert handler.budgets.allowed_new_modules == ()
