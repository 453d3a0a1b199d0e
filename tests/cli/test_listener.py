"""The output to a terminal while a measurement runs."""

from __future__ import annotations

import contextlib
import io
from itertools import count

import pytest

from importcost.cli.listener import (
    WORDS,
    TerminalListener,
    progress_line,
    round_to_two_digits,
)
from importcost.cli.printing import CLEAR_LINE
from importcost.measure.session import Progress
from importcost.model.profile import RunKind

TRACING = "timing each import"
LAST = f"{TRACING}, about 3 s left"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_to(stream: io.StringIO, monkeypatch, *, show_progress: bool = True, **variables: str):
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with (
        contextlib.redirect_stderr(stream),
        TerminalListener(
            show_notes=True, show_progress=show_progress, clock=count(step=2.5).__next__
        ) as shown,
    ):
        shown.progress(Progress(0, 3, RunKind.GRAPH, handler="/task/app.py"))
        shown.progress(Progress(1, 3, RunKind.TIMED, handler="/task/app.py"))
        shown.progress(Progress(2, 3, RunKind.TRACED, handler="/task/app.py", so_far_ms=3287.4))
        shown.note("Now the pairs.")
        for done in range(3, 6):
            shown.progress(Progress(done, 6, RunKind.TIMED, "Verifying 2 changes"))
    return stream.getvalue()


def test_the_line_says_what_is_measured_how_far_it_is_and_the_bill_so_far(monkeypatch):
    text = shown_to(Terminal(), monkeypatch)
    lines = [line for line in text.replace(CLEAR_LINE, "\n").splitlines() if line]
    assert lines == [
        "Measuring app.py  [--------------------]  launch 1 of 3, finding its imports",
        "Measuring app.py  [#######-------------]  launch 2 of 3, timing its init",
        f"Measuring app.py, about 3,300 ms so far  [{'#' * 13}-------]  launch 3 of 3, {LAST}",
        "Now the pairs.",
        "Verifying 2 changes  [##########----------]  launch 4 of 6, timing its init",
        "Verifying 2 changes  [#############-------]  launch 5 of 6, timing its init",
        (
            "Verifying 2 changes  [#################---]  launch 6 of 6, timing its init, "
            "about 3 s left"
        ),
    ]
    # What is printed next stands on an empty line.
    assert text.endswith(CLEAR_LINE)
    assert f"{CLEAR_LINE}Now the pairs.\n" in text


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_plain_terminal_gets_a_line_for_each_stage(monkeypatch, name, value):
    text = shown_to(Terminal(), monkeypatch, **{name: value})
    assert text == (
        "Measuring app.py ...\nAbout 3,300 ms so far ...\nNow the pairs.\nVerifying 2 changes ...\n"
    )


def test_without_a_progress_line_only_notes_are_shown(monkeypatch):
    assert shown_to(Terminal(), monkeypatch, show_progress=False) == "Now the pairs.\n"


def test_every_kind_of_launch_has_words():
    assert set(WORDS) == {kind.value for kind in RunKind}


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
def test_the_line_fits_the_terminal(columns):
    long = "/task/" + "handler_with_a_long_name_" * 3 + ".py"
    for handler in ("/task/app.py", long, None):
        progress = Progress(7, 18, RunKind.STATEMENTS, handler=handler, so_far_ms=79.4)
        line = progress_line(progress, columns)
        assert len(line) <= columns
        assert line.startswith("Measuring ")
    usual = progress_line(Progress(7, 18, RunKind.SPEED, handler="a/app.py", so_far_ms=3300), 80)
    assert usual == "Measuring app.py, about 3,300 ms so far: launch 8 of 18, timing this machine"


def test_a_handlers_name_cannot_move_the_cursor():
    progress = Progress(0, 1, RunKind.GRAPH, handler="/task/a\x1b[2Jb.py")
    assert "\x1b" not in progress_line(progress, 120)


def told(capsys, *, show_details: bool) -> str:
    with TerminalListener(
        show_notes=True, show_progress=False, show_details=show_details
    ) as listener:
        for _ in range(2):  # two handlers measured with the same interpreter
            listener.note("Measuring with Python 3.12.1.")
            listener.detail("docker: not installed")
    return capsys.readouterr().err


def test_details_are_for_verbose_and_notes_are_not_repeated(capsys):
    assert told(capsys, show_details=False) == "Measuring with Python 3.12.1.\n"
    assert "  docker: not installed\n" in told(capsys, show_details=True)


@pytest.mark.parametrize(
    ("value", "rounded"), [(3287.4, 3300), (79.4, 79), (0.0, 0), (996.0, 1000), (104.9, 100)]
)
def test_first_figures_have_two_digits(value, rounded):
    assert round_to_two_digits(value) == rounded
