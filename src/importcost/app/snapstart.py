"""Use case: check a function's snapshot and its hooks."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from importcost.app.profile.bench import Bench
from importcost.app.profile.rehearsal import on_bench
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.billing.figures.datafiles import load_limits
from importcost.errors import HandlerError, UsageError
from importcost.files.read import text_found
from importcost.measure.runners.base import InterpreterFacts
from importcost.measure.snapstart import INITIALIZATION, SnapshotRun, observe
from importcost.model.profile import EXEC_WRAPPER, WEB_ADAPTER_PROGRAM, Target
from importcost.secrecy import with_strings, without_literals
from importcost.snapstart.facts import source_facts
from importcost.snapstart.fix import skeletons
from importcost.snapstart.model import SnapStartReport, SourceFacts
from importcost.snapstart.modules import Project, SourceModule, parse_module
from importcost.snapstart.verdict import (
    adapter_hook_notes,
    all_findings,
    hazards,
    hook_findings,
    source_findings,
)

FIRST_SNAPSTART = (3, 12)
MAX_MODULES = 500


def check_snapstart(
    request: ProfileRequest, function_timeout_s: float, listener: Listener
) -> SnapStartReport:
    """Run init, snapshot and restore of the target, read its source, and judge both.

    `function_timeout_s` is the function's own timeout. Raises as `open_bench`, UsageError for a
    timeout that Lambda does not have, and HandlerError if init fails: then its message also names
    the findings in the source.
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
        return _report(bench, run, bench.runner.facts(), function_timeout_s, under_adapter)

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
    report = SnapStartReport(
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
    return with_strings(report, without_literals)  # labels quote the source


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


def read_project(target: Target, files: Mapping[str, str]) -> Project:
    """Read the function's own modules: those that the run loaded, else what the handler imports.

    Files that are not there or do not parse are left out.
    """
    wanted = dict(files) or {target.module: target.handler_file}
    modules: dict[str, SourceModule] = {}
    while wanted and len(modules) < MAX_MODULES:
        name, file = wanted.popitem()
        module = _read(name, file)
        if module is None or name in modules:
            continue
        modules[name] = module
        if not files:
            wanted.update(_own_imports(target, module))
    return Project(dict(sorted(modules.items())))


def _read(name: str, file: str) -> SourceModule | None:
    try:
        return parse_module(name, file, text_found(file))
    except (OSError, SyntaxError, ValueError):
        return None


def _own_imports(target: Target, module: SourceModule) -> dict[str, str]:
    found = {}
    for node in ast.walk(module.tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in [*names, *(module.bindings.values())]:
                for candidate in (name, name.rpartition(".")[0]):
                    base = Path(target.task_root, *candidate.split("."))
                    if candidate and base.with_suffix(".py").is_file():
                        found[candidate] = str(base.with_suffix(".py"))
    return found
