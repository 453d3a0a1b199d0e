"""Turn a measurement into a profile: medians, phases, the scaled tree, the graph."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from importcost.billing.figures.platforms import load_platforms
from importcost.measure.combine import SPAN_OF_LABEL, combine
from importcost.measure.exec_wrapper import with_program_row
from importcost.measure.graph import build_graph
from importcost.measure.runners.base import InterpreterFacts, Layout
from importcost.measure.session import Measurement, Subject
from importcost.measure.speed.beside import speed_of_machine, speed_us_beside
from importcost.measure.speed.own_time import at_own_time
from importcost.measure.warnings import find_warnings, machine_warnings, supply_warnings
from importcost.measure.web.rows import scaling_spans
from importcost.measure.web.servers import web_init
from importcost.model.importtime.nest import build_tree
from importcost.model.profile import (
    Environment,
    FunctionInit,
    Phase,
    PhaseTime,
    Profile,
    Run,
    RunKind,
    Timing,
    significant_blocked_us,
)
from importcost.model.stats import median, median_interval
from importcost.model.supplies import NO_SUPPLIES, Supplies
from importcost.model.tree import ImportTree

EMPTY_TREE = ImportTree(
    (), array("q"), array("q"), array("q"), array("q"), phases=(), phase_ids=array("q")
)
NO_LAMBDA = "none: it is measured as it runs on this machine"
NO_RUNTIME = "none: Lambda Web Adapter starts the server instead"
BYTECODE_WORDS = {
    "zip": "as deployed in a ZIP: compiled at every cold start unless hash-based",
    "image": "as deployed in an image: valid",
    "as-is": "as in the image",
    "local": "as on this machine after the first import: valid",
}


def timings(runs: Iterable[Run], phase: str) -> list[Timing]:
    """Return one phase's timings over the timed runs; `phase` is the Run's field name."""
    found = (getattr(run, phase) for run in runs if run.kind is RunKind.TIMED)
    return [timing for timing in found if timing is not None]


def median_us(values: Sequence[float]) -> int:
    """Return the median, rounded to whole microseconds."""
    return round(median(values))


def blocked_us(timing: Sequence[Timing]) -> int:
    """Return the wall time spent blocked, microseconds.

    If the kernel does not report how long the thread waited for a processor, the run with the least
    wall time beyond CPU is used: noise only ever adds.
    """
    known = [item.blocked_us for item in timing if item.blocked_us is not None]
    if known:
        return median_us(known)
    return max(0, min(item.wall_us - item.cpu_us for item in timing))


def function_init(runs: Sequence[Run], unattributed_share: float) -> FunctionInit:
    """Summarize the timed function init."""
    found = timings(runs, "function_init")
    return FunctionInit(
        cpu_us=median_interval([float(timing.cpu_us) for timing in found]),
        process_cpu_us=median_us([timing.process_cpu_us for timing in found]),
        wall_us=median_us([timing.wall_us for timing in found]),
        blocked_us=blocked_us(found),
        unattributed_share=unattributed_share,
    )


def phase_times(
    runs: Sequence[Run], function: FunctionInit, imports_share: float
) -> tuple[PhaseTime, ...]:
    """Return the four phases; the function's two are split by the traced share of its imports.

    Time without a row counts for the module body, so that the phases add up.
    """
    result = []
    for phase, field in (
        (Phase.INTERPRETER_START, "interpreter_start"),
        (Phase.RUNTIME, "runtime"),
    ):
        found = timings(runs, field)
        wall = median_us([timing.wall_us for timing in found])
        result.append(PhaseTime(phase, wall, median_us([timing.cpu_us for timing in found])))
    cpu = round(function.cpu_us.value)
    # Rows include waiting: an init that waits outside of them computes more of its time in them.
    imports_cpu = min(cpu, round(function.local_us * imports_share))
    imports_wall = round(function.wall_us * imports_share)
    result.append(PhaseTime(Phase.HANDLER_IMPORTS, imports_wall, imports_cpu))
    body_wall = function.wall_us - imports_wall
    result.append(PhaseTime(Phase.MODULE_BODY, body_wall, cpu - imports_cpu))
    return tuple(result)


@dataclass(frozen=True, slots=True)
class MeasurementProvenance:
    """The place, tools and date of a measurement; see `Environment` for the words."""

    facts: InterpreterFacts
    layout: Layout
    runner_name: str
    runner_reason: str
    image: str | None
    requirements: str | None
    packages: str | None
    runtime_packages: str | None
    created_at: str
    importcost_version: str
    supplies: Supplies = NO_SUPPLIES


def assemble(
    measurement: Measurement, subject: Subject, provenance: MeasurementProvenance
) -> Profile:
    """Turn a measurement into the profile from which everything else is rendered."""
    totals = {name: _total_us(measurement.runs, name) for name in SPAN_OF_LABEL.values()}
    trees = _trees(measurement, subject)
    spans: Sequence[Mapping[str, int]] = measurement.traced_spans
    app = None if subject.target.wrapper is None else subject.target.module
    if subject.server is not None:
        app = subject.target.module
        spans = _web_spans(measurement, trees, totals["function_init"])
    combined = combine(trees, spans, totals, app)
    function = function_init(measurement.runs, combined.unattributed_share)
    graph = build_graph(measurement, provenance.layout)
    machine = speed_of_machine(measurement.runs, measurement.other_use)
    environment = _environment(measurement.runtime_version, subject, provenance)
    return Profile(
        importcost_version=provenance.importcost_version,
        created_at=provenance.created_at,
        target=subject.target,
        settings=subject.settings,
        environment=environment,
        runs=measurement.runs,
        phases=phase_times(measurement.runs, function, combined.imports_share),
        function_init=function,
        tree=combined.tree,
        graph=graph,
        speed_us=speed_us_beside(measurement.runs),
        machine=machine,
        warnings=(
            *find_warnings(measurement, function, graph, environment, subject),
            *machine_warnings(machine),
            *supply_warnings(provenance.supplies),
        ),
        supplies=provenance.supplies,
        network=measurement.attempts,
        web=None
        if subject.server is None
        else web_init(subject.server, subject.target, measurement.starts),
    )


def _trees(measurement: Measurement, subject: Subject) -> list[ImportTree]:
    """Return the trees of the traced runs, without waiting for a processor where that is known."""
    trees = [build_tree(log) for log in measurement.logs]
    if subject.program is not None and len(measurement.program_us) == len(trees):
        program = subject.program
        took = zip(trees, measurement.program_us, strict=True)
        trees = [with_program_row(tree, program, wall_us) for tree, wall_us in took]
    traced = [run.function_init for run in measurement.runs if run.kind is RunKind.TRACED]
    if len(measurement.module_times) != len(trees) or len(traced) != len(trees):
        return trees
    times = measurement.module_times
    return [
        at_own_time(tree, init, own) for tree, init, own in zip(trees, traced, times, strict=True)
    ]


def _web_spans(
    measurement: Measurement, trees: Sequence[ImportTree], total_us: float
) -> Sequence[Mapping[str, int]]:
    traced = [
        run.function_init
        for run in measurement.runs
        if run.kind is RunKind.TRACED and run.function_init is not None
    ]
    computed = median([one.cpu_us for one in timings(measurement.runs, "function_init")])
    return scaling_spans(trees, measurement.traced_spans, traced, total_us, computed)


def first_profile(
    runs: Sequence[Run], subject: Subject, provenance: MeasurementProvenance
) -> Profile:
    """Return a profile of totals alone, without tree and graph, while more runs follow.

    It is enough for a bill; the imports behind it are not known yet.
    """
    function = function_init(runs, unattributed_share=0.0)
    return Profile(
        importcost_version=provenance.importcost_version,
        created_at=provenance.created_at,
        target=subject.target,
        settings=subject.settings,
        environment=_environment(None, subject, provenance),
        runs=tuple(runs),
        phases=phase_times(runs, function, imports_share=1.0),
        function_init=function,
        tree=EMPTY_TREE,
        graph=None,
        speed_us=speed_us_beside(runs),
        machine=speed_of_machine(runs, None),
        warnings=(),
    )


def _environment(
    runtime_version: str | None, subject: Subject, provenance: MeasurementProvenance
) -> Environment:
    facts = provenance.facts
    return Environment(
        runner=provenance.runner_name,
        runner_reason=provenance.runner_reason,
        image=provenance.image,
        python_version=facts.version,
        python_implementation=facts.implementation,
        executable=facts.executable,
        platform=facts.platform,
        machine=facts.machine,
        cpu_count=facts.cpu_count,
        cpu_model=facts.cpu_model,
        runtime_source=_source_of(runtime_version, subject),
        bytecode=BYTECODE_WORDS[subject.bytecode],
        requirements=provenance.requirements,
        packages=provenance.packages,
        runtime_packages=provenance.runtime_packages,
    )


def _source_of(runtime_version: str | None, subject: Subject) -> str:
    """Return what represented the Lambda runtime, or why nothing did."""
    if not subject.target.is_handler:
        return NO_LAMBDA
    platform = load_platforms()[subject.settings.platform]
    if not platform.runs_lambda_runtime:
        return f"none: measured for {platform.title}"
    return NO_RUNTIME if subject.server else _runtime_source(runtime_version)


def _runtime_source(runtime_version: str | None) -> str:
    if runtime_version is not None:
        return f"awslambdaric {runtime_version}"
    return "modelled: the standard library modules that awslambdaric loads"


def _total_us(runs: Sequence[Run], phase: str) -> float:
    """Return the untraced time of a phase: CPU, and wall time if it blocks for long."""
    found = timings(runs, phase)
    cpu = median([timing.cpu_us for timing in found])
    wall = median([timing.wall_us for timing in found])
    return cpu + significant_blocked_us(blocked_us(found), wall)
