"""Use case: make a profile from `-X importtime` text that was recorded elsewhere."""

from __future__ import annotations

import re
from array import array

from importcost import __version__
from importcost.app.profile.bench import now
from importcost.app.profile.request import ProfileRequest
from importcost.errors import MeasurementError
from importcost.model.importtime.nest import build_tree
from importcost.model.importtime.parse import parse_importtime
from importcost.model.importtime.truncation import breaks_off
from importcost.model.interval import Interval
from importcost.model.profile import (
    Environment,
    FunctionInit,
    Phase,
    PhaseTime,
    Profile,
    ProfileWarning,
    Settings,
    WarningCode,
)
from importcost.model.rows import ImporttimeLog
from importcost.model.tree import NO_PARENT, ImportTree

DEFAULT_RUNTIME = "python3.13"
LAMBDA, EMULATOR, UNKNOWN_PLACE = "AWS Lambda", "Lambda Runtime Interface Emulator", "unknown"
_LAMBDA_LINE = re.compile(rb"(?:START|END|REPORT) RequestId: ")
# Lines of the local Runtime Interface Emulator only: its request lines are like Lambda's otherwise.
_EMULATOR_LINE = re.compile(rb"\(rapid\)|INIT REPORT\(durationMs|REPORT RequestId: \S+\s+Init Dur")
_MEMORY = re.compile(rb"Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB(\s+Init Duration)?")
_RUNTIME_LINE = re.compile(rb"INIT_START Runtime Version: python:(3\.\d+)")
_PHASES = tuple(phase.value for phase in Phase)
_START, _RUNTIME, _IMPORTS = (_PHASES.index(phase.value) for phase in list(Phase)[:3])
_BROKEN_OFF = (
    "The log ends inside an import, so it was cut: modules loaded after its last row are missing,"
    " and init takes longer than these figures say. Export the whole log stream (the console and"
    " Logs Insights return a limited number of lines), or profile the handler itself."
)
# The Lambda runtime loads these as roots of its own; the handler's imports follow the last.
_RUNTIME_ROOTS = ("awslambdaric", "bootstrap", "runtime_client", "snapshot_restore_py")


def profile_log(request: ProfileRequest, text: bytes, name: str) -> Profile:
    """Return the profile of a log; `name` is its name in messages.

    Times are the log's own wall times. The function's imports are the roots after the last one of
    the Lambda runtime, or else after `site`, the last module of interpreter start. Raises
    MeasurementError if the text has no rows.
    """
    log = parse_importtime(text)
    if not len(log.rows):
        raise MeasurementError(
            f"{name} has no rows of -X importtime: make it with `python -X importtime -c "
            "'import handler' 2> FILE`, or with PYTHONPROFILEIMPORTTIME=1 on Lambda."
        )
    tree = _with_phases(build_tree(log))
    totals = [0, 0, 0, 0]
    # Self times: in a log out of order a row that lost its parent is a root, and its time is part
    # of that parent's cumulative time as well.
    for node, self_us in enumerate(tree.self_us):
        totals[tree.phase_ids[node]] += self_us
    place = _place(text)
    on_lambda = place == LAMBDA
    function_us = totals[_IMPORTS]
    return Profile(
        importcost_version=__version__,
        created_at=now(),
        target=None,
        settings=Settings(
            memory_mb=request.memory_mb,
            arch=request.arch,
            package_type=request.package_type,
            runtime=request.runtime or _runtime_named(text) or DEFAULT_RUNTIME,
        ),
        environment=_environment(name, place),
        runs=(),
        phases=tuple(
            PhaseTime(phase, total, total) for phase, total in zip(Phase, totals, strict=True)
        ),
        function_init=FunctionInit(
            cpu_us=Interval(function_us, function_us, function_us),
            process_cpu_us=function_us,
            wall_us=function_us,
            blocked_us=0,
            unattributed_share=0.0,
        ),
        tree=tree,
        graph=None,
        speed_us=None,
        warnings=_warnings(log),
        source="lambda-log" if on_lambda else "log",
    )


def _place(text: bytes) -> str:
    """Return where a log was written: LAMBDA, EMULATOR or UNKNOWN_PLACE."""
    if _RUNTIME_LINE.search(text):
        return LAMBDA
    if _EMULATOR_LINE.search(text):
        return EMULATOR
    if not _LAMBDA_LINE.search(text):
        return UNKNOWN_PLACE
    # The emulator claims that each call used all memory. On Lambda that is rare, and the order of
    # the line's parts differs.
    reports = _MEMORY.findall(text)
    is_full = bool(reports) and all(size == used and not init for size, used, init in reports)
    return EMULATOR if is_full else LAMBDA


def _runtime_named(text: bytes) -> str | None:
    """Return the runtime that Lambda's own INIT_START line names, or None."""
    found = _RUNTIME_LINE.search(text)
    return f"python{found[1].decode('ascii')}" if found else None


def _with_phases(tree: ImportTree) -> ImportTree:
    roots = list(tree.roots())
    phases = dict.fromkeys(roots, _IMPORTS)
    last_site = max((n for n, node in enumerate(roots) if tree.name(node) == "site"), default=-1)
    last_runtime = max(
        (n for n, node in enumerate(roots) if tree.name(node).split(".")[0] in _RUNTIME_ROOTS),
        default=-1,
    )
    for position, node in enumerate(roots):
        if position <= last_site:
            phases[node] = _START
        elif position <= last_runtime:
            phases[node] = _RUNTIME
    phase_ids = array("q")
    for node, parent in enumerate(tree.parents):
        phase_ids.append(phases[node] if parent == NO_PARENT else phase_ids[parent])
    return ImportTree(
        names=tree.names,
        name_ids=tree.name_ids,
        parents=tree.parents,
        self_us=tree.self_us,
        cumulative_us=tree.cumulative_us,
        phases=_PHASES,
        phase_ids=phase_ids,
    )


def _environment(name: str, place: str) -> Environment:
    return Environment(
        runner="log",
        runner_reason=f"read from {name}",
        image=None,
        python_version="unknown",
        python_implementation="unknown",
        executable="unknown",
        platform=place,
        machine="unknown",
        cpu_count=0,
        cpu_model=None,
        runtime_source="as logged",
        bytecode="as where the log was recorded",
        requirements=None,
        log=name,
    )


def _warnings(log: ImporttimeLog) -> tuple[ProfileWarning, ...]:
    cut = (ProfileWarning(WarningCode.DISTURBED_LOG, _BROKEN_OFF),) if breaks_off(log.rows) else ()
    return cut + tuple(
        ProfileWarning(
            WarningCode.DISTURBED_LOG,
            f"Line {found.line} of the log: {found.detail} ({found.kind.value}).",
        )
        for found in log.disturbances
    )
