"""Show the progress of a measurement: notes, and a progress line on a terminal."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from importcost.cli.printing import redraw, say
from importcost.model.durations import about_time
from importcost.reports.text import printable

if TYPE_CHECKING:
    from importcost.measure.session import Progress


WORDS = {
    "graph": "finding its imports",
    "warm-up": "writing its bytecode",
    "timed": "timing its init",
    "traced": "timing each import",
    "statements": "timing each statement",
    "speed": "timing this machine",
    "invoke": "calling it",
}
"""The purpose of a launch, in the user's words, by the run's kind."""

BAR_LENGTH = 20
NARROWEST = 40
FOR_TIME_LEFT = 2
"""Launches of a stage that tell how long its others will take."""


def terminal_listener(
    *, quiet: bool, no_progress: bool = False, verbose: bool = False
) -> TerminalListener:
    """Return a listener whose progress line needs a terminal; `quiet` silences all it has."""
    show_progress = sys.stderr.isatty() and not quiet and not no_progress
    return TerminalListener(
        show_notes=not quiet, show_progress=show_progress, show_details=verbose and not quiet
    )


class TerminalListener:
    """Prints notes to stderr and keeps one progress line there; a context manager.

    If the terminal is to stay plain (NO_COLOR, TERM=dumb), each stage gets one line that stays, and
    the first figures another.
    """

    def __init__(
        self,
        *,
        show_notes: bool,
        show_progress: bool,
        show_details: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._show_notes = show_notes
        self._show_progress = show_progress
        self._show_details = show_details
        self._is_plain = not _takes_codes()
        self._notes: set[str] = set()
        self._stage: str | None = None
        self._has_said_figures = False
        self._is_line_open = False
        self._clock = clock
        self._begun: tuple[str, int, float] | None = None

    def note(self, message: str) -> None:
        """Print one sentence, unless quiet; a sentence is printed only once."""
        if self._show_notes and message not in self._notes:
            self._notes.add(message)
            self._close_line()
            say(message)  # a closed stderr must not end a measurement

    def detail(self, message: str) -> None:
        """Print a line that only --verbose shows."""
        if self._show_details:
            self._close_line()
            say(f"  {message}")

    def progress(self, progress: Progress) -> None:
        """Show which launch runs now, of how many, and the bill so far once there is one."""
        if not self._show_progress:
            return
        if self._is_plain:
            self._say_plainly(progress)
            return
        columns = shutil.get_terminal_size().columns
        redraw(progress_line(progress, max(columns - 1, NARROWEST), self._left_s(progress)))
        self._is_line_open = True

    def line(self, text: str) -> None:
        """Show one line of progress in place of the last one."""
        if not self._show_progress:
            return
        if self._is_plain:
            say(text)
            return
        columns = shutil.get_terminal_size().columns
        redraw(printable(text)[: max(columns - 1, NARROWEST)])
        self._is_line_open = True

    def _left_s(self, progress: Progress) -> float | None:
        """Return how long the stage will still take, seconds, by its launches so far."""
        stage, now = stage_of(progress), self._clock()
        if self._begun is None or self._begun[0] != stage:
            self._begun = (stage, progress.done, now)
        launches = progress.done - self._begun[1]
        if launches < FOR_TIME_LEFT:
            return None
        return (now - self._begun[2]) / launches * max(progress.total - progress.done, 1)

    def _say_plainly(self, progress: Progress) -> None:
        stage = stage_of(progress)
        if stage != self._stage:
            self._stage, self._has_said_figures = stage, False
            say(f"{stage} ...")
        if progress.so_far_ms is not None and not self._has_said_figures:
            self._has_said_figures = True
            say(f"{about(progress.so_far_ms).capitalize()} so far ...")

    def _close_line(self) -> None:
        """Remove the progress line: the next output replaces it."""
        if self._is_line_open:
            redraw("")
            self._is_line_open = False

    def __enter__(self) -> TerminalListener:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the progress line, also if the measurement failed."""
        self._close_line()


def stage_of(progress: Progress) -> str:
    """Return the stage's name: its label, or the handler's file that is measured."""
    if progress.label is not None:
        return progress.label
    name = Path(progress.handler or "").name
    return f"Measuring {printable(name) or 'the handler'}"


def progress_line(progress: Progress, columns: int, left_s: float | None = None) -> str:
    """Return one line that fits `columns`: the stage, the bill so far, and the progress.

    `left_s` is how long the stage will still take, seconds, if that is known. If there is no room
    for all of it, the bar is left out, then the line's end.
    """
    stage = stage_of(progress)
    if progress.so_far_ms is not None:
        stage = f"{stage}, {about(progress.so_far_ms)} so far"
    total = max(progress.total, progress.done + 1)
    words = WORDS.get(progress.kind.value, progress.kind.value)
    # Before the first launch nobody knows how many there will be.
    launch = f"launch {progress.done + 1} of {total}" if progress.total > 1 else "first launch"
    launch = progress.step or f"{launch}, {words}"
    if left_s is not None:
        launch = f"{launch}, {about_time(left_s)} left"
    full = round(progress.done / total * BAR_LENGTH)
    line = f"{stage}  [{'#' * full}{'-' * (BAR_LENGTH - full)}]  {launch}"
    return line if len(line) <= columns else f"{stage}: {launch}"[:columns]


def about(milliseconds: float) -> str:
    """Return `about 3,300 ms`: two digits, the precision of first figures and of the model."""
    return f"about {round_to_two_digits(milliseconds):,.0f} ms"


def round_to_two_digits(value: float) -> float:
    """Return 3,300 for 3,287.4 and 79 for 79.4."""
    return float(f"{value:.1e}")


def _takes_codes() -> bool:
    """Return True if the terminal may be sent what moves its cursor."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
