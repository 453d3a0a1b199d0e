"""Shows how a measurement gets on: notes, and a progress bar on a terminal."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING, Any

import click

from importcost.cli.printing import say

if TYPE_CHECKING:
    from importcost.measure.session import Progress


def _progress_bar(length: int) -> Any:
    bar: Any = click.progressbar(length=length, label="Measuring", file=sys.stderr)
    return bar.__enter__()


class TerminalListener:
    """Prints notes to stderr and keeps one progress bar there; a context manager."""

    def __init__(self, *, show_notes: bool, show_bar: bool) -> None:
        self._show_notes = show_notes
        self._show_bar = show_bar
        self._bar: Any = None

    def note(self, message: str) -> None:
        """Print one sentence, unless quiet."""
        if self._show_notes:
            say(message)  # a closed stderr must not end a measurement

    def progress(self, progress: Progress) -> None:
        """Move the bar on to the runs that are done."""
        if not self._show_bar:
            return
        if self._bar is None:
            self._bar = _progress_bar(progress.total)
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
