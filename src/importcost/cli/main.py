"""The `importcost` command: finds the subcommand's module only when it runs."""

from __future__ import annotations

import importlib
import signal
import sys
from types import FrameType
from typing import NoReturn

import click

from importcost import __version__
from importcost.cli.printing import open_missing_streams, say, silence_stdout
from importcost.errors import HandlerError, ImportcostError, UsageError

LONGEST_SENTENCE = 600
# One line of help each: listing the commands must not import them.
COMMANDS = {
    "profile": "Measure one handler's cold start and say what it costs and why.",
    "defer": "Say which imports to defer, prove what that saves, and write the edit.",
    "why": "Show every chain of imports that loads a module.",
    "view": "Render a saved profile again.",
    "export": "Write a saved profile in the formats that other tools read.",
}


class LazyGroup(click.Group):
    """A group whose commands' modules are imported when they run, not to list them."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the command names in the order of the help."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        """Import and return one command, None if there is no such."""
        if cmd_name not in COMMANDS:
            near = _nearest(cmd_name)
            if near:
                raise UsageError(f"There is no command {cmd_name}: did you mean {near}?")
            return None
        module = importlib.import_module(f"importcost.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the command list from the table above."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _nearest(name: str) -> str | None:
    import difflib  # only where a name was mistyped

    return next(iter(difflib.get_close_matches(name, COMMANDS, n=1)), None)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="importcost")
def cli() -> None:
    """Say what one cold start of a Python AWS Lambda function costs, and why."""


def _interrupted(_signum: int, _frame: FrameType | None) -> NoReturn:
    # Turns SIGTERM and SIGHUP into what Ctrl-C is: the way out on which everything is removed.
    raise KeyboardInterrupt


def main() -> None:
    """Run the command line and end the process with the exit code the design gives.

    0 fine, 1 a budget or check failed, 2 usage or configuration, 3 could not measure, 130
    interrupted.
    """
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), _interrupted)
    open_missing_streams()
    sys.exit(_carry_out())


def _carry_out() -> int:
    try:
        code = cli.main(standalone_mode=False)
        sys.stdout.flush()  # what cannot be written must not go unseen in the exit code
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        error.show()
        code = 2
    except ImportcostError as error:
        _show(error)
        code = error.exit_code
    except (KeyboardInterrupt, click.Abort):
        say("Interrupted: everything that was started has been removed.")
        code = 130
    except OSError as error:
        silence_stdout()
        say(f"Error: standard output cannot be written ({error.strerror}).")
        code = UsageError.exit_code
    return code if isinstance(code, int) else 0


def _show(error: ImportcostError) -> None:
    if isinstance(error, HandlerError) and error.traceback_text:
        say(plain(error.traceback_text.rstrip()) + "\n")
    say(f"{click.style('Error:', fg='red', bold=True)} {one_sentence(str(error))}")


def plain(text: str) -> str:
    """Return `text` without what a terminal would obey, line ends and tabs kept."""
    return "".join(
        sign if sign.isprintable() or sign in "\n\t" else "\N{REPLACEMENT CHARACTER}"
        for sign in text
    )


def one_sentence(text: str) -> str:
    """Return `text` on one line, its middle left out where it is longer than anybody reads."""
    text = plain(" ".join(text.split()))
    if len(text) <= LONGEST_SENTENCE:
        return text
    half = LONGEST_SENTENCE // 2
    return f"{text[:half]} ... {text[-half:]}"
