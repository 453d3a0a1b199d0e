"""The user's tests as a judge of sets of changes: what they fail, what they prove."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from importcost.app.defer.advise import Analysis
from importcost.app.defer.behaviour import ProvenSet
from importcost.app.defer.outside_references import mentions, removed_names
from importcost.app.defer.own_tests.baseline import (
    AskedTests,
    UnchangedTests,
    UserPlace,
    check_tests,
    run_unchanged,
    work_folder,
)
from importcost.app.defer.own_tests.culprits import ChangeSet
from importcost.app.defer.own_tests.trial import Trial
from importcost.app.profile.bench import Bench
from importcost.app.profile.request import Listener
from importcost.model.advice import Verification

MOST_HINTS = 2


@contextlib.contextmanager
def own_tests(
    asked: AskedTests | None, bench: Bench, listener: Listener
) -> Iterator[UnchangedTests | None]:
    """Run the user's tests on the unchanged project, and keep them ready; None if none are asked.

    Raises UsageError if the command cannot be carried out, OwnTestsError if it fails.
    """
    if asked is None:
        yield None
        return
    place = UserPlace(
        here=Path.cwd(),
        home=Path.home(),
        environ=os.environ,
        task_root=Path(bench.subject.target.task_root),
        python=bench.prepared.interpreter.executable,
        names_python=bench.request.python is not None,
    )
    with work_folder() as work:
        yield run_unchanged(check_tests(asked, place, work), asked, place, listener)


class Suite:
    """Judges sets of changes with the user's tests; without a baseline it finds nothing.

    `proven` and `doubts` are about the set that was judged last. Of edits that the function's
    Python ignores, no test says anything.
    """

    def __init__(
        self,
        analysis: Analysis,
        baseline: UnchangedTests | None,
        listener: Listener,
    ) -> None:
        self._analysis = analysis
        self._listener = listener
        self._trial: Trial | None = None
        self._tested: frozenset[int] | None = None
        self.proven: tuple[ProvenSet, ...] = ()
        self.doubts: tuple[str, ...] = ()
        if baseline is None:
            return
        self._folder = baseline.tests.project.folder
        self._command = baseline.tests.command.text
        if analysis.ignored:
            ignoring = "the function's Python ignores edits of this style"
            self.doubts = (f"{ignoring}, so {self._command} says nothing about them",)
        edit, place, named = analysis.edits.attempt, self._place_of, self._mentions
        self._trial = Trial(baseline, edit, place, named, listener)

    def failing(self, numbers: Sequence[int]) -> Mapping[int, Verification]:
        """Try these changes together; return those that fail the tests, with the reason."""
        if self._trial is None:
            return {}
        count = "1 change" if len(numbers) == 1 else f"{len(numbers)} changes"
        self._listener.note(f"Running {self._command} with {count} ...")
        settled = self._trial.settle(numbers)
        self._tested = frozenset(settled.kept)
        self.proven = (settled.proof,) if settled.proof else ()
        self.doubts = settled.doubts
        if settled.failed:
            left = f"{len(settled.failed)} of them, left out" if settled.kept else "each of them"
            self._listener.note(f"{self._command} fails with {left}.")
        return {number: _failed(reason) for number, reason in settled.failed.items()}

    @property
    def open_doubts(self) -> tuple[str, ...]:
        """Return why the tests say nothing about any of the changes; empty if they do."""
        return () if self.proven else self.doubts

    def has_tested(self, numbers: Sequence[int]) -> bool:
        """Return True if these changes were judged last, or nothing judges them."""
        return self._trial is None or self._tested == frozenset(numbers)

    def _place_of(self, number: int) -> str:
        place = self._analysis.findings[number].finding.place
        return f"{Path(place.file).name}:{place.line}"

    def _mentions(self, numbers: ChangeSet) -> Sequence[str]:
        """Return clauses on test code that names what these changes take away."""
        chosen = [self._analysis.findings[number] for number in numbers]
        analysed = set(self._analysis.sources.data)
        return mentions(self._folder, removed_names(chosen), analysed)[:MOST_HINTS]


def _failed(reason: str) -> Verification:
    return Verification(None, None, 0, (), reason, is_broken=True)
