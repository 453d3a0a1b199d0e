"""Run importcost's commands in this process, thousands of them, as `__main__` does."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from importcost.cli import main

OWN_FAULT = "importcost itself failed"


@dataclass(frozen=True)
class Answer:
    """The end of one command: its exit code and what it printed."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str

    @property
    def last(self) -> str:
        """Return the last line of standard error."""
        return (self.err.strip().splitlines() or [""])[-1]

    def assert_answered(self, codes: Sequence[int] = (0, 1, 2, 3)) -> None:
        """Assert that it ended in one sentence, or in a report without a number that is none."""
        assert OWN_FAULT not in self.err, f"{self.argv}\n{self.err}"
        assert self.code in codes, f"{self.argv}: {self.code}\n{self.err}"
        assert "Traceback" not in self.err, f"{self.argv}\n{self.err}"
        if self.code in (2, 3):
            assert self.last.startswith(("Error: ", "Usage: ")), f"{self.argv}\n{self.err}"
            assert self.last.endswith((".", ")")), f"{self.argv}\n{self.err}"


class _Stream(io.TextIOWrapper):
    """A standard stream that keeps what is written."""

    def __init__(self) -> None:
        self.kept = io.BytesIO()
        super().__init__(self.kept, encoding="utf-8", write_through=True)

    def text(self) -> str:
        self.flush()
        return self.kept.getvalue().decode("utf-8", "replace")


def call(folder: Path, *argv: str) -> Answer:
    """Run one command in `folder`."""
    out, err = _Stream(), _Stream()
    before = Path.cwd()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["importcost", *argv])
        patch.setattr(sys, "stdout", out)
        patch.setattr(sys, "stderr", err)
        os.chdir(folder)
        try:
            code = main._carry_out()
        finally:
            os.chdir(before)
    return Answer(argv, code, out.text(), err.text())
