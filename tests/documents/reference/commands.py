"""Every command with its arguments and options, as click knows them."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

import click

from importcost.cli.group import COMMANDS, cli
from tests.documents.reference.text import page, plain, table

CODES = (
    ("0", "fine"),
    ("1", "a budget failed, hazards remain, or a change did not come true"),
    ("2", "the command line or the configuration cannot be carried out as written"),
    ("3", "it could not be measured: the handler failed, no engine answered, time ran out"),
    ("130", "interrupted"),
)


def commands_page() -> str:
    """Return the page: what each command does, its usage and its options."""
    codes = table(("code", "means"), list(CODES))
    parts = ["Every command understands `--help`.", "## Exit codes", codes]
    for name in COMMANDS:
        parts += _command(name)
    return page("Commands", *parts)


def _command(name: str) -> Iterator[str]:
    command = importlib.import_module(f"importcost.cli.{name.replace('-', '_')}").command
    # click keeps a command's help option as its first context named it: as the group does.
    names = cli.context_settings["help_option_names"]
    context = click.Context(command, info_name=f"importcost {name}", help_option_names=names)
    yield f"## {name}"
    yield plain(inspect.cleandoc(command.help or COMMANDS[name])).replace("\b\n", "")
    usage = command.collect_usage_pieces(context)
    yield f"```text\nimportcost {name} {' '.join(usage)}\n```"
    records = [one.get_help_record(context) for one in command.get_params(context)]
    told = (record for record in records if record and "--help" not in record[0])
    rows = [(f"`{record[0]}`", plain(record[1])) for record in told]
    yield table(("option", "what it does"), rows)
