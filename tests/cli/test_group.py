"""The command group: its help is click's own, and starting it imports little."""

import re
import subprocess
import sys

import click
import pytest

from importcost.cli.group import cli
from tests.commands import click_runner

TOO_MUCH = {"shutil", "dataclasses", "typing_extensions", "importlib.metadata", "importcost.errors"}
"""Modules that take long to import, and that no help needs."""


@pytest.mark.parametrize("columns", ["20", "60", "79", "80", "200", "0", "wide", ""])
def test_help_is_as_wide_as_click_makes_it(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    with cli.make_context("importcost", [], resilient_parsing=True) as context:
        formatter = context.make_formatter()
    assert formatter.width == click.HelpFormatter(max_width=context.max_content_width).width


def test_help_has_a_width_without_standard_output(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "__stdout__", None)
    with cli.make_context("importcost", [], resilient_parsing=True) as context:
        assert context.terminal_width == 78


def test_the_help_of_defer_has_each_option_once_below_its_heading():
    command = cli.get_command(click.Context(cli), "defer")
    said = click_runner().invoke(cli, ["defer", "--help"]).output
    parts = re.split(r"(?m)^(\S.*):$", said)
    below = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(below) == [*dict.fromkeys(command.option_groups.values()), command.last_heading]
    for option in (one for one in command.params if isinstance(one, click.Option)):
        flag = max(option.opts, key=len)
        found = [head for head, text in below.items() if re.search(rf"(?m)^  .*{flag}\b", text)]
        assert found == [command.option_groups.get(flag, command.last_heading)], flag
    assert "--help" in below["Output"]


def test_starting_imports_nothing_that_the_help_does_not_need():
    code = (
        "import sys; import click; before = set(sys.modules); sys.argv = ['importcost', '--help']\n"
        "from importcost.cli.main import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(*sorted(set(sys.modules) - before), sep='\\n', file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ran.stderr.splitlines())
    assert "importcost.cli.group" in loaded
    assert not loaded & TOO_MUCH
    assert {one for one in loaded if one.startswith("importcost.")} <= {
        "importcost.cli",
        "importcost.cli.group",
        "importcost.cli.main",
        "importcost.cli.printing",
    }
