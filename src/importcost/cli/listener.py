"""Shows how a measurement gets on: notes, and a progress bar on a terminal."""

from __future__ import annotations

import os
import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from importcost.cli.printing import say

if TYPE_CHECKING:
    from importcost.measure.session import Progress


MEASURING = "Measuring"


def _progress_bar(length: int, label: str) -> Any:
    bar: Any = click.progressbar(length=length, label=label, file=sys.stderr)
    return bar.__enter__()


def _takes_codes() -> bool:
    """Tell whether the terminal may be sent what moves or hides its cursor."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def terminal_listener(*, quiet: bool, no_progress: bool = False) -> TerminalListener:
    """Return a listener whose bar needs a terminal; `quiet` silences notes and bar."""
    show_bar = sys.stderr.isatty() and not quiet and not no_progress
    return TerminalListener(show_notes=not quiet, show_bar=show_bar)


class TerminalListener:
    """Prints notes to stderr and keeps one progress bar there; a context manager.

    Where the terminal asks to stay plain (NO_COLOR, TERM=dumb), each stage gets one line instead
    of a bar.
    """

    def __init__(self, *, show_notes: bool, show_bar: bool) -> None:
        self._show_notes = show_notes
        self._show_bar = show_bar
        self._is_plain = not _takes_codes()
        self._label: str | None = None
        self._bar: Any = None

    def note(self, message: str) -> None:
        """Print one sentence, unless quiet."""
        if self._show_notes:
            if self._bar is not None and not self._bar.finished:
                say("")  # the bar's line stays as it is; the next step draws it anew
            say(message)  # a closed stderr must not end a measurement

    def progress(self, progress: Progress) -> None:
        """Move the bar on to the runs that are done, under the name of their stage."""
        if not self._show_bar:
            return
        label = progress.label or MEASURING
        is_new, self._label = label != self._label, label
        if self._is_plain:
            if is_new:
                say(f"{label} ...")
            return
        if self._bar is None:
            self._bar = _progress_bar(progress.total, label)
        self._bar.label = label
        self._bar.length = progress.total
        self._bar.update(progress.done - self._bar.pos)

    def __enter__(self) -> TerminalListener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Finish the bar's line, also where the measurement failed."""
        if self._bar is not None:
            if kind is None:
                self._bar.update(self._bar.length - self._bar.pos)
            self._bar.__exit__(kind, error, trace)
