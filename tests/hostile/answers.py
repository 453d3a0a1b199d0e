"""The end of a command under hostile input: an answer, or one sentence with the real cause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.commands import run_here

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

    def assert_answered(
        self, codes: Sequence[int] = (0, 1, 2, 3), *, own_traceback: bool = False
    ) -> None:
        """Assert that it ended with an exit code of these, and no fault of importcost's own.

        A handler's error has its `own_traceback`.
        """
        assert OWN_FAULT not in self.err, f"{self.argv}\n{self.err}"
        assert self.code in codes, f"{self.argv}: {self.code}\n{self.err}"
        assert own_traceback or "Traceback" not in self.err, f"{self.argv}\n{self.err}"
        # A gate that could not compare says why in its report.
        if self.code in (2, 3) and "could not be measured" not in self.out:
            assert self.last.startswith(("Error: ", "Usage: ")), f"{self.argv}\n{self.err}"
            assert self.last.endswith((".", ")")), f"{self.argv}\n{self.err}"


def call(folder: Path, *argv: str) -> Answer:
    """Run one command in `folder`, in this process."""
    done = run_here(folder, *argv)
    return Answer(argv, done.returncode, done.stdout, done.stderr)
