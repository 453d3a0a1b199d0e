"""Use case: check a function's snapshot and its hooks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importcost.app.profile.bench import Bench
from importcost.app.profile.rehearsal import on_bench
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.app.snapstart.priming import PrimingEvent, prime_handler
from importcost.app.snapstart.source_files import read_project
from importcost.billing.figures.datafiles import load_limits
from importcost.errors import HandlerError, UsageError
from importcost.files.read import text_found
from importcost.measure.runners.base import InterpreterFacts
from importcost.measure.snapstart import INITIALIZATION, SnapshotRun, observe
from importcost.model.profile import EXEC_WRAPPER, WEB_ADAPTER_PROGRAM, Target
from importcost.secrecy import with_strings, without_literals
from importcost.snapstart.facts import source_facts
from importcost.snapstart.fix import skeletons
from importcost.snapstart.model import SourceFacts
from importcost.snapstart.report import SnapStartReport
from importcost.snapstart.verdict import (
    adapter_hook_notes,
    all_findings,
    hazards,
    hook_findings,
    source_findings,
)

FIRST_SNAPSTART = (3, 12)


def check_snapstart(
    request: ProfileRequest,
    function_timeout_s: float,
    listener: Listener,
    event: PrimingEvent | None = None,
) -> SnapStartReport:
    """Run init, snapshot and restore of the target, read its source, and judge both.

    `function_timeout_s` is the function's own timeout. With an `event`, priming with it is
    measured, too. Raises as `open_bench`, UsageError for a timeout that Lambda does not have, and
    HandlerError if init fails: then its message also names the findings in the source.
    """
    longest_s = load_limits().longest_timeout_s
    if not 1 <= function_timeout_s <= longest_s:
        raise UsageError(
            f"--function-timeout is {function_timeout_s:g}: name the function's own timeout, 1 to"
            f" {longest_s} seconds."
        )
    adapter = request.adapter
    request = replace(
        request,
        environment={**request.environment, **INITIALIZATION},
        adapter=None,  # the app's module is imported without its server
        server=None,
    )

    def observed(bench: Bench) -> SnapStartReport:
        try:
            run = observe(bench.runner, bench.subject)
        except HandlerError as error:
            raise _with_source(error, bench) from error
        under_adapter = adapter == "lwa" or _names_adapter(request, bench.subject.target)
        report = _report(bench, run, bench.runner.facts(), function_timeout_s, under_adapter)
        if event is not None:
            report = replace(report, priming=prime_handler(bench, event, listener))
        return with_strings(report, without_literals)  # labels quote the source

    return on_bench(request, listener, observed)


def _report(
    bench: Bench,
    run: SnapshotRun,
    interpreter: InterpreterFacts,
    timeout_s: float,
    under_adapter: bool,
) -> SnapStartReport:
    target = bench.subject.target
    project = read_project(target, run.observation.files)
    facts = source_facts(project)
    findings = all_findings(project, facts, run.observation, under_adapter=under_adapter)
    findings += hook_findings(run.hooks, run.init_us, timeout_s)
    if under_adapter:
        findings += adapter_hook_notes(bench.request.environment)
    runtime = bench.subject.settings.runtime.removeprefix("python")
    return SnapStartReport(
        target=target,
        python_version=interpreter.version,
        is_supported=tuple(map(int, runtime.split("."))) >= FIRST_SNAPSTART,
        init_us=run.init_us,
        hooks=run.hooks,
        findings=findings,
        skeletons=skeletons(project, findings),
        is_stand_in=run.observation.is_stand_in,
        under_adapter=under_adapter,
        before_limit_s=load_limits().ahead_init_limit_s(timeout_s),
    )


def _names_adapter(request: ProfileRequest, target: Target) -> bool:
    """Return True if the package is started by Lambda Web Adapter: its wrapper, or a run.sh."""
    if request.environment.get(EXEC_WRAPPER) == WEB_ADAPTER_PROGRAM:
        return True
    script = Path(target.task_root, "run.sh")
    try:
        text = text_found(script, errors="replace")
    except OSError:
        return False
    return f"{target.module}:" in text


def _with_source(error: HandlerError, bench: Bench) -> HandlerError:
    facts: SourceFacts = source_facts(read_project(bench.subject.target, {}))
    found = hazards(source_findings(facts))
    if not found:
        return error
    places = ", ".join(f"{Path(item.file).name}:{item.line} ({item.kind.value})" for item in found)
    return HandlerError(
        f"{error} The source alone shows: {places}.", traceback_text=error.traceback_text
    )
