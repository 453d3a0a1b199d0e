"""Measures what was laid out: pairs, instructions, and profiles of both versions."""

from __future__ import annotations

from dataclasses import replace

from importcost.app.bill.place import Billed, bill
from importcost.app.gate.comparison.outcome import budgets_of, judged
from importcost.app.gate.comparison.race import Race, Versions
from importcost.app.gate.comparison.request import CompareRequest
from importcost.app.gate.instructions import count_instructions, instruction_check, methods_of
from importcost.app.gate.pace import Pace
from importcost.app.profile.beyond import tell_not_deployed
from importcost.app.profile.rehearsal import explained
from importcost.app.profile.request import Listener
from importcost.errors import Audience, HandlerError, MeasurementError, worded
from importcost.gate.compare import EXTENSION, Comparison, Step, next_step
from importcost.gate.rules import measured_check
from importcost.measure.interleave import Side, SideFailedError
from importcost.measure.session import Progress
from importcost.model.profile import RunKind


class Racing:
    """Measures the handlers that are open in both versions."""

    def __init__(self, request: CompareRequest, listener: Listener, versions: Versions) -> None:
        self._request = request
        self._listener = listener
        self._versions = versions
        self._done = 0
        self._total = 0

    def compare(self, races: list[Race]) -> dict[str, Comparison]:
        """Measure the declared pairs, and once more where they do not tell."""
        pairs = self._request.pairs
        self._total = (2 + 2 * pairs) * sum(race.is_running for race in races)
        running = [race for race in races if race.is_running]
        pace = Pace(len(running))
        for race in running:
            self._listener.note(f"Comparing {race.lane.name} in {pairs} pairs{pace.next()}.")
            self._measure(race, pairs, is_first=True)
        comparisons = judged(races, self._request)
        for race in races:
            found = comparisons.get(race.lane.name)
            if found is None or next_step(found, pairs) is Step.STOP:
                continue
            more = (EXTENSION - 1) * pairs
            self._listener.note(
                f"{race.lane.name}: unclear after {found.pairs} pairs, {more} more."
            )
            self._total += 2 * more
            self._measure(race, more, is_first=False)
        return judged(races, self._request)

    def _measure(self, race: Race, count: int, *, is_first: bool) -> None:
        if race.interleaved is None:
            return

        def launched() -> None:
            self._launched(race.lane.name)

        try:
            if is_first:
                race.interleaved.warm_up(launched)
            found = race.interleaved.pairs(count, launched)
        except SideFailedError as failed:
            race.interleaved = None
            self._side_failed(race, failed)
            return
        except MeasurementError as error:
            race.interleaved = None
            race.give_up(worded(error, Audience.SETTINGS))
            return
        race.pairs += found

    def _side_failed(self, race: Race, failed: SideFailedError) -> None:
        bench = race.base if failed.side is Side.BASE else race.head
        error = explained(bench, failed.error) if bench else failed.error
        if failed.side is Side.BASE:
            self._versions.base_failed(race, error)
        else:
            race.fail(self._versions.said(Side.HEAD, error))

    def _launched(self, name: str) -> None:
        self._done += 1
        total = max(self._total, self._done + 1)
        self._listener.progress(Progress(self._done, total, RunKind.TIMED, f"Comparing {name}"))

    def billed(self, races: list[Race]) -> dict[str, tuple[Billed, Billed]]:
        """Profile both versions of what was compared; a profile that fails is done without.

        Both are billed by the calibration that the handler is judged with, so that a calibration
        new in head does not look like a change of the code.
        """
        found: dict[str, tuple[Billed, Billed]] = {}
        pace = Pace(sum(race.is_running for race in races))
        for race in races:
            if not race.is_running or race.base is None or race.head is None:
                continue
            name = race.lane.name
            self._listener.note(f"Profiling both versions of {name}{pace.next()}.")
            try:
                base, head = (
                    bill(bench.profile(_Labelled(self._listener, name))[1], race.lane.settings)
                    for bench in (race.base, race.head)
                )
                tell_not_deployed(head.profile.warnings, self._listener)
                found[race.lane.name] = (base, head)
            except MeasurementError as error:
                self._listener.note(f"No attribution for {race.lane.name}: {error}")
        return found

    def count(self, race: Race) -> None:
        """Count the instructions of both versions and judge the difference."""
        name, levels = race.lane.name, race.lane.settings.levels
        if race.base is None or race.head is None or not race.is_running:
            return
        self._listener.note(f"Counting the instructions of {name}.")
        methods = methods_of(self._request.metric)
        try:
            head = count_instructions(race.head, methods, self._listener.note)
        except HandlerError as error:
            race.fail(self._versions.said(Side.HEAD, error))
            return
        except MeasurementError as error:
            race.give_up(self._versions.said(Side.HEAD, error))
            return
        try:
            base = count_instructions(race.base, (head.method,), self._listener.detail)
        except MeasurementError as error:
            self._versions.base_failed(race, error)
            return
        race.checks.append(measured_check(name, levels))
        race.checks.append(
            instruction_check(name, levels, budgets_of(race.lane, self._request), base, head)
        )


class _Labelled:
    """Passes all on, the progress of single profiles under the handler's name."""

    def __init__(self, listener: Listener, name: str) -> None:
        self._listener = listener
        self._label = f"Profiling {name}"

    def note(self, message: str) -> None:
        """Pass a sentence on."""
        self._listener.note(message)

    def detail(self, message: str) -> None:
        """Pass a detail on."""
        self._listener.detail(message)

    def progress(self, progress: Progress) -> None:
        """Pass a launch on, without first figures: the comparison is of two versions."""
        self._listener.progress(replace(progress, label=self._label, so_far_ms=None))
