"""Use case: make a profile from the line that the layer wrote in a cold start on Lambda."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import replace

from importcost import __version__
from importcost.app.profile.bench import now
from importcost.app.profile.request import ProfileRequest
from importcost.errors import MeasurementError, UsageError, remedy, words
from importcost.model.cloudwatch.layer_record import LayerRecord, layer_lines
from importcost.model.importtime.partial import nest_partial
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
from importcost.model.tree import NO_PARENT, NOT_IN_LOG, ImportTree
from importcost.parameters import Parameter

_PHASES = tuple(phase.value for phase in Phase)
_RUNTIME, _IMPORTS, _BODY = (_PHASES.index(phase.value) for phase in list(Phase)[1:])
_ARCHS = {"aarch64": "arm64", "arm64": "arm64", "x86_64": "x86_64"}
_ON_DEMAND = "on-demand"
_NAMED = 3


def layer_profile(
    request: ProfileRequest,
    text: str,
    name: str,
    *,
    stream: str | None = None,
    given: frozenset[str] = frozenset(),
) -> Profile | None:
    """Return the profile of the newest cold start that the layer wrote to a log, None if none is.

    Times are Lambda's own wall times. Memory, architecture and runtime are the function's unless
    they are among the `given` fields of the request. `stream` chooses by a part of the log stream's
    name. Raises UsageError if it fits none, MeasurementError if no line can be read.
    """
    lines = layer_lines(text)
    if not lines.records:
        if not lines.problems:
            return None
        raise MeasurementError(
            f"The line of the layer in {name} cannot be read: {lines.problems[-1]}",
            remedy("export the whole line of another cold start", mark=";"),
        )
    records = _of_stream(lines.records, name, stream)
    return _profile(request, _newest(records), name, given, _several(records))


def _of_stream(
    records: Sequence[LayerRecord], name: str, stream: str | None
) -> Sequence[LayerRecord]:
    if stream is None:
        return records
    found = [record for record in records if record.stream and stream in record.stream]
    if found:
        return found
    known = sorted({record.stream for record in records if record.stream})
    named = words("name one of ", ", ".join(known[:10]), " with ", Parameter.LOG_STREAM)
    leave = words("leave ", Parameter.LOG_STREAM, " out")
    raise UsageError(
        f"{name} has no cold start of the log stream {stream}", remedy(named if known else leave)
    )


def _newest(records: Sequence[LayerRecord]) -> LayerRecord:
    if any(record.timestamp is None for record in records):
        return records[-1]
    return max(records, key=lambda record: _time_order(record.timestamp or ""))


def _time_order(timestamp: str) -> tuple[int, str]:
    """Return the order of a time in milliseconds, or in a form that sorts as text."""
    return (int(timestamp), "") if timestamp.isdecimal() else (0, timestamp)


def _profile(
    request: ProfileRequest,
    record: LayerRecord,
    name: str,
    given: frozenset[str],
    several: Sequence[ProfileWarning],
) -> Profile:
    tree = _tree(record)
    phases = _phase_times(record, tree)
    function_us = phases[_IMPORTS].wall_us + phases[_BODY].wall_us
    missing_us = _missing_us(tree)
    return Profile(
        importcost_version=__version__,
        created_at=now(),
        target=None,
        settings=_settings(request, record, given),
        environment=_environment(record, name),
        runs=(),
        phases=phases,
        function_init=FunctionInit(
            cpu_us=Interval(function_us, function_us, function_us),
            process_cpu_us=function_us,
            wall_us=function_us,
            blocked_us=0,
            unattributed_share=min(1.0, missing_us / max(1, function_us)),
        ),
        tree=tree,
        graph=None,
        speed_us=None,
        warnings=(*_warnings(record), *several),
        source="lambda-log" if record.on_lambda else "log",
    )


def _settings(request: ProfileRequest, record: LayerRecord, given: frozenset[str]) -> Settings:
    """Return the function's own settings, those that the user gave excepted."""
    minor = ".".join(record.python_version.split(".")[:2])
    memory_mb, arch = request.memory_mb, request.arch
    if record.memory_mb and "memory_mb" not in given:
        memory_mb = record.memory_mb
    if "arch" not in given:
        arch = _ARCHS.get(record.machine, arch)
    return Settings(
        memory_mb=memory_mb,
        arch=arch,
        package_type=request.package_type,
        runtime=request.runtime or f"python{minor}",
        region=request.region,
        platform=request.platform,
    )


def _tree(record: LayerRecord) -> ImportTree:
    """Return the rows as a tree; the handler's own node is the module body."""
    tree = nest_partial(record.rows, Phase.HANDLER_IMPORTS.value).tree
    wanted = record.handler_row
    roots_before = sum(not depth for depth in record.rows.depth[: record.border])
    handler = -1 if wanted is None else roots_before
    phase_ids = array("q")
    number = -1
    for parent in tree.parents:
        if parent == NO_PARENT:
            number += 1
            phase_ids.append(_BODY if number == handler else _RUNTIME)
        else:
            above = phase_ids[parent]
            phase_ids.append(_IMPORTS if above == _BODY else above)
    return replace(tree, phases=_PHASES, phase_ids=phase_ids)


def _phase_times(record: LayerRecord, tree: ImportTree) -> tuple[PhaseTime, ...]:
    start, before, handler, after = record.spans
    body_us = sum(
        us for us, phase in zip(tree.self_us, tree.phase_ids, strict=True) if phase == _BODY
    )
    body_us = min(body_us, handler.wall_us)
    body_cpu_us = handler.cpu_us * body_us // max(1, handler.wall_us)
    return (
        PhaseTime(Phase.INTERPRETER_START, start.wall_us, start.cpu_us),
        PhaseTime(Phase.RUNTIME, before.wall_us + after.wall_us, before.cpu_us + after.cpu_us),
        PhaseTime(Phase.HANDLER_IMPORTS, handler.wall_us - body_us, handler.cpu_us - body_cpu_us),
        PhaseTime(Phase.MODULE_BODY, body_us, body_cpu_us),
    )


def _missing_us(tree: ImportTree) -> int:
    return sum(
        tree.self_us[node]
        for node, phase in enumerate(tree.phase_ids)
        if phase in (_IMPORTS, _BODY) and tree.name(node) == NOT_IN_LOG
    )


def _environment(record: LayerRecord, name: str) -> Environment:
    return Environment(
        runner="log",
        runner_reason=f"read from {name}",
        image=None,
        python_version=record.python_version,
        python_implementation="CPython",
        executable="unknown",
        platform="AWS Lambda" if record.on_lambda else "Lambda Runtime Interface Emulator",
        machine=record.machine,
        cpu_count=0,
        cpu_model=None,
        runtime_source="as logged",
        bytecode="as where the log was recorded",
        requirements=None,
        log=name,
    )


def _warnings(record: LayerRecord) -> list[ProfileWarning]:
    found = []
    if not record.is_whole:
        text = "Init failed in this cold start: what it would have loaded after that is not here."
        found.append(ProfileWarning(WarningCode.LOG_IS_CUT, text))
    elif record.handler_row is None:
        text = (
            "The handler's module was loaded before the runtime asked for it, so its imports are"
            " among the runtime's."
        )
        found.append(ProfileWarning(WarningCode.HANDLER_NOT_FOUND, text))
    if record.kind not in (None, _ON_DEMAND):
        text = (
            f"This init was of the kind {record.kind}: it had not the processor of an on-demand"
            " init, and may have taken longer."
        )
        found.append(ProfileWarning(WarningCode.INIT_KIND, text))
    if record.left_out:
        text = (
            f"The line had no room for {record.left_out:,} modules, the cheapest: their time counts"
            f" as {NOT_IN_LOG}."
        )
        found.append(ProfileWarning(WarningCode.LOG_LACKS_ROWS, text))
    if record.thread_count:
        found.append(ProfileWarning(WarningCode.MULTITHREADED, _of_threads(record)))
    return found


def _of_threads(record: LayerRecord) -> str:
    named = ", ".join(record.thread_modules[:_NAMED])
    rest = record.thread_count - min(_NAMED, len(record.thread_modules))
    others = f" and {rest:,} others" if rest > 0 else ""
    return (
        f"Other threads imported {named}{others} in {record.thread_us / 1000:,.1f} ms; where init"
        " waited for them, that time is in the rows of the modules that waited."
    )


def _several(records: Sequence[LayerRecord]) -> list[ProfileWarning]:
    if len(records) < 2:
        return []
    inits = sorted(record.init_us for record in records)
    text = (
        f"The log has {len(records):,} cold starts, from {inits[0] / 1000:,.0f} to"
        f" {inits[-1] / 1000:,.0f} ms of init: these are the figures of the newest."
    )
    return [ProfileWarning(WarningCode.SEVERAL_COLD_STARTS, text)]
