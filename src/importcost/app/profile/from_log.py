"""Use case: make a profile from `-X importtime` text that was recorded elsewhere."""

from __future__ import annotations

import re
from array import array
from dataclasses import replace

from importcost import __version__
from importcost.app.layer.profile import layer_profile
from importcost.app.profile.bench import now
from importcost.app.profile.log_stream import names_streams, one_cold_start
from importcost.app.profile.request import ProfileRequest
from importcost.errors import MeasurementError
from importcost.model.importtime.logtext import text_pieces
from importcost.model.importtime.parse import parse_importtime
from importcost.model.importtime.partial import PartialTree, nest_partial, proven_us
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
from importcost.model.tree import NO_PARENT, NOT_IN_LOG, ImportTree

DEFAULT_RUNTIME = "python3.13"
LAMBDA, EMULATOR, UNKNOWN_PLACE = "AWS Lambda", "Lambda Runtime Interface Emulator", "unknown"
_LAMBDA_LINE = re.compile(r"(?:START|END|REPORT) RequestId: ")
# Lines of the local Runtime Interface Emulator only: its request lines are like Lambda's otherwise.
_EMULATOR_LINE = re.compile(r"\(rapid\)|INIT REPORT\(durationMs|REPORT RequestId: \S+\s+Init Dur")
_MEMORY = re.compile(r"Memory Size: (\d+) MB\s+Max Memory Used: (\d+) MB(\s+Init Duration)?")
_RUNTIME_LINE = re.compile(
    r"INIT_START Runtime Version: python:(3\.\d+)|\"runtimeVersion\\?\":\s*\\?\"python:(3\.\d+)"
)
_PHASES = tuple(phase.value for phase in Phase)
_START, _RUNTIME, _IMPORTS = (_PHASES.index(phase.value) for phase in list(Phase)[:3])
_WHOLE = (
    " Export the whole log stream (the console and Logs Insights return a limited number of lines),"
    " or profile the handler itself."
)
_BROKEN_OFF = (
    "The log ends inside an import, so it was cut: modules loaded after its last row are missing,"
    f" and init takes longer than these figures say.{_WHOLE}"
)
_NO_START = (
    "The log's start is missing: modules loaded before its first row are not in these figures, so"
    f" init takes at least as long as they say.{_WHOLE}"
)
_NAMED = 3
# Every interpreter loads these before `site` or in it, and no program loads one again.
_START_MODULES = frozenset(
    """
    _io marshal posix nt winreg _frozen_importlib_external time zipimport _codecs codecs encodings
    encodings.aliases encodings.utf_8 encodings.latin_1 encodings.ascii encodings.cp1252 _signal
    _abc abc io _stat stat _collections_abc genericpath posixpath ntpath os.path os _sitebuiltins
    sitecustomize usercustomize site
    """.split()  # noqa: SIM905 -- a list of 36 would take as many lines
)
_SITE_LOADS = frozenset(("os", "stat", "_sitebuiltins", "sitecustomize", "usercustomize"))
# The Lambda runtime loads these as roots of its own; the handler's imports follow the last.
_RUNTIME_ROOTS = ("awslambdaric", "bootstrap", "runtime_client", "snapshot_restore_py")


def profile_log(
    request: ProfileRequest,
    data: bytes,
    name: str,
    *,
    stream: str | None = None,
    given: frozenset[str] = frozenset(),
) -> Profile:
    """Return the profile of a log; `name` is its name in messages.

    Times are the log's own wall times. The function's imports are the roots after the last one of
    the Lambda runtime, or else after `site`, the last module of interpreter start. What a log lacks
    below a row that it has is a node of its own. `stream` chooses a log stream by a part of its
    name. A line of the layer has its own figures, and the function's settings unless they are among
    the `given` fields. Raises MeasurementError if the text has no rows, UsageError if it holds
    several cold starts and none is chosen.
    """
    whole = "".join(piece for piece, _ in text_pieces(data))
    of_layer = layer_profile(request, whole, name, stream=stream, given=given)
    return of_layer or _of_rows(request, whole, name, stream)


def _of_rows(request: ProfileRequest, whole: str, name: str, stream: str | None) -> Profile:
    text = one_cold_start(whole, name, stream)
    log = parse_importtime(text)
    if not len(log.rows):
        raise MeasurementError(
            f"{name} has no rows of -X importtime: make it with `python -X importtime -c "
            "'import handler' 2> FILE`, or on Lambda with PYTHONPROFILEIMPORTTIME=1 or the layer"
            " of `importcost layer`."
        )
    partial = nest_partial(log.rows, Phase.HANDLER_IMPORTS.value)
    tree = _with_phases(partial)
    totals = _phase_totals(partial, tree)
    place = _place(whole)
    on_lambda = place == LAMBDA
    function_us = totals[_IMPORTS]
    return Profile(
        importcost_version=__version__,
        created_at=now(),
        target=None,
        settings=_settings(request, _runtime_named(text) or _runtime_named(whole)),
        environment=_environment(name, place),
        runs=(),
        phases=tuple(
            PhaseTime(phase, total, total) for phase, total in zip(Phase, totals, strict=True)
        ),
        function_init=_function_init(tree, function_us),
        tree=tree,
        graph=None,
        speed_us=None,
        warnings=_warnings(log, partial, tree, function_us),
        source="lambda-log" if on_lambda else "log",
    )


def _settings(request: ProfileRequest, runtime: str | None) -> Settings:
    return Settings(
        memory_mb=request.memory_mb,
        arch=request.arch,
        package_type=request.package_type,
        runtime=request.runtime or runtime or DEFAULT_RUNTIME,
        region=request.region,
        platform=request.platform,
    )


def _function_init(tree: ImportTree, function_us: int) -> FunctionInit:
    return FunctionInit(
        cpu_us=Interval(function_us, function_us, function_us),
        process_cpu_us=function_us,
        wall_us=function_us,
        blocked_us=0,
        unattributed_share=_missing_us(tree, function_us) / max(1, function_us),
    )


def _place(text: str) -> str:
    """Return where a log was written: LAMBDA, EMULATOR or UNKNOWN_PLACE."""
    if _RUNTIME_LINE.search(text) or names_streams(text):
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


def _runtime_named(text: str) -> str | None:
    """Return the runtime that Lambda's own INIT_START line names, or None."""
    found = _RUNTIME_LINE.search(text)
    return f"python{found[1] or found[2]}" if found else None


def _with_phases(partial: PartialTree) -> ImportTree:
    """Return the tree with the phase of each root, and of everything in it, by its place."""
    tree = partial.tree
    phases = dict.fromkeys(tree.roots(), _IMPORTS)
    phases.update(_phases_by_place(partial))
    phase_ids = array("q")
    for node, parent in enumerate(tree.parents):
        phase_ids.append(phases[node] if parent == NO_PARENT else phase_ids[parent])
    return replace(tree, phases=_PHASES, phase_ids=phase_ids)


def _phases_by_place(partial: PartialTree) -> dict[int, int]:
    """Return the phase of each root that is not the function's own."""
    tree = partial.tree
    roots = list(tree.roots())
    names = [tree.name(node) for node in roots]
    starts = [n for n, name in enumerate(names) if name in _START_MODULES]
    runtimes = [n for n, name in enumerate(names) if name.split(".")[0] in _RUNTIME_ROOTS]
    last_start, last_runtime = max(starts, default=-1), max(runtimes, default=-1)
    # Only children of `site` whose parent is missing come between: else the log was sorted.
    between = [n for n in range(last_start) if n not in starts and not partial.depths[roots[n]]]
    if any(not names[n].startswith("encodings") for n in between):
        return {
            roots[n]: phase for ns, phase in ((starts, _START), (runtimes, _RUNTIME)) for n in ns
        }
    if "site" not in names and not _SITE_LOADS.isdisjoint(names):
        # It ran, but its own row is not in the log: deep rows right here may be its children.
        while last_start + 1 < len(roots) and partial.depths[roots[last_start + 1]] > 0:
            last_start += 1
    return {
        node: _START if n <= last_start else _RUNTIME
        for n, node in enumerate(roots)
        if n <= max(last_start, last_runtime)
    }


def _phase_totals(partial: PartialTree, tree: ImportTree) -> list[int]:
    """Return the time of each phase, microseconds.

    Out of order, a row of one phase may belong below one of another, and both count once.
    """
    totals = [_phase_total(partial, tree, phase) for phase in range(len(_PHASES))]
    if not partial.is_ordered:
        excess = sum(totals) - proven_us(partial, range(len(tree)))
        for phase, total in enumerate(totals):
            less = min(max(0, excess), total)
            totals[phase] -= less
            excess -= less
    return totals


def _phase_total(partial: PartialTree, tree: ImportTree, phase: int) -> int:
    """Return the time of a phase by itself, microseconds.

    The roots' cumulative times hold whatever is missing below them. Out of order, roots may
    overlap, and the total is what the rows prove.
    """
    nodes = [node for node, phase_id in enumerate(tree.phase_ids) if phase_id == phase]
    roots = sum(tree.cumulative_us[node] for node in nodes if tree.parents[node] == NO_PARENT)
    # Each row's own figure is rounded up, so they add up to a little more.
    # A log that was edited may have roots below 0; no time is.
    total = max(0, roots, sum(tree.self_us[node] for node in nodes))
    return total if partial.is_ordered else min(total, proven_us(partial, nodes))


def _missing_us(tree: ImportTree, function_us: int) -> int:
    """Return the time of the function's imports that no row of the log accounts for."""
    missing = sum(tree.self_us[node] for node in _missing(tree))
    # In a log out of order, rows that others seem to lack may be elsewhere.
    own = sum(
        us for us, phase in zip(tree.self_us, tree.phase_ids, strict=True) if phase == _IMPORTS
    )
    return max(0, min(missing, function_us - (own - missing)))


def _missing(tree: ImportTree) -> list[int]:
    return [
        node
        for node, phase in enumerate(tree.phase_ids)
        if phase == _IMPORTS and tree.name(node) == NOT_IN_LOG
    ]


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


def _warnings(
    log: ImporttimeLog, partial: PartialTree, tree: ImportTree, function_us: int
) -> tuple[ProfileWarning, ...]:
    found = []
    if breaks_off(log.rows):
        found.append(ProfileWarning(WarningCode.LOG_IS_CUT, _BROKEN_OFF))
    elif partial.orphans:
        found.append(ProfileWarning(WarningCode.LOG_IS_CUT, _without_parents(partial.orphans)))
    if not log.has_header and log.rows.names[0] not in _START_MODULES:
        found.append(ProfileWarning(WarningCode.LOG_IS_CUT, _NO_START))
    if missing_us := _missing_us(tree, function_us):
        found.append(ProfileWarning(WarningCode.LOG_LACKS_ROWS, _not_in_log(tree, missing_us)))
    return (
        *found,
        *(
            ProfileWarning(
                WarningCode.DISTURBED_LOG,
                f"Line {one.line} of the log: {one.detail} ({one.kind.value}).",
            )
            for one in log.disturbances
        ),
    )


def _without_parents(count: int) -> str:
    rows = f"{count:,} rows of the log belong" if count != 1 else "A row of the log belongs"
    return (
        f"{rows} to imports whose own rows are missing, so init takes at least as long as these"
        f" figures say.{_WHOLE}"
    )


def _not_in_log(tree: ImportTree, missing_us: int) -> str:
    """Return the sentence on what the rows of the log lack, by the rows that lack most."""
    lacking = _missing(tree)
    most = sorted(lacking, key=lambda node: -tree.self_us[node])[:_NAMED]
    named = ", ".join(
        f"{tree.name(tree.parents[node])} {tree.self_us[node] / 1000:,.1f} ms" for node in most
    )
    others = f" and {len(lacking) - _NAMED:,} others" if len(lacking) > _NAMED else ""
    return (
        f"Not in the log: {missing_us / 1000:,.1f} ms of imports, under {named}{others}. Their"
        " totals hold; which modules took that time, the log does not say."
    )
