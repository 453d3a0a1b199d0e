"""What a terminal is sent while a measurement runs."""

from __future__ import annotations

import contextlib
import io

import pytest

from importcost.cli.listener import TerminalListener
from importcost.measure.session import Progress
from importcost.model.profile import RunKind


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_to(stream: io.StringIO, monkeypatch, *, show_bar: bool = True, **variables: str) -> str:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with (
        contextlib.redirect_stderr(stream),
        TerminalListener(show_notes=True, show_bar=show_bar) as shown,
    ):
        for done in range(3):
            shown.progress(Progress(done, 3, RunKind.TIMED))
        shown.note("Now the pairs.")
        for done in range(3, 6):
            shown.progress(Progress(done, 6, RunKind.TIMED, "Verifying"))
    return stream.getvalue()


def test_the_bar_bears_the_name_of_its_stage(monkeypatch):
    before, after = shown_to(Terminal(), monkeypatch).split("Now the pairs.")
    assert "Measuring  [" in before
    assert "Verifying" not in before
    assert "Verifying  [" in after
    assert "Measuring" not in after
    assert "100%" in after


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_a_plain_terminal_gets_a_line_for_each_stage(monkeypatch, name, value):
    text = shown_to(Terminal(), monkeypatch, **{name: value})
    assert text == "Measuring ...\nNow the pairs.\nVerifying ...\n"


def test_without_a_bar_only_notes_are_shown(monkeypatch):
    assert shown_to(Terminal(), monkeypatch, show_bar=False) == "Now the pairs.\n"
