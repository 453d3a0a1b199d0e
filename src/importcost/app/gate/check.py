"""Use case: compare each configured handler with its budgets and the baseline."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from importcost.app.gate.handler_requests import (
    HowToMeasure,
    configuration,
    repository_root,
    requests_for,
)
from importcost.app.gate.instructions import bytecodes_of, fixed_hashes
from importcost.app.gate.pace import Pace
from importcost.app.gate.since.plan import SinceRequest, select_since
from importcost.app.gate.statement_spans import with_spans
from importcost.app.profile.bench import Bench
from importcost.app.profile.beyond import tell_not_deployed
from importcost.app.profile.measured import measure_billed
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.app.projects.configured import chosen_handlers, project_reader
from importcost.billing.estimate import Estimate
from importcost.config.read import Config, HandlerConfig
from importcost.declaration import MIN_WATCHED_RUNS
from importcost.errors import Audience, HandlerError, MeasurementError, UsageError, worded
from importcost.files.read import read_named, reason_of
from importcost.files.replace import check_default_name, write_named
from importcost.gate.baseline import (
    SCHEMA_NAME,
    Baseline,
    HandlerBaseline,
    baseline_from_text,
    baseline_to_text,
    handler_baseline,
    with_handlers,
)
from importcost.gate.budgets import Budgets, Level, Rule
from importcost.gate.checks import Check
from importcost.gate.rules import (
    failing_handler,
    left_out_handler,
    measured_check,
    run_checks,
    unmeasured_handler,
)
from importcost.gate.selection import SinceSelection
from importcost.gate.subject import BytecodeEvidence, Evidence, JudgedHandler, evidence_of
from importcost.measure.deployed.not_deployed import imports_beyond
from importcost.measure.failures.explain import no_function
from importcost.measure.graph import build_graph
from importcost.measure.session import Measurement, Progress, Session, rehearse
from importcost.measure.statements import function_files, statement_times
from importcost.model.profile import Profile, RunKind, WarningCode

BASELINE_FILE = "importcost-baseline.json"
_EVENT_RULES = (Rule.NETWORK, Rule.SUBPROCESS, Rule.FILE_WRITE)


@dataclass(frozen=True, slots=True)
class CheckRequest:
    """The options of `importcost check`.

    `names` are handlers of the configuration or targets, empty for all handlers. `deterministic`
    leaves out every rule that needs a timed init. `baseline` is its file, None for the one beside
    the configuration. `since` is a commit: handlers that nothing changed since then are left out.
    """

    names: tuple[str, ...] = ()
    config: str | None = None
    baseline: str | None = None
    deterministic: bool = False
    update_baseline: bool = False
    since: str | None = None
    how: HowToMeasure = field(default_factory=HowToMeasure)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """All checks in the configuration's order, and further values for reports.

    `root` is the absolute folder to which files are relative, and `places` where each handler is
    configured. `profiles` are those of the handlers that were timed, with the judged estimate.
    `written` is the baseline file if it was updated.
    """

    checks: tuple[Check, ...]
    root: str
    places: Mapping[str, tuple[str, int]]
    profiles: Mapping[str, tuple[Profile, Estimate]]
    written: str | None = None
    selection: SinceSelection | None = None
    """The handlers that were taken and left out, None if all were asked for."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """The seconds that measuring each handler took."""


@dataclass(frozen=True, slots=True)
class _Found:
    """The result of one handler's measurement: evidence, or the check that explains its absence."""

    handler: HandlerConfig
    evidence: Evidence | None = None
    profile: Profile | None = None
    bill: Estimate | None = None
    failure: Check | None = None
    entry: HandlerBaseline | None = None
    seconds: float = 0.0


def check_handlers(request: CheckRequest, listener: Listener) -> CheckReport:
    """Measure each handler and return every check; a failing handler does not stop the others.

    A handler without a rule on time is launched only twice. Raises UsageError for a configuration
    or baseline that is wrong.
    """
    _check_runs(request)
    read = project_reader()
    config = configuration(_config_path(request), read, request.names)
    handlers = chosen_handlers(config, request.names, read)
    baseline_file = Path(request.baseline or Path(config.file).parent / BASELINE_FILE)
    baseline = _read_baseline(baseline_file, request)
    measurings = requests_for(config, handlers, request.how, read)
    selection = None
    if request.since is not None:
        asked = SinceRequest(
            request.since,
            config,
            handlers,
            measurings,
            request.how,
            str(baseline_file),
            baseline,
            is_all=not request.names,
        )
        selection = select_since(asked, read, listener.note)
    found = _measured_or_left_out(
        tuple(zip(handlers, measurings, strict=True)), selection, listener, request, baseline
    )
    written = None
    if request.update_baseline:
        baseline = _renewed(baseline, config, found, request)
        is_named = request.baseline is not None
        written = _write_baseline(baseline_file, baseline, is_named=is_named)
    checks = [check for one in found for check in _checks(one, request, baseline)]
    return CheckReport(
        checks=with_spans(checks),
        root=str(repository_root(Path(config.file).resolve().parent)),
        places={one.name: (str(Path(config.file).resolve()), one.line) for one in handlers},
        profiles={
            one.handler.name: (one.profile, one.bill)
            for one in found
            if one.profile is not None and one.bill is not None
        },
        written=written,
        selection=selection,
        seconds={one.handler.name: one.seconds for one in found},
    )


def _measured_or_left_out(
    handlers: Sequence[tuple[HandlerConfig, ProfileRequest]],
    selection: SinceSelection | None,
    listener: Listener,
    request: CheckRequest,
    baseline: Baseline | None,
) -> list[_Found]:
    """Measure each handler with its request in turn, those aside that the selection leaves out."""
    left_out = frozenset(selection.left_out) if selection is not None else frozenset()
    pace = Pace(sum(one.name not in left_out for one, _ in handlers))
    found = []
    for handler, measuring in handlers:
        if selection is not None and handler.name in left_out:
            found.append(_left_out(handler, selection))
            continue
        listener.note(f"Checking {handler.name} ({handler.handler}){pace.next()}.")
        entry = baseline.find(handler.name) if baseline else None
        started = time.monotonic()
        one = _measured_as_asked(handler, measuring, listener, request, entry)
        found.append(replace(one, seconds=time.monotonic() - started))
    return found


def _measured_as_asked(
    handler: HandlerConfig,
    measuring: ProfileRequest,
    listener: Listener,
    request: CheckRequest,
    entry: HandlerBaseline | None,
) -> _Found:
    """Measure one handler with the launches that its rules need."""
    is_timed = request.update_baseline or (
        not request.deterministic and needs_timing(handler.budgets, entry)
    )
    one = _measured(handler, measuring, listener, is_timed=is_timed)
    is_counted = _needs_count(handler.budgets, entry, request)
    return _counted(one, measuring, listener) if is_counted else one


def _left_out(handler: HandlerConfig, selection: SinceSelection) -> _Found:
    words = f"Not measured: nothing that it depends on changed since {selection.ref}."
    return _Found(handler, failure=left_out_handler(handler.name, handler.levels, words))


def _config_path(request: CheckRequest) -> str | None:
    """Return the configuration's path; absolute if it is looked for in another version, too."""
    if request.config is None or request.since is None:
        return request.config
    return str(Path(request.config).parent.resolve() / Path(request.config).name)


def _check_runs(request: CheckRequest) -> None:
    runs = request.how.runs
    if runs is not None and runs < MIN_WATCHED_RUNS:
        raise UsageError(
            f"--runs is {runs} and must be at least {MIN_WATCHED_RUNS}: one of the launches "
            "watches the side effects of imports."
        )
    if request.deterministic and request.update_baseline:
        raise UsageError(
            "--update-baseline writes figures, which --deterministic leaves out: use one of them."
        )


def _read_baseline(file: Path, request: CheckRequest) -> Baseline | None:
    try:
        text = read_named(file).decode("utf-8-sig")
    except FileNotFoundError:
        if request.baseline is None or request.update_baseline:
            return None
        raise UsageError(
            f"There is no baseline {file}: write it with importcost check --update-baseline."
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The baseline {file} cannot be read: {reason_of(error)}.") from error
    try:
        return baseline_from_text(text, str(file))
    except UsageError:
        if not request.update_baseline or request.names:
            raise
    # A failed merge must not prevent what its error message advises, but another tool's file is not
    # overwritten.
    if request.baseline is not None and SCHEMA_NAME not in text:
        raise UsageError(
            f"{file} is not an importcost baseline and is not overwritten: name another file with "
            "--baseline, or remove it first."
        )
    return None


def needs_timing(budgets: Budgets, entry: HandlerBaseline | None) -> bool:
    """Return True if a rule needs more than the loaded modules and the side effects of imports."""
    absolute = (
        budgets.max_import_ms,
        budgets.max_init_ms,
        budgets.max_billed_init_ms,
        budgets.max_cost_per_million,
    )
    is_relative = budgets.max_increase is not None and entry is not None
    return is_relative or any(one is not None for one in (*absolute, budgets.max_memory_mb))


def _measured(
    handler: HandlerConfig, measuring: ProfileRequest, listener: Listener, *, is_timed: bool
) -> _Found:
    try:
        if not is_timed:
            with open_rehearsed(measuring, listener) as bench:
                return _Found(handler, certain_evidence(bench, listener, _is_watched(handler)))
        billed = measure_billed(measuring, listener)
        profile, bill = billed.profile, billed.estimate
        tell_not_deployed(profile.warnings, listener)
        _must_have_function(profile)
    except HandlerError as error:
        words = worded(error, Audience.SETTINGS)
        return _Found(handler, failure=failing_handler(handler.name, handler.levels, words))
    # A setting that turns out wrong only now must not cost the other handlers' results.
    except (MeasurementError, UsageError) as error:
        words = worded(error, Audience.SETTINGS)
        return _Found(handler, failure=unmeasured_handler(handler.name, handler.levels, words))
    made = handler_baseline(handler.name, profile, bill)
    return _Found(handler, evidence_of(profile, bill), profile, bill, entry=made)


def _needs_count(budgets: Budgets, entry: HandlerBaseline | None, request: CheckRequest) -> bool:
    """Return True if bytecodes are judged, or are a part of the baseline to be written."""
    has_baseline = entry is not None and entry.figures.bytecodes is not None
    is_compared = request.update_baseline or (request.deterministic and has_baseline)
    return budgets.max_bytecodes is not None or (budgets.max_increase is not None and is_compared)


def _counted(found: _Found, measuring: ProfileRequest, listener: Listener) -> _Found:
    """Return the findings with the count of init's bytecodes, or the reason for none."""
    if found.evidence is None:
        return found
    fixed = replace(measuring, environment=fixed_hashes(measuring.environment))
    try:
        with open_rehearsed(fixed, listener) as bench:
            count = bytecodes_of(bench)
            facts = bench.runner.facts()
    except MeasurementError as error:
        words = worded(error, Audience.SETTINGS)
        return replace(found, evidence=replace(found.evidence, uncounted=words))
    python = f"{facts.implementation} {facts.version}"
    counted = BytecodeEvidence(count.total, count.noise, python)
    entry = found.entry
    if entry is not None:
        entry = replace(entry, figures=replace(entry.figures, bytecodes=count.total))
    return replace(found, evidence=replace(found.evidence, bytecodes=counted), entry=entry)


def _must_have_function(profile: Profile) -> None:
    for warning in profile.warnings:
        if warning.code is WarningCode.HANDLER_NOT_FOUND:
            raise HandlerError(warning.message)


def _is_watched(handler: HandlerConfig) -> bool:
    return any(handler.levels.of(rule) is not Level.OFF for rule in _EVENT_RULES)


def certain_evidence(bench: Bench, listener: Listener, is_watched: bool) -> Evidence:
    """Return the evidence of two launches: the import graph, and each statement's side effects.

    The second is left out if no launch watches. Raises HandlerError if init fails.
    """
    rehearsed = bench.rehearsed or rehearse(Session(bench.runner, bench.subject), listener.progress)
    session, raw = rehearsed.session, rehearsed.graph
    if raw["handler_found"] is False:
        raise HandlerError(
            no_function(bench.subject.target, is_on_lambda=bench.subject.is_on_lambda)
        )
    total = 2 if is_watched else 1
    handler = bench.subject.target.handler_file
    layout = bench.provenance.layout
    if is_watched:
        listener.progress(Progress(1, total, RunKind.STATEMENTS, handler=handler))
        session.launch_statements(function_files(raw["graph"], layout))
    measurement = Measurement(
        runs=tuple(session.runs),
        logs=(),
        traced_spans=(),
        graph=raw["graph"],
        runtime_version=raw["runtime"],
        handler_found=raw["handler_found"],
        module_count=raw["module_count"],
        output_bytes=0,
        output_tail="",
    )
    graph = build_graph(measurement, layout)
    tell_not_deployed(imports_beyond(raw["graph"], graph, bench.subject.beyond), listener)
    return Evidence(
        task_root=bench.subject.target.task_root,
        graph=graph,
        # A file without a statement of its own does nothing at import: watched, nothing seen.
        statements=statement_times(session.statements, layout) if is_watched else None,
        package=bench.package(graph),
    )


def _renewed(
    baseline: Baseline | None, config: Config, found: list[_Found], request: CheckRequest
) -> Baseline:
    """Return the baseline with the measurements; handlers that are not configured are dropped."""
    renewed = with_handlers(baseline, [one.entry for one in found if one.entry is not None])
    if request.names:
        return renewed
    names = {one.name for one in config.handlers}
    return Baseline(tuple(one for one in renewed.handlers if one.handler in names))


def _write_baseline(file: Path, baseline: Baseline, *, is_named: bool) -> str | None:
    """Write the baseline and return its path, or None if no handler was measured."""
    if not baseline.handlers:
        return None
    if not is_named:
        check_default_name(file)
    try:
        write_named(file, baseline_to_text(baseline).encode("utf-8"))
    except OSError as error:
        raise UsageError(
            f"The baseline {file} cannot be written ({error.strerror}): name another file with "
            "--baseline."
        ) from error
    return str(file)


def _checks(found: _Found, request: CheckRequest, baseline: Baseline | None) -> tuple[Check, ...]:
    handler = found.handler
    if found.failure is not None or found.evidence is None:
        return (found.failure,) if found.failure is not None else ()
    budgets = _certain_budgets(handler.budgets) if request.deterministic else handler.budgets
    subject = JudgedHandler(
        handler=handler.name,
        budgets=budgets,
        evidence=found.evidence,
        levels=handler.levels,
        baseline=baseline.find(handler.name) if baseline else None,
        count_increase=handler.budgets.max_increase if request.deterministic else None,
    )
    imports = "The handler imports." if handler.plain is None else "It can be measured."
    words = imports if found.profile is None else ""
    return (measured_check(handler.name, handler.levels, words), *run_checks(subject))


def _certain_budgets(budgets: Budgets) -> Budgets:
    """Return the budgets without those that need a timed init."""
    return replace(
        budgets,
        max_import_ms=None,
        max_init_ms=None,
        max_billed_init_ms=None,
        max_cost_per_million=None,
        max_increase=None,
        max_memory_mb=None,
    )
