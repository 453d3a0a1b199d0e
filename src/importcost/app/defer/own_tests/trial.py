"""Try changes with the user's tests: find those at fault, and know what the rest has proven."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from importcost.app.defer.behaviour import ProvenSet
from importcost.app.defer.own_tests.baseline import UnchangedTests
from importcost.app.defer.own_tests.culprits import ChangeSet, smallest_failing
from importcost.app.defer.own_tests.runs import OwnRun
from importcost.app.defer.rewriting import Rewrite
from importcost.app.profile.request import Listener
from importcost.deferral.rewrite.rewrite import Refused
from importcost.files.journal import FileEdit
from importcost.measure.session import Progress
from importcost.model.behaviour import BehaviourProof, ProofKind
from importcost.model.profile import RunKind

MOST_RUNS = 40
"""Runs of the command with changes, in all: enough for six culprits among twenty changes."""

BREAKS = b'raise RuntimeError("importcost asks whether the tests import this file")\n'


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome of trying some changes; numbers index `Advice.findings`.

    `kept` passed together. `failed` are the changes at fault, each with a clause that has the
    tests' own words. Without a `proof`, `doubts` say why the tests tell nothing; with one, which
    part of the changes they do not reach.
    """

    kept: ChangeSet
    failed: Mapping[int, str] = field(default_factory=dict)
    proof: ProvenSet | None = None
    doubts: tuple[str, ...] = ()


class _NoRunsLeftError(Exception):
    """The command has run MOST_RUNS times."""


class _FlakyError(Exception):
    """The command failed and passed on the same code."""


class Trial:
    """Runs the tests with sets of changes.

    `edit` makes the edit of a set, `place_of` names a change for the user (`handler.py:3`), and
    `mentions` returns clauses on test code that names what a set of edits removes.
    """

    def __init__(
        self,
        baseline: UnchangedTests,
        edit: Callable[[ChangeSet], Rewrite | Refused],
        place_of: Callable[[int], str],
        mentions: Callable[[ChangeSet], Sequence[str]],
        listener: Listener,
    ) -> None:
        self._baseline = baseline
        self._edit = edit
        self._place_of = place_of
        self._mentions = mentions
        self._listener = listener
        self._command = baseline.tests.command.text
        self._known: dict[frozenset[int], OwnRun] = {}
        self._runs = 0

    def settle(self, numbers: Sequence[int]) -> Settled:
        """Try changes together and take out those that fail, until the rest passes.

        Raises UsageError if an edit cannot be tried on a copy.
        """
        kept, failed = tuple(numbers), dict[int, str]()
        try:
            while kept:
                run = self._tried(kept)
                if run is None:
                    return Settled(kept, failed)
                if run.passed:
                    return self._proven(kept, failed, run)
                self._rule_out_flakiness(kept)
                culprits = smallest_failing(kept, self._fails)
                failed |= self._blame(culprits)
                kept = tuple(number for number in kept if number not in culprits)
        except _FlakyError as error:
            return Settled(kept, failed, doubts=(str(error),))
        except _NoRunsLeftError:
            why = f"{self._command} fails with it or others: {MOST_RUNS} runs did not tell which"
            return Settled((), failed | dict.fromkeys(kept, why))
        return Settled((), failed)

    def _tried(self, numbers: ChangeSet, *, anew: bool = False) -> OwnRun | None:
        """Return the run with these changes, None if no edit makes them together."""
        key = frozenset(numbers)
        edits = self._edit(tuple(sorted(key)))
        if isinstance(edits, Refused):
            return None
        if anew or key not in self._known:
            self._known[key] = self._run(edits.edits, f"{len(key)} of the changes")
        return self._known[key]

    def _run(self, edits: Sequence[FileEdit], step: str) -> OwnRun:
        if self._runs >= MOST_RUNS:
            raise _NoRunsLeftError
        self._runs += 1
        self._listener.progress(
            Progress(
                done=self._runs,
                total=MOST_RUNS,
                kind=RunKind.INVOKE,
                label=f"Running {self._command}",
                step=f"run {self._runs} of at most {MOST_RUNS}, {step}",
            )
        )
        tests = self._baseline.tests
        run = tests.run(edits, [edit.path for edit in edits], self._baseline.limit_s)
        self._listener.detail(
            f"{self._command} with {step}: {'passed' if run.passed else run.failure}"
        )
        return run

    def _fails(self, numbers: ChangeSet) -> bool:
        run = self._tried(numbers)
        return run is not None and not run.passed

    def _rule_out_flakiness(self, numbers: ChangeSet) -> None:
        """Raise _FlakyError if the same code fails at one time and passes at another."""
        unchanged = self._run((), "no change")
        if not unchanged.passed:
            raise _FlakyError(self._flaky("without any change", unchanged.failure))
        first = self._known[frozenset(numbers)]
        again = self._tried(numbers, anew=True)
        if again is not None and again.passed:
            raise _FlakyError(self._flaky("with the same changes", first.failure))

    def _flaky(self, when: str, failure: str) -> str:
        return f"{self._command} passes at one time and fails at another {when} ({failure})"

    def _blame(self, culprits: ChangeSet) -> dict[int, str]:
        """Return the reason against each of them, once they have failed a second time."""
        first = self._known[frozenset(culprits)]
        again = self._tried(culprits, anew=True)
        if again is None or again.passed:
            raise _FlakyError(self._flaky("with the same changes", first.failure))
        hints = "".join(f"; {clause}" for clause in self._mentions(culprits))
        reasons = {}
        for number in culprits:
            others = [self._place_of(other) for other in culprits if other != number]
            beside = f" together with {', '.join(others)}" if others else ""
            reasons[number] = f"{self._command} fails with it{beside}: {again.failure}{hints}"
        return reasons

    def _proven(self, kept: ChangeSet, failed: Mapping[int, str], run: OwnRun) -> Settled:
        """Return what a run that passed has proven: nothing on files that it did not import."""
        edits = self._edit(tuple(sorted(kept)))
        # A new file is imported by another that the edit changes.
        known = () if isinstance(edits, Refused) else edits.edits
        paths = [edit.path for edit in known if edit.before is not None]
        unreached = [path for path in paths if not self._is_reached(path, run)]
        reached = frozenset(n for n in kept if not self._files_of(n) & set(unreached))
        doubts = tuple(self._doubt(path, run) for path in unreached)
        if not reached:
            return Settled(kept, failed, doubts=doubts)
        proof = BehaviourProof(ProofKind.TESTS, 1, self._command, run.summary)
        return Settled(kept, failed, ProvenSet(frozenset(kept), proof, reached), doubts)

    def _files_of(self, number: int) -> set[Path]:
        edits = self._edit((number,))
        return set() if isinstance(edits, Refused) else {edit.path for edit in edits.edits}

    def _is_reached(self, path: Path, run: OwnRun) -> bool:
        """Return True if the tests import the copy of a file.

        Where no bytecode tells (tests in a container or an environment of their own), a copy that
        cannot be imported does: tests that still pass do not import it.
        """
        if path in run.reached:
            return True
        if self._runs >= MOST_RUNS:
            return False
        broken = self._run([FileEdit(path, b"", BREAKS)], f"{path.name} broken on purpose")
        return not broken.passed

    def _doubt(self, path: Path, run: OwnRun) -> str:
        name = self._shown(path)
        if path in run.strayed or path.resolve() in run.strayed:
            return (
                f"{self._command} imports {name} from {path.parent}, not from the copy (a path in "
                "the tests or an installation leads there), so it did not test the change"
            )
        return f"{self._command} does not import {name}, so it says nothing about its change"

    def _shown(self, path: Path) -> str:
        folder = self._baseline.tests.project.folder
        whole = path.resolve()
        return whole.relative_to(folder).as_posix() if whole.is_relative_to(folder) else str(path)
