"""The `importcost` command group: finds a subcommand's module only when it runs."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from importcost import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# One line of help each: listing the commands must not import them.
COMMANDS = {
    "profile": "Measure one handler's cold start, its cost and its causes.",
    "defer": "Choose imports to defer, prove the saving, and write the edit.",
    "estimate": "Estimate a cold start over memory sizes, architectures and package types.",
    "calibrate": "Fit the estimate to the init durations in this function's own log.",
    "strategies": "Compare remedies against cold starts by cost and latency.",
    "why": "Show every chain of imports that loads a module.",
    "init": "Write a starting configuration with budgets as measured now.",
    "list": "List the functions that a project deploys.",
    "account": "Show what each function of an AWS account pays for its init.",
    "trend": "Show how init and its bill changed, from a record of an account.",
    "layer": "Write a layer that measures cold starts on Lambda itself.",
    "verify": "Compare init before and after a deployed change.",
    "merge": "Join the figures of a project measured in shards.",
    "check": "Compare handlers with their budgets: the gate for pull requests.",
    "comment": "Post a report on a pull request, and renew it.",
    "budget": "Write budgets with their input files, for build tools.",
    "compare": "Compare the init of two versions in interleaved pairs.",
    "diff": "Show which modules make one saved profile slower or faster.",
    "snapstart": "Find state that a SnapStart snapshot would freeze without hooks.",
    "verify-init": "Run init under the real emulator, beside the profile's sum.",
    "view": "Render a saved profile again.",
    "export": "Write a saved profile in the formats that other tools read.",
    "completion": "Print a script that completes the command line in a shell.",
}
PROGRAM = "importcost"
COMPLETION_VARIABLE = "_IMPORTCOST_COMPLETE"
"""Set by the shell while it completes, whatever name the program was started under."""


NARROWEST_HELP, WIDEST_HELP = 50, 80
"""As click has it."""


class LazyGroup(click.Group):
    """A group whose commands' modules are imported only when they run, not to list them."""

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,
    ) -> click.Context:
        """Tell click the width of its help: finding it out, click would import the archivers."""
        extra.setdefault("terminal_width", help_width())
        return super().make_context(info_name, args, parent, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the command names in the order of the help."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,
        cmd_name: str,
    ) -> click.Command | None:
        """Import and return one command, or None if it does not exist."""
        if cmd_name not in COMMANDS:
            if ctx.resilient_parsing:  # a shell completes: nobody reads a sentence now
                return None
            near = _nearest(cmd_name)
            if near:
                from importcost.errors import UsageError  # only where a name was mistyped

                raise UsageError(f"There is no command {cmd_name}: did you mean {near}?")
            return None
        module = importlib.import_module("importcost.cli." + cmd_name.replace("-", "_"))
        command: click.Command = module.command
        if ctx.resilient_parsing:
            from importcost.cli.completer import with_completed_values

            return with_completed_values(command, os.environ.get(COMPLETION_VARIABLE, ""))
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands and options that begin with `incomplete`, importing no command."""
        from click.shell_completion import CompletionItem

        named = {name: said for name, said in COMMANDS.items() if name.startswith(incomplete)}
        items = [CompletionItem(name, help=said) for name, said in named.items()]
        return [*items, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the command list from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def help_width() -> int:
    """Return the columns of click's help: the terminal's, between 50 and 78 of them."""
    return max(min(_columns(), WIDEST_HELP) - 2, NARROWEST_HELP)


def _columns() -> int:
    """Return the terminal's columns as shutil does, which imports all that archives files."""
    named = os.environ.get("COLUMNS", "")
    if named.isdecimal() and int(named) > 0:
        return int(named)
    if sys.__stdout__ is None:
        return WIDEST_HELP
    try:
        return os.get_terminal_size(sys.__stdout__.fileno()).columns or WIDEST_HELP
    except (ValueError, OSError):  # stdout is closed, detached, or no terminal
        return WIDEST_HELP


def _nearest(name: str) -> str | None:
    import difflib  # only where a name was mistyped

    return next(iter(difflib.get_close_matches(name, COMMANDS, n=1)), None)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name=PROGRAM)
def cli() -> None:
    """Measure what one cold start of a Python AWS Lambda function costs, and why."""
    _undo_killed_writes()


def _undo_killed_writes() -> None:
    """Give files that a killed command had begun to write their old bytes back, and say so."""
    from importcost.files.cache import journal_folder

    try:
        if not journal_folder().is_dir():  # the ordinary case: nothing more is imported for it
            return
    except (OSError, RuntimeError):  # without a home that may be read no command wrote one there
        return
    from importcost.cli.printing import say
    from importcost.files.journal import undo_killed

    for undone in undo_killed():
        names = ", ".join(str(path) for path in undone.restored)
        say(f"A command that was killed while it wrote its edits was undone: {names}.")
        for path in undone.changed:
            say(f"{path} has changed since and was left as it is: check it.")
