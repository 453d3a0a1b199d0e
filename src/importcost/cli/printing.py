"""Print to streams that may be closed, full, or read by something that leaves early."""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
from typing import TextIO

import click

CLEAR_LINE = "\r\x1b[2K"
_STYLE = re.compile(r"(\x1b\[[0-9;]*m)")


def show(
    text: str | bytes, *, err: bool = False, nl: bool = True, has_commands: bool = False
) -> None:
    """Print a finished report; if its reader (head, less) has left, nothing happens.

    Bytes go out as they are, and text that is meant to command a CI server (`has_commands`); `nl`
    ends them with a new line. The exit code stays the command's own,
    whoever reads. Raises OSError if the stream cannot be written for another reason (a full disk).
    """
    if isinstance(text, str) and not has_commands:
        text = _only_shown(text)
    try:
        click.echo(text, err=err, nl=nl, color=True)
    except BrokenPipeError:
        _redirect(sys.stderr if err else sys.stdout)


def say(text: str) -> None:
    """Print one message to stderr, if it can be, without what looks like a credential."""
    from importcost.secrecy import without_credentials  # its patterns are slow to compile

    try:
        click.echo(_only_shown(without_credentials(text)), err=True)
    except OSError:
        _redirect(sys.stderr)


def redraw(line: str) -> None:
    """Write `line` over the terminal's current one, if stderr can be written."""
    try:
        click.echo(f"{CLEAR_LINE}{_only_shown(line)}", err=True, nl=False, color=True)
    except OSError:
        _redirect(sys.stderr)


def _only_shown(text: str) -> str:
    """Return text of which a terminal carries out nothing but styles, and a CI server nothing."""
    from importcost.reports.text import printable_lines

    parts = _STYLE.split(text)
    return "".join(part if _STYLE.match(part) else printable_lines(part) for part in parts)


def silence_stdout() -> None:
    """Discard the text still buffered for stdout, so that the end of the process does not fail."""
    _redirect(sys.stdout)


def _redirect(stream: TextIO) -> None:
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def open_missing_streams() -> None:
    """Give the process a stdout and stderr where the caller closed them (`>&-`).

    Both then write what their encoding does not have as an escape: a file's odd name or a dash
    in an ASCII locale is no reason to fail.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
