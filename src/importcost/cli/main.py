"""The start and the end of the process: signals, errors in words, exit codes.

Nothing but the standard library's smallest modules is imported above: until `main` runs, Ctrl-C
would be answered by Python's own traceback.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

    import click

    from importcost.errors import ImportcostError

LONGEST_SENTENCE = 600
INTERRUPTED = 130
INTERNAL_ERROR = 3
WRONG_COMPLETION = 2
"""The exit code if a shell's completion tells no words that can be completed."""
_INTERRUPTED_TEXT = "Interrupted: everything that was started has been removed."
# The code that writes to the standard streams; an error that it raises without a file name is
# theirs.
_STREAM_MODULES = (
    "click._compat",
    "click._termui_impl",
    "click.formatting",
    "click.utils",
    "importcost.cli",
    "importcost.reports.output",
)


class _Interruptions:
    """Answers SIGINT, SIGTERM and SIGHUP: once by cleaning up, then by patience."""

    def __init__(self) -> None:
        self._count = 0

    def install(self) -> None:
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), self._answer)

    def over(self) -> None:
        """Take no more: the process is about to end with its exit code anyway."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                signal.signal(getattr(signal, name), signal.SIG_IGN)

    def _answer(self, _signum: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count == 1:
            raise KeyboardInterrupt  # the way out on which everything is removed
        if self._count == 2:
            _write_plainly("Still removing what was started; once more ends it without that.")
            return
        os._exit(INTERRUPTED)


def _write_plainly(line: str) -> None:
    try:  # contextlib would be one more import before signals are answered
        os.write(2, (line + "\n").encode())
    except OSError:  # nobody is there to read it
        return


def main() -> None:
    """Run the command line and end the process with the exit code the design gives.

    0 fine, 1 a budget or check failed, 2 usage or configuration, 3 could not measure or an
    error of importcost's own, 130 interrupted.
    """
    interruptions = _Interruptions()
    try:
        interruptions.install()
        code = exit_code_of_command()
        interruptions.over()
    except KeyboardInterrupt:
        interruptions.over()
        _remove_own_folders()
        _write_plainly(_INTERRUPTED_TEXT)
        code = INTERRUPTED
    sys.exit(code)


def _remove_own_folders() -> None:
    if "tempfile" in sys.modules:  # else there are none, and the process ends at once
        from importcost.measure.runners.killed_runs import remove_own_folders

        remove_own_folders()


def exit_code_of_command() -> int:
    """Carry out the command line of `sys.argv` and return the exit code; Ctrl-C is the caller's."""
    import click

    from importcost.cli.group import COMPLETION_VARIABLE, cli
    from importcost.cli.printing import open_missing_streams

    open_missing_streams()
    # Sums of a thousand terms are trees as deep. Before 3.11 each call takes of C's own stack.
    depth = 10_000 if sys.version_info >= (3, 11) else 3_000
    sys.setrecursionlimit(max(depth, sys.getrecursionlimit()))
    try:
        code = cli.main(complete_var=COMPLETION_VARIABLE, standalone_mode=False)
        sys.stdout.flush()  # what cannot be written must not go unseen in the exit code
    except click.exceptions.Exit as done:
        code = done.exit_code
    except click.ClickException as error:
        _show_usage(error)
        code = 2
    except click.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:  # noqa: BLE001 - the last word about what nobody foresaw
        code = _answered(error)
    return code if isinstance(code, int) else 0


def _show_usage(error: click.ClickException) -> None:
    """Show what click has to say about the command line, which is anybody's text, too."""
    import io

    from importcost.cli.printing import say

    words = io.StringIO()
    error.show(words)
    say(words.getvalue().rstrip("\n"))


def _answered(error: Exception) -> int:
    """Show an error to the user and return its exit code."""
    from importcost.cli.group import COMPLETION_VARIABLE
    from importcost.errors import ImportcostError  # a command without an error needs none of it

    if os.environ.get(COMPLETION_VARIABLE):  # a prompt is no place for an error
        return WRONG_COMPLETION

    if not isinstance(error, ImportcostError):
        return _unforeseen(error)
    _show(error)
    return error.exit_code


def _show(error: ImportcostError) -> None:
    import click

    from importcost.cli.printing import say
    from importcost.errors import Audience, HandlerError, OwnTestsError, worded

    if isinstance(error, HandlerError) and error.traceback_text:
        say(plain(error.traceback_text.rstrip()) + "\n")
    if isinstance(error, OwnTestsError) and error.tail:
        say(plain(error.tail) + "\n")
    sentence = one_sentence(worded(error, Audience.OPTIONS))
    say(f"{click.style('Error:', fg='red', bold=True)} {sentence}")


def _unforeseen(error: Exception) -> int:
    """Report an unforeseen error, and return the exit code."""
    import traceback

    from importcost.cli.machine import refusal_of
    from importcost.cli.printing import say, silence_stdout
    from importcost.errors import UsageError

    if isinstance(error, OSError) and _is_about_streams(error):
        silence_stdout()
        say(
            f"Error: standard output cannot be written ({error.strerror}): make room there, or "
            "send it elsewhere."
        )
        return UsageError.exit_code
    refused = refusal_of(error)
    if refused is not None:
        _show(refused)
        return refused.exit_code
    say(plain("".join(traceback.format_exception(error))))
    what = one_sentence(f"{type(error).__name__}: {error}")
    say(
        f"Error: importcost itself failed ({what}): this is a bug in importcost; please "
        "report it with the lines above."
    )
    return INTERNAL_ERROR


def _is_about_streams(error: OSError) -> bool:
    """Return True if writing to stdout or stderr raised this, not the work itself."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = "" if trace is None else str(trace.tb_frame.f_globals.get("__name__"))
    return error.filename is None and where.startswith(_STREAM_MODULES)


def plain(text: str) -> str:
    """Return `text` as a terminal and a CI server only show it, keeping line ends and tabs."""
    from importcost.reports.text import printable_lines

    return printable_lines(text)


def one_sentence(text: str) -> str:
    """Return `text` on one line, with its middle left out if it is very long."""
    text = plain(" ".join(text.split()))
    if len(text) <= LONGEST_SENTENCE:
        return text
    half = LONGEST_SENTENCE // 2
    return f"{text[:half]} ... {text[-half:]}"
