"""Use case: compare the init of two versions, handler by handler, in interleaved pairs."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from importcost.app.gate.compare_sides import Lane, install_into, lanes_of, with_requirements
from importcost.app.gate.configured import HowToMeasure, request_for
from importcost.app.gate.instructions import count_instructions, instruction_check
from importcost.app.gate.worktrees import Checkout, checkouts
from importcost.app.profile.bench import Bench, open_bench
from importcost.app.profile.beyond import tell_not_deployed
from importcost.app.profile.rehearsal import explained, open_rehearsed
from importcost.app.profile.request import Listener
from importcost.config.read import HandlerConfig
from importcost.errors import HandlerError, MeasurementError, Reader, UsageError, worded
from importcost.gate.blame import Compared, attribute_comparison
from importcost.gate.budget_rules import relative, thresholds_of
from importcost.gate.budgets import Budgets, Level, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.compare import (
    DEFAULT_PAIRS,
    EXTENSION,
    Comparison,
    Step,
    Thresholds,
    compare,
    next_step,
)
from importcost.gate.rules import (
    failing_handler,
    measured_check,
    one_sided_handler,
    unmeasured_handler,
)
from importcost.gate.subject import Evidence, Subject
from importcost.measure.interleave import Interleaved, Side, SideFailedError, Version
from importcost.measure.session import Progress, Session
from importcost.model.profile import Pair, Profile, RunKind

PROFILE_RUNS = 21
"""Launches of each version that say which modules account for a shift: five are traced."""
CPU, INSTRUCTIONS = "cpu", "instructions"
METRICS = (CPU, INSTRUCTIONS)
MIN_DELTA_US = 500.0
"""A tiny handler's 2 % is less than any launch can tell; nothing is decided by half a ms."""


@dataclass(frozen=True, slots=True)
class CompareRequest:
    """What `importcost compare` was asked for.

    `base` and `head` are git refs or folders. `targets` are handlers to compare without a
    configuration, `names` those of the configuration, empty for all. `install` is a command
    with `{target}`, `lock` a requirements file, both of each version. `pairs` are declared
    before the first launch; where they do not tell, twice as many are measured, once.
    `max_increase` (a share) goes before the configuration's.
    """

    base: str
    head: str = "."
    names: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    config: str | None = None
    install: str | None = None
    lock: str | None = None
    merge_base: bool = False
    skip_failing_base: bool = False
    pairs: int = DEFAULT_PAIRS
    metric: str = CPU
    max_increase: float | None = None
    attribution: bool = True
    how: HowToMeasure = field(default_factory=lambda: HowToMeasure(runner="local"))


@dataclass(frozen=True, slots=True)
class CompareReport:
    """All checks, the comparisons with what accounts for them, and both versions' profiles.

    `root` is the folder of head that files are named from; `places` the file of each
    handler. `profiles` are base's and head's, by handler.
    """

    checks: tuple[Check, ...]
    compared: tuple[Compared, ...] = ()
    root: str = ""
    places: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    profiles: Mapping[str, tuple[Profile, Profile]] = field(default_factory=dict)


@dataclass(slots=True)
class _Race:
    """One handler being compared; `checks` say what is known of it without pairs."""

    lane: Lane
    base: Bench | None = None
    head: Bench | None = None
    interleaved: Interleaved | None = None
    pairs: list[Pair] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        return self.interleaved is not None


def compare_versions(request: CompareRequest, listener: Listener) -> CompareReport:
    """Measure both versions in interleaved pairs and judge every handler.

    Nothing that was made for it is left behind. Raises UsageError for versions, handlers or
    settings that cannot be, MeasurementError where a version cannot be laid out at all.
    """
    if request.install is not None and request.lock is not None:
        raise UsageError("--install and --lock both say what to install: keep one of them.")
    with (
        checkouts(request.base, request.head, listener, merge_base=request.merge_base) as (
            base,
            head,
        ),
        contextlib.ExitStack() as stack,
    ):
        lanes = lanes_of(
            base, head, config=request.config, targets=request.targets, names=request.names
        )
        return _Comparing(request, listener, base, head, stack).carry_out(lanes)


class _Comparing:
    """Carries one comparison out while both versions are on disk."""

    def __init__(
        self,
        request: CompareRequest,
        listener: Listener,
        base: Checkout,
        head: Checkout,
        stack: contextlib.ExitStack,
    ) -> None:
        self._request = request
        self._listener = listener
        self._versions = {Side.BASE: base, Side.HEAD: head}
        self._stack = stack
        self._layers: dict[tuple[Side, str], tuple[str, ...] | MeasurementError] = {}
        # Order of launches, not a secret.
        self._random = random.Random()  # noqa: S311
        self._done = 0
        self._total = 0

    def carry_out(self, lanes: tuple[Lane, ...]) -> CompareReport:
        """Open every handler, measure, judge, and say what accounts for what."""
        races = [self._opened(lane) for lane in lanes]
        if self._request.metric == INSTRUCTIONS:
            for race in races:
                self._instructions(race)
            return self._report(races, {}, {})
        per_handler = 2 + 2 * self._request.pairs
        self._total = per_handler * sum(race.is_running for race in races)
        for race in races:
            self._measure(race, self._request.pairs, is_first=True)
        comparisons = self._judged(races)
        for race in races:
            found = comparisons.get(race.lane.name)
            if found is None or next_step(found, self._request.pairs) is Step.STOP:
                continue
            more = (EXTENSION - 1) * self._request.pairs
            self._listener.note(
                f"{race.lane.name}: unclear after {found.pairs} pairs, {more} more."
            )
            self._total += 2 * more
            self._measure(race, more, is_first=False)
        comparisons = self._judged(races)
        profiles = self._profiles(races) if self._request.attribution else {}
        return self._report(races, comparisons, profiles)

    def _opened(self, lane: Lane) -> _Race:
        """Lay a handler out in both versions, or say at once why it is not compared."""
        race, levels = _Race(lane), lane.settings.levels
        if lane.head is None:
            race.checks.append(self._without_head(lane))
            return race
        try:
            race.head = self._bench(lane.head, Side.HEAD)
            if lane.base is None:
                _launch_once(race.head)
        except HandlerError as error:
            race.checks.append(failing_handler(lane.name, levels, self._said(Side.HEAD, error)))
            return race
        except MeasurementError as error:
            race.checks.append(unmeasured_handler(lane.name, levels, self._said(Side.HEAD, error)))
            return race
        if lane.base is None:
            race.checks.append(measured_check(lane.name, levels, "The handler imports."))
            race.checks.append(one_sided_handler(lane.name, levels, is_new=True))
            return race
        try:
            race.base = self._bench(lane.base, Side.BASE)
        except (MeasurementError, UsageError) as error:
            self._base_failed(race, error)
            return race
        race.interleaved = Interleaved(
            Version(race.base.runner, race.base.subject),
            Version(race.head.runner, race.head.subject),
            self._random,
        )
        return race

    def _without_head(self, lane: Lane) -> Check:
        """Tell a handler that was removed from one that is configured still, and cannot run."""
        levels = lane.settings.levels
        if not lane.is_lost:
            return one_sided_handler(lane.name, levels, is_new=False)
        words = (
            f"{lane.name} is configured and its handler {lane.settings.handler} is not there: "
            "correct its setting handler, or remove its table."
        )
        return failing_handler(lane.name, levels, self._said(Side.HEAD, UsageError(words)))

    def _bench(self, handler: HandlerConfig, side: Side) -> Bench:
        layers = self._installed(side, handler.python or "")
        handler = with_requirements(handler, self._versions[side], self._request.lock)
        how = replace(self._request.how, runs=PROFILE_RUNS)
        # Both sides are launched in turn from the first launch on: nothing goes before, unless
        # the configuration lets importcost supply what init lacks.
        open_side = open_rehearsed if handler.supplies else open_bench
        return self._stack.enter_context(
            open_side(request_for(handler, how, layers), self._listener)
        )

    def _installed(self, side: Side, python: str) -> tuple[str, ...]:
        """Return the layer that the install command fills, once for all handlers of a side.

        Raises MeasurementError where it fails: for every handler, and tried only once.
        """
        version, command = self._versions[side], self._request.install
        if command is None:
            return ()
        key = (side, python)
        if key not in self._layers:
            self._listener.note(f"Installing for {version.label}: {command}")
            name = f"layer-{len(self._layers)}"
            try:
                self._layers[key] = install_into(version, command, python, name)
            except MeasurementError as error:
                self._layers[key] = error
        found = self._layers[key]
        if isinstance(found, MeasurementError):
            raise found
        return found

    def _measure(self, race: _Race, count: int, *, is_first: bool) -> None:
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
            bench = race.base if failed.side is Side.BASE else race.head
            error = explained(bench, failed.error) if bench else failed.error
            if failed.side is Side.BASE:
                self._base_failed(race, error)
            else:
                words = self._said(Side.HEAD, error)
                race.checks.append(
                    failing_handler(race.lane.name, race.lane.settings.levels, words)
                )
            return
        except MeasurementError as error:
            race.interleaved = None
            race.checks.append(
                unmeasured_handler(
                    race.lane.name, race.lane.settings.levels, worded(error, Reader.SETTINGS)
                )
            )
            return
        race.pairs += found

    def _launched(self, name: str) -> None:
        self._done += 1
        total = max(self._total, self._done + 1)
        self._listener.progress(Progress(self._done, total, RunKind.TIMED, f"Comparing {name}"))

    def _base_failed(self, race: _Race, error: Exception) -> None:
        """Say that there is nothing to compare with: not measured, or skipped where told to."""
        name, levels = race.lane.name, race.lane.settings.levels
        words = self._said(Side.BASE, error)
        if not self._request.skip_failing_base:
            hint = " To let that pass, give --skip-failing-base."
            race.checks.append(unmeasured_handler(name, levels, words + hint))
            return
        try:
            if race.head is not None:
                _launch_once(race.head)
        except HandlerError as failed:
            race.checks.append(failing_handler(name, levels, self._said(Side.HEAD, failed)))
            return
        race.checks.append(measured_check(name, levels, "The handler imports."))
        level = levels.of(Rule.INCREASE)
        race.checks.append(
            Check(Rule.INCREASE, level, Status.SKIPPED, f"Not compared: {words}", name)
        )

    def _said(self, side: Side, error: Exception) -> str:
        """Return an error in the words of the version it belongs to, not of its folder."""
        version = self._versions[side]
        words = worded(error, Reader.SETTINGS).replace(f"{version.top}/", "")
        return f"{version.label}: {words}"

    def _judged(self, races: list[_Race]) -> dict[str, Comparison]:
        running = {race.lane.name: race for race in races if race.is_running and race.pairs}
        found = compare(
            {name: race.pairs for name, race in running.items()},
            {name: self._thresholds(race.lane) for name, race in running.items()},
        )
        return {one.handler: one for one in found}

    def _thresholds(self, lane: Lane) -> Thresholds:
        found = thresholds_of(self._budgets(lane))
        return replace(found, min_delta_us=max(found.min_delta_us, MIN_DELTA_US))

    def _budgets(self, lane: Lane) -> Budgets:
        budgets = lane.settings.budgets
        if self._request.max_increase is None:
            return budgets
        return replace(budgets, max_increase=self._request.max_increase)

    def _profiles(self, races: list[_Race]) -> dict[str, tuple[Profile, Profile]]:
        """Profile both versions of what was compared; a profile that fails is done without."""
        found = {}
        for race in races:
            if not race.is_running or race.base is None or race.head is None:
                continue
            self._listener.note(f"Profiling both versions of {race.lane.name}.")
            try:
                found[race.lane.name] = tuple(
                    bench.profile(_Quiet(self._listener))[1] for bench in (race.base, race.head)
                )
                tell_not_deployed(found[race.lane.name][1].warnings, self._listener)
            except MeasurementError as error:
                self._listener.note(f"No attribution for {race.lane.name}: {error}")
        return {name: (pair[0], pair[1]) for name, pair in found.items()}

    def _instructions(self, race: _Race) -> None:
        name, levels = race.lane.name, race.lane.settings.levels
        if race.base is None or race.head is None or not race.is_running:
            return
        self._listener.note(f"Counting the instructions of {name} under valgrind.")
        try:
            head = count_instructions(race.head)
        except HandlerError as error:
            race.checks.append(failing_handler(name, levels, self._said(Side.HEAD, error)))
            return
        try:
            base = count_instructions(race.base)
        except HandlerError as error:
            self._base_failed(race, error)
            return
        race.checks.append(measured_check(name, levels))
        race.checks.append(instruction_check(name, levels, self._budgets(race.lane), base, head))

    def _report(
        self,
        races: list[_Race],
        comparisons: Mapping[str, Comparison],
        profiles: Mapping[str, tuple[Profile, Profile]],
    ) -> CompareReport:
        checks: list[Check] = []
        compared = []
        for race in races:
            checks += race.checks
            found = comparisons.get(race.lane.name)
            if found is None:
                continue
            checks += self._comparison_checks(race.lane, found)
            pair = profiles.get(race.lane.name)
            blamed = attribute_comparison(*pair, found) if pair else None
            compared.append(Compared(found, blamed))
        head = self._versions[Side.HEAD]
        return CompareReport(
            checks=tuple(checks),
            compared=tuple(compared),
            root=str(head.top),
            # No single line makes a version slower: the handler's file stands for it.
            places={
                race.lane.name: (race.lane.head.handler.partition(".py")[0] + ".py", 1)
                for race in races
                if race.lane.head is not None and ".py" in race.lane.head.handler
            },
            profiles=dict(profiles),
        )

    def _comparison_checks(self, lane: Lane, found: Comparison) -> list[Check]:
        subject = Subject(
            handler=lane.name,
            budgets=self._budgets(lane),
            evidence=Evidence(),
            levels=lane.settings.levels,
            comparison=found,
        )
        measured = measured_check(lane.name, lane.settings.levels)
        if subject.levels.of(Rule.INCREASE) is Level.OFF:
            words = "Switched off: comparisons are reported, not judged."
            return [measured, subject.check(Rule.INCREASE, Status.SKIPPED, words)]
        return [measured, *relative(subject)]


def _launch_once(bench: Bench) -> None:
    """Launch a version that is compared with nothing. Raises HandlerError, in full."""
    try:
        Session(bench.runner, bench.subject).launch_handler(RunKind.TIMED)
    except HandlerError as error:
        raise explained(bench, error) from error


class _Quiet:
    """Passes notes on and keeps the progress of single profiles to itself."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    def note(self, message: str) -> None:
        """Pass a sentence on."""
        self._listener.note(message)

    def detail(self, message: str) -> None:
        """Pass a detail on."""
        self._listener.detail(message)

    def progress(self, progress: Progress) -> None:
        """Say nothing: the comparison's own bar counts pairs."""
