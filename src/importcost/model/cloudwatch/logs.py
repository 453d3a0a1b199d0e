"""Extract cold starts from Lambda's own logs, in any export form.

Lambda ends each invocation with a REPORT line (text) or a `platform.report` record (JSON); that of
a cold start has its Init Duration. They reach the user as plain text, as JSON of `aws logs
filter-log-events` or `get-log-events`, as `aws logs tail` text, or as CSV or JSON of Logs Insights.
`events` splits each form into events; this module reads and combines them.

The local Runtime Interface Emulator writes REPORT lines too. Their Max Memory Used equals the
Memory Size, which a real function shows only when its memory is full: the emulator's own lines, and
the order of the figures, tell both apart. The emulator's reports are never used.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from importcost.model.cloudwatch.events import LogEvent, log_events
from importcost.model.cloudwatch.report import (
    Report,
    init_ms_of_line,
    looks_emulated,
    metric,
    report_of_line,
    report_of_record,
)
from importcost.model.parsing.collection import collection_paused

_INIT_ERRORS = (
    "Runtime.ImportModuleError",
    "Runtime.UserCodeSyntaxError",
    "Runtime.HandlerNotFound",
    "Runtime.MalformedHandlerName",
    "Runtime.InitError",
)
_STREAM_FUNCTION = re.compile(r"\d{4}/\d{2}/\d{2}/([\w-]+)\[")
_PHASE = re.compile(r"\bPhase:\s*(\w+)")
_STATUS = re.compile(r"\bStatus:\s*(\w+)")
_RUNTIME_ARN = "Runtime Version ARN: arn:"
_RUNTIME_VERSION = re.compile(r"Runtime Version:\s*([a-z]+):?(\d+(?:\.\d+)?)?")


class InitKind(str, Enum):
    """The way an execution environment was started."""

    ON_DEMAND = "on-demand"
    PROVISIONED = "provisioned-concurrency"
    """Initialised ahead and throttled: tells nothing about an on-demand init."""
    SNAPSTART = "snap-start"
    MANAGED = "lambda-managed-instances"
    """Workers on the function's own instances, initialised ahead of any request."""
    UNKNOWN = "unknown"
    """A way that is named and not known here: its figures may mean something else."""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """One init that succeeded. Milliseconds, megabytes; None if the log does not tell.

    `runtime` is as logged (`python3.12`), `function` the function's name.
    """

    init_ms: float
    request_id: str | None
    function: str | None
    stream: str | None
    memory_mb: int | None
    duration_ms: float | None
    billed_ms: float | None
    kind: InitKind
    runtime: str | None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class Restore:
    """One SnapStart restore; milliseconds."""

    restore_ms: float
    billed_ms: float | None
    function: str | None
    memory_mb: int | None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class FailedInit:
    """An init that failed: its duration (ms), its phase, and the reason."""

    init_ms: float
    phase: str
    status: str
    function: str | None
    timestamp: str | None = None


@dataclass(frozen=True, slots=True)
class LambdaLog:
    """The inits in a log, and how many of its lines were left out and why.

    `warm` invocations had no init. `duplicates` were logged twice, and `emulator` are the local
    emulator's. `unreadable` looked like reports but had no figures; `line_of_unreadable` is the
    first such event (from 1), or None.
    """

    cold_starts: tuple[ColdStart, ...]
    restores: tuple[Restore, ...]
    failed: tuple[FailedInit, ...]
    warm: int
    duplicates: int
    emulator: int
    unreadable: int
    line_of_unreadable: int | None
    timeouts: Mapping[str | None, int] = field(default_factory=dict)

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of the functions in the log, in order of name."""
        names = {one.function for one in self.cold_starts if one.function is not None}
        return tuple(sorted(names))


@collection_paused()
def read_lambda_log(text: str) -> LambdaLog:
    """Return the inits in a log in any of the forms above; other lines are skipped."""
    return read_log_events(log_events(text))


def read_log_events(events: Iterable[LogEvent]) -> LambdaLog:
    """Return the inits among events that are split already; those of a stream are in order."""
    reader = _Reader()
    for event in events:
        reader.take(event)
    return reader.result()


_DIGITS = 6
"""Decimals of milliseconds to which the same duration is told in two ways."""


@dataclass
class _Stream:
    """The known facts about one execution environment, from its own log stream."""

    function: str | None = None
    runtime: str | None = None
    kind: InitKind = InitKind.ON_DEMAND
    memory_mb: int | None = None
    init_failed: bool = False
    is_emulated: bool = False
    """The last line that tells was the local emulator's, which has no INIT_START with an ARN."""


class _Reader:
    """Reads events in order and collects their facts about inits."""

    def __init__(self) -> None:
        self._streams: dict[tuple[str | None, str | None], _Stream] = {}
        self._cold: list[ColdStart] = []
        self._restores: list[Restore] = []
        self._failed: list[FailedInit] = []
        self._failed_ms: set[float] = set()
        self._init_reports: list[ColdStart] = []
        self._ahead: set[tuple[str | None, float | None]] = set()
        self._seen: set[tuple[Any, ...]] = set()
        self._counts: Counter[str] = Counter()
        self._timeouts: Counter[str | None] = Counter()
        self._first_unreadable: int | None = None

    def take(self, event: LogEvent) -> None:
        """Read one event."""
        stream = self._streams.setdefault((event.group, event.stream), _Stream(_function(event)))
        if event.fields is not None:
            self._record(event, event.fields, stream)
            return
        message = event.message
        if message.startswith("REPORT"):
            self._report(event, stream, report_of_line(message))
        elif message.startswith("INIT_REPORT"):
            self._init_report_line(event, message, stream)
        elif message.startswith("INIT_START"):
            _note_runtime(stream, message)
            stream.init_failed = False
            if _RUNTIME_ARN in message:
                stream.is_emulated = False
        elif message.startswith("INIT REPORT(durationMs"):
            stream.is_emulated = True
        elif message.startswith("[ERROR]"):
            stream.init_failed |= any(name in message for name in _INIT_ERRORS)

    def _record(self, event: LogEvent, fields: Mapping[str, Any], stream: _Stream) -> None:
        kind, record = fields.get("type"), fields.get("record")
        if not isinstance(record, dict):
            record = {}
        if kind == "platform.initStart":
            self._init_start(record, stream)
        elif kind == "platform.initReport":
            self._init_record(event, record, stream)
        elif kind == "platform.report":
            self._report(event, stream, report_of_record(record))

    def _init_start(self, record: Mapping[str, Any], stream: _Stream) -> None:
        name, runtime = record.get("functionName"), record.get("runtimeVersion")
        if isinstance(name, str) and name:
            stream.function = name
        if isinstance(runtime, str):
            _note_runtime(stream, f"Runtime Version: {runtime}")
        stream.kind = _kind(record.get("initializationType"))
        memory = record.get("instanceMaxMemory")
        if isinstance(memory, int) and memory > 0:
            stream.memory_mb = memory // 2**20
        stream.init_failed = stream.is_emulated = False

    def _init_record(self, event: LogEvent, record: Mapping[str, Any], stream: _Stream) -> None:
        init_ms = metric(record, "durationMs")
        if init_ms is None:
            self._cannot_read(event)
            return
        if "initializationType" in record:
            stream.kind = _kind(record["initializationType"])
        status = record.get("status", "success")
        if status != "success":
            self._fail(init_ms, str(record.get("phase", "init")), str(status), stream, event)
        elif record.get("phase", "init") == "init":
            self._init_reports.append(_cold(init_ms, stream, event))

    def _init_report_line(self, event: LogEvent, message: str, stream: _Stream) -> None:
        init_ms = init_ms_of_line(message)
        if init_ms is None:
            self._cannot_read(event)
            return
        phase, status = _PHASE.search(message), _STATUS.search(message)
        if status is not None and status.group(1) != "success":
            where = phase.group(1) if phase else "init"
            self._fail(init_ms, where, status.group(1), stream, event)
        elif phase is None or phase.group(1) == "init":
            # In text, Lambda reports a good init separately from its request only if it ran ahead.
            self._ahead.add((event.stream, None) if event.stream else (None, round(init_ms, 1)))

    def _fail(
        self, init_ms: float, phase: str, status: str, stream: _Stream, event: LogEvent
    ) -> None:
        key = ("failed", event.stream, event.timestamp, init_ms, phase, status)
        if self._is_new(key):
            stream.init_failed = True
            self._add_failed(FailedInit(init_ms, phase, status, stream.function, event.timestamp))

    def _add_failed(self, failed: FailedInit) -> None:
        self._failed.append(failed)
        self._failed_ms.add(round(failed.init_ms, _DIGITS))

    def _report(self, event: LogEvent, stream: _Stream, report: Report | None) -> None:
        if report is None:
            self._cannot_read(event)
            return
        key = (report.request_id, report.duration, report.billed, report.init, report.restore)
        # Retries reuse the request id, so the figures are part of the key.
        if not self._is_new(key):
            return
        if report.timed_out:
            self._timeouts[stream.function] += 1
        if looks_emulated(report, is_emulated=stream.is_emulated):
            self._counts["emulator"] += 1
        elif report.restore is not None:
            memory = None if report.memory is None else int(report.memory)
            self._restores.append(
                Restore(
                    report.restore, report.billed_restore, stream.function, memory, event.timestamp
                )
            )
        elif report.init is None:
            self._counts["warm"] += 1
        elif stream.init_failed or report.error in _INIT_ERRORS:
            # A failed init's duration is not a sample; it may be recorded already.
            if round(report.init, _DIGITS) not in self._failed_ms:
                status = report.error or "error"
                self._add_failed(
                    FailedInit(report.init, "init", status, stream.function, event.timestamp)
                )
            stream.init_failed = False
        else:
            self._cold.append(_cold(report.init, stream, event, report))

    def _is_new(self, key: tuple[Any, ...]) -> bool:
        if key in self._seen:
            self._counts["duplicates"] += 1
            return False
        self._seen.add(key)
        return True

    def _cannot_read(self, event: LogEvent) -> None:
        self._counts["unreadable"] += 1
        if self._first_unreadable is None:
            self._first_unreadable = event.number

    def result(self) -> LambdaLog:
        """Return everything that was read."""
        return LambdaLog(
            cold_starts=(*map(self._with_kind, self._cold), *self._unreported()),
            restores=tuple(self._restores),
            failed=tuple(self._failed),
            warm=self._counts["warm"],
            duplicates=self._counts["duplicates"],
            emulator=self._counts["emulator"],
            unreadable=self._counts["unreadable"],
            line_of_unreadable=self._first_unreadable,
            timeouts=dict(self._timeouts),
        )

    def _with_kind(self, start: ColdStart) -> ColdStart:
        """Return a cold start, marked if a line of its environment says that it ran ahead.

        Lines without a stream are matched by their figure.
        """
        key = (start.stream, None) if start.stream else (None, round(start.init_ms, 1))
        if key in self._ahead and start.kind is InitKind.ON_DEMAND:
            return replace(start, kind=InitKind.PROVISIONED)
        return start

    def _unreported(self) -> Iterable[ColdStart]:
        """Yield the inits that only an init report mentions: their invocation is not logged."""
        logged = Counter((one.stream, round(one.init_ms, 1)) for one in self._cold)
        streams = {one.stream for one in self._cold}
        seen: set[tuple[str | None, float]] = set()
        for one in self._init_reports:
            key = (one.stream, round(one.init_ms, 1))
            is_reported = key in logged or (one.stream is not None and one.stream in streams)
            if not is_reported and key not in seen:
                seen.add(key)
                yield one


def _function(event: LogEvent) -> str | None:
    """Return the function's name: the stream's own if functions share a log group."""
    found = _STREAM_FUNCTION.match(event.stream or "")
    return found.group(1) if found else event.group


def _cold(
    init_ms: float, stream: _Stream, event: LogEvent, report: Report | None = None
) -> ColdStart:
    memory = stream.memory_mb if report is None or report.memory is None else int(report.memory)
    return ColdStart(
        init_ms=init_ms,
        request_id=report.request_id if report else None,
        function=stream.function,
        stream=event.stream,
        memory_mb=memory,
        duration_ms=report.duration if report else None,
        billed_ms=report.billed if report else None,
        kind=stream.kind,
        runtime=stream.runtime,
        timestamp=event.timestamp,
    )


def _kind(value: Any) -> InitKind:
    """Return the kind that a record names; a name that is not known is never on-demand.

    A record without a name is on-demand, as those before there were other kinds are.
    """
    if value is None:
        return InitKind.ON_DEMAND
    known = {one.value: one for one in InitKind}
    return known.get(value, InitKind.UNKNOWN) if isinstance(value, str) else InitKind.UNKNOWN


def _note_runtime(stream: _Stream, message: str) -> None:
    found = _RUNTIME_VERSION.search(message)
    if found is not None:
        stream.runtime = found.group(1) + (found.group(2) or "")
