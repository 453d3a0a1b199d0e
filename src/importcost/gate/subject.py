"""The input of the rules: one handler's budgets, and everything measured of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from importcost.billing.estimate import Estimate, local_cpu_us
from importcost.billing.savings import savings_of
from importcost.deferral.cost.costs import self_us_by_name
from importcost.gate.baseline import HandlerBaseline
from importcost.gate.budgets import Budgets, Level, Levels, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.compare import Comparison
from importcost.model.advice import StatementTime
from importcost.model.graph import ImportGraph
from importcost.model.interval import Interval
from importcost.model.package.size import PackageSize
from importcost.model.profile import (
    Environment,
    FunctionInit,
    Phase,
    Profile,
    RunKind,
    significant_blocked_us,
)
from importcost.model.results.savings import Saving

_LIBRARY = re.compile(r".*/(?:site-packages|dist-packages|python3\.\d+)/")


@dataclass(frozen=True, slots=True)
class BytecodeEvidence:
    """The bytecode instructions of init: the least of the launches that counted.

    A difference up to `noise` tells nothing. `python` is the interpreter that counted.
    """

    least: int
    noise: float
    python: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """The measurements of one handler; None for anything not measured, which the rules expect.

    A deterministic check has `graph`, `statements` and `package` alone. `peak_rss_kb` has one value
    per timed run whose platform reports it. `speed_us` is the calibration workload's CPU time.
    """

    task_root: str | None = None
    graph: ImportGraph | None = None
    statements: tuple[StatementTime, ...] | None = None
    peak_rss_kb: tuple[int, ...] = ()
    function_init: FunctionInit | None = None
    speed_us: int | None = None
    environment: Environment | None = None
    estimate: Estimate | None = None
    package: PackageSize | None = None
    local_ms: Interval | None = None
    """The time of a target that is not a handler on this machine, None for a handler."""
    bytecodes: BytecodeEvidence | None = None
    uncounted: str | None = None
    """The reason for no count, a sentence; None if there is one, or none was asked for."""
    bytecode: Saving | None = None
    """The saving of valid bytecode, a share of the function's init; None if not known."""
    self_us: Mapping[str, int] | None = None
    """Each module's self time for the function, microseconds; None if init was not timed."""


@dataclass(frozen=True, slots=True)
class JudgedHandler:
    """One handler under its budgets. `handler` is its name in the configuration.

    `baseline` is its entry in the baseline file, `comparison` the verdict on pairs, if there is
    one.
    """

    handler: str
    budgets: Budgets
    evidence: Evidence
    levels: Levels = field(default_factory=Levels)
    baseline: HandlerBaseline | None = None
    comparison: Comparison | None = None
    count_increase: float | None = None
    """`max_increase` where counts are compared with the baseline's instead of times."""

    def check(
        self,
        rule: Rule,
        status: Status,
        message: str,
        *,
        place: tuple[str | None, int | None] = (None, None),
        measured: float | None = None,
        budget: float | None = None,
        about: str | None = None,
    ) -> Check:
        """Return a check of this handler at its rule's level."""
        level = self.levels.of(rule)
        return Check(rule, level, status, message, self.handler, *place, measured, budget, about)

    def is_off(self, rule: Rule) -> bool:
        """Return True if a rule is switched off."""
        return self.levels.of(rule) is Level.OFF

    def short(self, file: str | None) -> str:
        """Return a file as messages name it: relative to the task root, else to the library.

        The place of libraries differs from machine to machine and tells a reader nothing.
        """
        root = (self.evidence.task_root or "").rstrip("/") + "/"
        name = (file or "").replace("\\", "/")
        if root != "/" and name.startswith(root):
            name = name.removeprefix(root)
        return _LIBRARY.sub("", name)


def local_time(profile: Profile) -> Interval | None:
    """Return the milliseconds that a target without Lambda takes on the machine that measured it.

    A program's are those from the interpreter's start to its end. None for a handler.
    """
    if profile.target is None or profile.target.is_handler:
        return None
    init = profile.function_init
    cpu = local_cpu_us(profile, init.cpu_us.confidence)
    more_us = significant_blocked_us(init.blocked_us, init.wall_us)
    if profile.target.kind.runs:
        starts = [one.cpu_us for one in profile.phases if one.phase is Phase.INTERPRETER_START]
        more_us += sum(starts)
    low, value, high = ((one + more_us) / 1000 for one in (cpu.low, cpu.value, cpu.high))
    return Interval(low, value, high, cpu.confidence)


def evidence_of(profile: Profile, estimate: Estimate | None = None) -> Evidence:
    """Return the measurements in a profile. Statements without any run count as not measured."""
    statements = profile.advice.statements if profile.advice is not None else ()
    init = profile.function_init
    init = replace(init, cpu_us=local_cpu_us(profile, init.cpu_us.confidence))
    return Evidence(
        task_root=profile.target.task_root if profile.target else None,
        graph=profile.graph,
        statements=statements or None,
        peak_rss_kb=tuple(
            run.peak_rss_kb
            for run in profile.runs
            if run.kind is RunKind.TIMED and run.peak_rss_kb is not None
        ),
        function_init=init,
        speed_us=profile.speed_us,
        environment=profile.environment,
        estimate=estimate,
        package=profile.package,
        local_ms=local_time(profile),
        bytecode=savings_of(profile).bytecode,
        self_us=self_us_by_name(profile.tree),
    )
