"""Prime a handler before its snapshot: what that saves the first request, and what it leaves."""

from __future__ import annotations

import ast
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importcost.app.profile.bench import Bench
from importcost.app.profile.request import Listener
from importcost.app.snapstart.source_files import read_project
from importcost.errors import HandlerError, UsageError
from importcost.files.read import read_named, reason_of
from importcost.measure.session import Progress
from importcost.measure.snapshots.priming import (
    PrimedLaunches,
    PrimingLauncher,
    measure_priming,
)
from importcost.model.parsing.json_text import parse_json
from importcost.model.profile import RunKind, Target
from importcost.snapstart.modules import SourceModule
from importcost.snapstart.priming import (
    PrimingReport,
    kept_globals,
    priming_findings,
    priming_hook,
)

_JSON_STARTS = tuple('{["')
_JSON_WORDS = ("null", "true", "false")
USUAL_NAMES = ("handler", "lambda_handler")
MOST_SUPPLIES = 3
"""Further launches to find out which AWS resources the event needs, with a mock."""


@dataclass(frozen=True, slots=True)
class PrimingEvent:
    """An event to prime with; `name` says where it is from."""

    name: str
    value: Any


def read_event(text: str) -> PrimingEvent:
    """Return the event in a file, or in JSON text. Raises UsageError for neither."""
    stripped = text.strip()
    is_text = stripped.startswith(_JSON_STARTS) or stripped in _JSON_WORDS or _is_number(stripped)
    if is_text and not Path(text).is_file():
        try:
            return PrimingEvent("the given JSON", parse_json(stripped))
        except ValueError as error:
            raise UsageError(f"--prime is not valid JSON ({error}): correct the event.") from error
    try:
        return PrimingEvent(Path(text).name, parse_json(read_named(text).decode("utf-8-sig")))
    except FileNotFoundError:
        raise UsageError(
            f"--prime names {text}, which is neither a file nor JSON: name an event file, or write "
            "the event as JSON in quotes."
        ) from None
    except OSError as error:
        raise UsageError(f"The event {text} cannot be read: {reason_of(error)}.") from error
    except ValueError as error:
        raise UsageError(f"The event {text} is not valid JSON: {error}.") from error


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def prime_handler(
    bench: Bench, event: PrimingEvent, sources: Mapping[str, str], listener: Listener
) -> PrimingReport:
    """Measure priming with an event on a bench whose init works.

    `sources` are texts of own modules that only the image has, by file.
    Raises UsageError if the target names no function, HandlerError if it fails with the event.
    """
    if bench.subject.target.started_function is None:
        found = _with_function(bench.subject.target, sources)
        bench = replace(bench, subject=replace(bench.subject, target=found))

    def progress(done: int, total: int) -> None:
        listener.progress(Progress(done, total, RunKind.TIMED, "Priming in pairs"))

    launcher = PrimingLauncher(bench.runner, bench.subject, event.value)
    _supply(bench, launcher)
    rng = random.Random()  # noqa: S311 - order of launches, not a secret
    launches = measure_priming(launcher, bench.runner, rng, progress)
    return _report(bench, event, launches, sources)


def _with_function(target: Target, sources: Mapping[str, str]) -> Target:
    """Return the target with the one function of its file that can be the handler."""
    project = read_project(target, {target.module: target.handler_file}, sources)
    module = project.modules.get(target.module)
    named = [] if module is None else _callable_names(module)
    usual = [name for name in named if name in USUAL_NAMES]
    if len(named) != 1 and len(usual) != 1:
        raise UsageError(
            f"--prime calls the handler, and {target.handler_file} alone does not say which "
            "function that is: write FILE.py:function."
        )
    return replace(target, function=usual[0] if len(usual) == 1 else named[0])


def _callable_names(module: SourceModule) -> list[str]:
    """Return public functions that take an event and a context, and what has a usual name."""
    statements = [node for node in module.tree.body if isinstance(node, ast.Assign)]
    assigned = {one.id for node in statements for one in node.targets if isinstance(one, ast.Name)}
    found = [name for name in USUAL_NAMES if name in assigned or name in module.bindings]
    for node in module.tree.body:
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        taken = len(node.args.posonlyargs) + len(node.args.args)
        needed = taken - len(node.args.defaults)
        takes_two = needed <= 2 and (taken >= 2 or node.args.vararg is not None)
        if node.name in USUAL_NAMES or (takes_two and not node.name.startswith("_")):
            found.append(node.name)
    return list(dict.fromkeys(found))


def _supply(bench: Bench, launcher: PrimingLauncher) -> None:
    """Let the mock find out which resources the event's calls need, if there is one."""
    mock = bench.prepared.mock
    tries = MOST_SUPPLIES
    while mock is not None and tries and not _answers(launcher) and mock.learn():
        tries -= 1  # what still fails, the first counted launch says


def _answers(launcher: PrimingLauncher) -> bool:
    try:
        launcher.launch("primed")
    except HandlerError:
        return False
    return True


def _report(
    bench: Bench, event: PrimingEvent, launches: PrimedLaunches, sources: Mapping[str, str]
) -> PrimingReport:
    target, mock = bench.subject.target, bench.prepared.mock
    project = read_project(target, launches.files, sources)
    return PrimingReport(
        event=event.name,
        times=launches.times,
        loaded=launches.state.loaded,
        kept=kept_globals(launches.state),
        caches=launches.state.caches,
        attempts=launches.attempts,
        mocked=() if mock is None else mock.operations(),
        findings=priming_findings(project, launches.state),
        hook=priming_hook(target.function or "handler", event.value, launches.context),
    )
