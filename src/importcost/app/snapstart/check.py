"""Use case: check a function's snapshot and its hooks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importcost.app.profile.bench import Bench
from importcost.app.profile.rehearsal import on_bench
from importcost.app.profile.request import Listener, ProfileRequest, check_request
from importcost.app.snapstart.priming import prime_handler, read_event
from importcost.app.snapstart.server import (
    hook_form,
    prime_server,
    read_request,
    snapshot_place,
    start_and_observe,
)
from importcost.app.snapstart.source_files import read_project
from importcost.app.snapstart.support import snapstart_support
from importcost.billing.figures.datafiles import load_limits
from importcost.billing.figures.platforms import load_platforms, require_lambda
from importcost.errors import HandlerError, UsageError
from importcost.files.read import text_found
from importcost.measure.snapstart import SnapshotRun, observe
from importcost.model.profile import EXEC_WRAPPER, WEB_ADAPTER_PROGRAM, Target
from importcost.secrecy import with_strings, without_literals
from importcost.snapstart.facts import source_facts
from importcost.snapstart.fix import skeletons
from importcost.snapstart.model import SourceFacts
from importcost.snapstart.report import SnapStartReport
from importcost.snapstart.rules import SnapshotRules
from importcost.snapstart.support import Acceptance
from importcost.snapstart.verdict import (
    adapter_hook_notes,
    agentcore_finding,
    all_findings,
    hazards,
    hook_findings,
    source_findings,
    workers_finding,
)

FIRST_SNAPSTART = (3, 12)


def check_snapstart(
    request: ProfileRequest,
    function_timeout_s: float,
    listener: Listener,
    prime: str | None = None,
) -> SnapStartReport:
    """Run init, snapshot and restore of the target, read its source, and judge both.

    A web app (adapter lwa) and an agent of AgentCore are started under their server. Priming is
    measured with `prime`, an event or a request. `function_timeout_s` is the function's own
    timeout. Raises as `open_bench`, UsageError for a timeout that Lambda does not have, and
    HandlerError if init fails: then its message also names the findings in the source.
    """
    longest_s = load_limits().longest_timeout_s
    if not 1 <= function_timeout_s <= longest_s:
        raise UsageError(
            f"--function-timeout is {function_timeout_s:g}: name the function's own timeout, 1 to"
            f" {longest_s} seconds."
        )
    check_request(request)
    if load_platforms()[request.platform].snapshot is None:
        require_lambda(request.platform, "snapstart")
    place = snapshot_place(request, function_timeout_s)
    event = None if place.plan is not None or prime is None else read_event(prime)
    sent = None if place.plan is None or prime is None else read_request(prime, place.rules.name)

    def observed(bench: Bench) -> SnapStartReport:
        if place.plan is not None:
            bench = place.with_server(bench)
            run = start_and_observe(bench, place.plan)
        else:
            run = _observed(bench)
        under_adapter = request.adapter == "lwa" or _names_adapter(request, bench.subject.target)
        report = _report(bench, run, place.rules, under_adapter)
        if event is not None:
            report = replace(
                report, priming=prime_handler(bench, event, run.observation.sources, listener)
            )
        elif sent is not None and place.plan is not None:
            report = replace(report, priming=prime_server(bench, place, sent, listener))
        return with_strings(report, without_literals)  # labels quote the source

    return on_bench(place.request, listener, observed)


def _observed(bench: Bench) -> SnapshotRun:
    try:
        return observe(bench.runner, bench.subject)
    except HandlerError as error:
        raise _with_source(error, bench) from error


def _report(
    bench: Bench, run: SnapshotRun, rules: SnapshotRules, under_adapter: bool
) -> SnapStartReport:
    target = bench.subject.target
    project = read_project(target, run.observation.files, run.observation.sources)
    facts = source_facts(project)
    findings = all_findings(project, facts, run.observation, under_adapter=under_adapter)
    findings += hook_findings(run.hooks, run.init_us, rules)
    if under_adapter and rules.name != "lwa":
        findings += adapter_hook_notes(bench.request.environment)
    if rules.name == "agentcore" and (facts.registered or run.observation.registered):
        findings = (*findings, agentcore_finding())
    if run.workers > 1 and run.hooks:
        findings = (*findings, workers_finding(run.workers))
    runtime = bench.subject.settings.runtime.removeprefix("python")
    is_supported = tuple(map(int, runtime.split("."))) >= FIRST_SNAPSTART
    support = snapstart_support(bench, run.observation.client)
    image = next((fact.taken for fact in support if fact.about == "image"), None)
    if image is not None and rules.name != "agentcore":
        is_supported = image is not Acceptance.NO
    return SnapStartReport(
        target=target,
        python_version=bench.runner.facts().version,
        is_supported=is_supported or rules.name == "agentcore",
        init_us=run.init_us,
        hooks=run.hooks,
        findings=findings,
        skeletons=skeletons(project, findings, hook_form(rules.name, target, bench.environment)),
        is_stand_in=run.observation.is_stand_in,
        under_adapter=under_adapter,
        rules=rules,
        support=support,
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
