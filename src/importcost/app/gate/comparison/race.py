"""One handler being compared, and what failures of either version mean for it."""

from __future__ import annotations

from dataclasses import dataclass, field

from importcost.app.gate.comparison.lanes import Lane
from importcost.app.gate.worktrees import Checkout
from importcost.app.profile.bench import Bench
from importcost.app.profile.rehearsal import explained
from importcost.errors import Audience, HandlerError, worded
from importcost.gate.budgets import Rule
from importcost.gate.checks import Check, Status
from importcost.gate.rules import failing_handler, measured_check, unmeasured_handler
from importcost.measure.interleave import Interleaved, Side
from importcost.measure.session import Session
from importcost.model.profile import Pair, RunKind


@dataclass(slots=True)
class Race:
    """One handler being compared; `checks` say what is known of it without pairs."""

    lane: Lane
    base: Bench | None = None
    head: Bench | None = None
    interleaved: Interleaved | None = None
    pairs: list[Pair] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)

    @property
    def is_running(self) -> bool:
        """Return True as long as pairs can be measured."""
        return self.interleaved is not None

    def fail(self, words: str) -> None:
        """Note that the handler does not import in head, in these words."""
        self.checks.append(failing_handler(self.lane.name, self.lane.settings.levels, words))

    def give_up(self, words: str) -> None:
        """Note that nothing could be measured, in these words."""
        self.checks.append(unmeasured_handler(self.lane.name, self.lane.settings.levels, words))

    def imports(self) -> None:
        """Note that the handler imports."""
        levels = self.lane.settings.levels
        is_handler = self.lane.settings.plain is None
        words = "The handler imports." if is_handler else "It can be measured."
        self.checks.append(measured_check(self.lane.name, levels, words))


@dataclass(frozen=True, slots=True)
class Versions:
    """Both versions on disk; `skips_failing_base` lets what fails in base alone pass."""

    base: Checkout
    head: Checkout
    skips_failing_base: bool

    def of(self, side: Side) -> Checkout:
        """Return the version of a side."""
        return self.base if side is Side.BASE else self.head

    def said(self, side: Side, error: Exception) -> str:
        """Return an error in the words of the version it belongs to, not of its folder."""
        version = self.of(side)
        words = worded(error, Audience.SETTINGS).replace(f"{version.top}/", "")
        return f"{version.label}: {words}"

    def base_failed(self, race: Race, error: Exception) -> None:
        """Say that there is nothing to compare with: not measured, or skipped where told to."""
        words = self.said(Side.BASE, error)
        if not self.skips_failing_base:
            race.give_up(f"{words} To let that pass, give --skip-failing-base.")
            return
        try:
            if race.head is not None:
                launch_once(race.head)
        except HandlerError as failed:
            race.fail(self.said(Side.HEAD, failed))
            return
        race.imports()
        level = race.lane.settings.levels.of(Rule.INCREASE)
        skipped = f"Not compared: {words}"
        race.checks.append(Check(Rule.INCREASE, level, Status.SKIPPED, skipped, race.lane.name))


def launch_once(bench: Bench) -> None:
    """Launch a version that is compared with nothing. Raises HandlerError, in full."""
    try:
        Session(bench.runner, bench.subject).launch_handler(RunKind.TIMED)
    except HandlerError as error:
        raise explained(bench, error) from error
