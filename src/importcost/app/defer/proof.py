"""Measure changed copies of a handler in pairs, and compare their answers to events."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from importcost.app.defer.effort import Effort
from importcost.app.defer.events import CalledEvents, judge_event
from importcost.app.defer.rewriting import Rewrite
from importcost.app.defer.variants import Variants
from importcost.app.profile.bench import Bench
from importcost.app.profile.request import Listener
from importcost.measure.pairs import PairedSubject, RoundLimits, longest_s, most_launches, verify
from importcost.measure.session import Progress, Subject
from importcost.model.advice import Verification
from importcost.model.durations import about_time
from importcost.model.profile import RunKind
from importcost.model.results.events import (
    EventOutcome,
    JointChange,
    ShippedBytecode,
    SingleChange,
    VariantKey,
)

Edited = Mapping[SingleChange | JointChange, Rewrite]
"""The edits of each variant to measure."""


class Proof:
    """Measures variants, calls them with the events, and remembers the results.

    `called` are the events with the unchanged handler's answers. `effort` limits the launches, of
    which `launches_done` were made before. `launch_s` is how long one takes, seconds.
    """

    def __init__(
        self,
        bench: Bench,
        variants: Variants,
        called: CalledEvents,
        listener: Listener,
        *,
        effort: Effort,
        launches_done: int,
        launch_s: float,
    ) -> None:
        self._bench = bench
        self._variants = variants
        self._called = called.calls
        self._listener = listener
        self._effort = effort
        self._launches_done = launches_done
        self._launch_s = launch_s
        self.outcomes: list[EventOutcome] = []

    def measure(self, edited: Edited, *, with_bytecode: bool) -> dict[VariantKey, Verification]:
        """Return the saving of each variant; one that answers an event differently fails.

        `with_bytecode` measures shipped bytecode as well, if that is part of the advice.
        """
        subjects: dict[VariantKey, Subject] = {
            key: self._variants.subject(key, edits) for key, edits in edited.items()
        }
        paired: list[PairedSubject[VariantKey]] = [
            PairedSubject(key, subject) for key, subject in subjects.items()
        ]
        measured: dict[VariantKey, Verification] = {}
        with self._variants.shipped() as shipped:
            if shipped is not None and with_bytecode:
                paired.append(PairedSubject(ShippedBytecode(), shipped))
            if paired:
                limits = self._effort.limits(
                    self._launches_done,
                    events=len(self._called),
                    variants=len(subjects),
                    settles=len(subjects) > 1 and JointChange() in subjects,
                )
                measured.update(self._in_pairs(paired, limits))
        for event, unchanged in self._called:
            # A variant that does not start has no answer.
            started: dict[VariantKey, Subject] = {
                key: subject
                for key, subject in subjects.items()
                if measured[key].saving_us is not None
            }
            outcome = judge_event(self._bench, event, unchanged, started)
            self._launches_done += len(started)
            self.outcomes.append(outcome)
            for key, failure in outcome.differing.items():
                measured[key] = replace(measured[key], failure=failure, is_broken=True)
        return measured

    def _in_pairs(
        self, paired: Sequence[PairedSubject[VariantKey]], limits: RoundLimits
    ) -> Mapping[VariantKey, Verification]:
        count = "1 change" if len(paired) == 1 else f"{len(paired)} changes"
        before = self._launches_done

        def progress(done: int, total: int) -> None:
            self._launches_done = before + done + 1
            self._listener.progress(
                Progress(before + done, before + total, RunKind.TIMED, f"Verifying {count}")
            )

        most, takes_s = most_launches(paired, limits), longest_s(paired, limits, self._launch_s)
        self._listener.note(
            f"Verifying {count} on copies, in interleaved pairs: at most {most} launches, "
            f"{about_time(takes_s)} ..."
        )
        return verify(
            self._bench.runner,
            self._bench.subject,
            paired,
            limits=limits,
            random=random.Random(),  # noqa: S311 - order of runs, not a secret
            on_progress=progress,
        )
