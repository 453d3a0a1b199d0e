"""Carries out a plan: launches the probe run by run through a runner and keeps what came back."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from random import Random
from typing import Any

from importcost.billing.figures.platforms import load_platforms
from importcost.errors import HandlerError, MeasurementError, remedy, words
from importcost.measure.deployed.not_deployed import NOTHING_BEYOND, Beyond
from importcost.measure.exec_wrapper import (
    ProgramClock,
    with_program_time,
    wrapped_files,
    wrapped_words,
)
from importcost.measure.failures.explain import no_function, raise_for_failure
from importcost.measure.failures.forged import odd_part
from importcost.measure.failures.servers import raise_for_server
from importcost.measure.first_launch import needs_second_graph_run
from importcost.measure.network import network_attempts
from importcost.measure.plain.failures import raise_for_plain
from importcost.measure.plain.spec import plain_part
from importcost.measure.plan import FIRST_TIMED_RUNS, NEEDED_RUNS, Plan, first_batch, next_batch
from importcost.measure.programs import read_probe, read_program
from importcost.measure.runners.base import Launch, Runner
from importcost.measure.speed.beside import steadiest_us, timed_cpu_us
from importcost.measure.speed.own_time import ModuleTimes
from importcost.measure.speed.processors import other_use, processor_times
from importcost.measure.statements import function_files, statement_times
from importcost.measure.web.servers import Server, server_job, web_start
from importcost.model.advice import StatementTime
from importcost.model.importtime.parse import parse_importtime
from importcost.model.machine.speed import OtherUse
from importcost.model.profile import Run, RunKind, Settings, Target, Timing
from importcost.model.results.network import NetworkAttempt
from importcost.model.rows import ImporttimeLog
from importcost.model.web import WebStart
from importcost.parameters import Parameter

# Reads the clocks before anything else is even compiled; the probe's own compilation then
# stands between the phases, not in one.
STUB = (
    "import sys,time;"
    "s=(time.monotonic_ns(),time.thread_time_ns(),time.process_time_ns());"
    "p=sys.argv[1];"
    "g={'__name__':'importcost_probe','__file__':p};"
    "f=open(p,'rb');c=compile(f.read(),p,'exec');f.close();"
    "exec(c,g);g['main'](s,sys.argv[1:])"
)

NETWORK_PATIENCE_S = 10.0
"""Seconds that init may go on after its first request to another machine was refused."""
SERVER_SPARE_S = 75.0
"""More than a server's process may take to report its figures; lwa_probe.py keeps the limits."""
BYTECODE_DIR = "/tmp/importcost-bytecode"  # noqa: S108 - inside the container only


@dataclass(frozen=True, slots=True)
class Variant:
    """The subject with other text in some of its files; nothing on disk is touched.

    `replacements` maps a file, as the host names it, to the bytes that the import system reads
    instead. `name` keeps bytecode of different variants apart.
    """

    name: str
    replacements: Mapping[str, bytes]


class NetworkRule(str, Enum):
    """The treatment of requests to other machines during init.

    `WATCHED` refuses them in launches whose times are not used, which finds out about them;
    `REFUSED` in all launches, for an init that makes some.
    """

    OPEN = "open"
    WATCHED = "watched"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Subject:
    """The subject that one measurement launches again and again.

    `bytecode` and `bytecode_dir` are the probe's settings of these names. `runtime_modules`
    represent awslambdaric if the interpreter has none.
    """

    target: Target
    settings: Settings
    runtime_modules: tuple[str, ...]
    bytecode: str
    bytecode_dir: str | None
    timeout_s: float
    variant: Variant | None = None
    beyond: Beyond = NOTHING_BEYOND
    """Installed packages that are not deployed, to explain why a module is missing."""
    server: Server | None = None
    """The server that the target, a web app, is started under; None for a handler."""
    program: str | None = None
    """The program that starts the interpreter, as it is seen inside; None for no other."""
    lazy_imports: bool = False
    """True if every import of init is lazy: `-X lazy_imports=all` from the handler on, 3.15."""
    network: NetworkRule = NetworkRule.OPEN
    also_imports: str | None = None
    """A module that is imported after the handler's, as a part of init, None for no other."""

    @property
    def is_on_lambda(self) -> bool:
        """Return True if Lambda's runtime imports the handler where it is deployed."""
        return load_platforms()[self.settings.platform].runs_lambda_runtime


@dataclass(frozen=True, slots=True)
class SharedFoldersUse:
    """The use that a session's launches made of temporary folders that were not their own.

    `because` is the reason why they were not, None if they were. `left` may be left by a launch;
    `met` was there before, and a launch used it.
    """

    because: str | None = None
    left: tuple[str, ...] = ()
    met: tuple[str, ...] = ()

    def with_launch(self, launch: Launch) -> SharedFoldersUse:
        """Return the same with one launch more."""
        return SharedFoldersUse(
            launch.shared_because or self.because,
            tuple(dict.fromkeys((*self.left, *launch.left_behind))),
            tuple(dict.fromkeys((*self.met, *launch.met_before))),
        )


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything that one session brought back, before it becomes a profile.

    `logs` belong to the traced runs in the order of `runs`; `spans` hold each traced run's wall
    time of the same phases, microseconds, by the probe's phase names. `rows_redirected` counts the
    traced runs that ended with file descriptor 2 closed or pointing elsewhere. `made` are the files
    that init was seen to create, as the measured interpreter names them. `shared` is about
    temporary folders that launches could not have for themselves. `threads` is the number of
    threads that one init started. `starts` are a web app's, of the timed runs. `other_use` is the
    use of the processors by others meanwhile. `module_times` are those of the traced runs.
    """

    runs: tuple[Run, ...]
    logs: tuple[ImporttimeLog, ...]
    traced_spans: tuple[Mapping[str, int], ...]
    graph: Mapping[str, Any]
    runtime_version: str | None
    handler_found: bool | None
    module_count: int
    output_bytes: int
    output_tail: str
    statements: tuple[StatementTime, ...] = ()
    rows_redirected: int = 0
    made: tuple[str, ...] = ()
    shared: SharedFoldersUse = SharedFoldersUse()
    threads: int = 0
    starts: tuple[WebStart, ...] = ()
    other_use: OtherUse | None = None
    module_times: tuple[ModuleTimes | None, ...] = ()
    attempts: tuple[NetworkAttempt, ...] = ()
    """Init's requests to other machines, which were refused."""
    program_us: tuple[int, ...] = ()
    """The wall time of the exec wrapper in each traced run, 0 without one."""


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of the work: `done` of at least `total` launches, and the current stage.

    `label` names the stage in the user's words, None if there is only one; `done` counts on from
    one stage to the next. `step` names what runs now if it is not a launch. `handler` is the
    measured file. `runs` are those so far, empty until they are enough for first figures.
    `so_far_ms` is their bill in milliseconds, if it has been calculated.
    """

    done: int
    total: int
    kind: RunKind
    label: str | None = None
    handler: str | None = None
    runs: Sequence[Run] = ()
    so_far_ms: float | None = None
    step: str | None = None


ProgressCallback = Callable[[Progress], None]


def _speed_source() -> str:
    return read_program("speed_workload.py")


def _raise_for_launch(
    launch: Launch, subject: Subject, attempts: tuple[NetworkAttempt, ...]
) -> None:
    """Raise the error of a launch that gave no figures, in the words of its kind of target."""
    target, timeout_s = subject.target, subject.timeout_s
    if subject.server is not None:
        raise_for_server(launch, target, subject.server.words, timeout_s)
    raise_for_plain(launch, target, timeout_s)
    raise_for_failure(
        launch, target, timeout_s, subject.beyond, attempts, is_on_lambda=subject.is_on_lambda
    )


def _spec(subject: Subject, runner: Runner, extra: Mapping[str, Any]) -> dict[str, Any]:
    variant = subject.variant
    replacements = {
        runner.layout.inside(file): data.decode("latin-1")
        for file, data in (variant.replacements if variant else {}).items()
    }
    return {
        "module": subject.target.started_module,
        "function": subject.target.started_function,
        "argv0": "/var/runtime/bootstrap.py",
        "search_path": list(runner.layout.search_path),
        "runtime_dir": runner.layout.runtime_dir,
        "runtime_packages": list(runner.layout.runtime_packages),
        "runtime_modules": list(subject.runtime_modules),
        "bytecode": subject.bytecode,
        "bytecode_dir": subject.bytecode_dir,
        "replacements": replacements,
        "variant": variant.name if variant else "",
        "lazy_imports": subject.lazy_imports,
        "also_imports": subject.also_imports,
        "configured_handler": subject.target.configured_handler if subject.program else None,
        "app_file": runner.layout.inside(subject.target.handler_file),
        "plain": plain_part(subject.target, variant.replacements if variant else ()),
        **extra,
    }


def network_settings(subject: Subject, kind: str) -> dict[str, Any] | None:
    """Return the part of a probe's spec that refuses requests to other machines, or None.

    An invocation may make them: they are no part of init.
    """
    is_untimed = kind in ("graph", "warm-up", "diagnosis")
    is_asked = subject.network is NetworkRule.REFUSED or (
        subject.network is NetworkRule.WATCHED and is_untimed
    )
    if not is_asked or kind == RunKind.INVOKE.value:
        return None
    patience_s = min(NETWORK_PATIENCE_S, subject.timeout_s / 2)
    return {"program": read_program("watched_network.py"), "patience_s": patience_s}


def _timing(span: Mapping[str, Any]) -> Timing:
    delay = span["run_delay_ns"]
    return Timing(
        wall_us=span["wall_ns"] // 1000,
        cpu_us=span["cpu_ns"] // 1000,
        process_cpu_us=span["process_cpu_ns"] // 1000,
        run_delay_us=None if delay is None else delay // 1000,
    )


def _function_timing(span: Mapping[str, Any], start: WebStart | None) -> Timing:
    """Return the function init; a server's is without its rest until the next poll."""
    timing = _timing(span)
    if start is None:
        return timing
    return replace(timing, wall_us=max(timing.cpu_us, timing.wall_us - start.rested_us))


def _peak_kb(result: Mapping[str, Any]) -> int | None:
    """Return the peak of the process, or the memory of all of a server's, if that is more."""
    own: int | None = result["peak_rss_kb"]
    together = result.get("server", {}).get("memory_kb", 0)
    return own if own is None else max(own, together)


def _sample(result: Mapping[str, Any]) -> Timing | None:
    """Return the timing of the calibration workload; None if it was measured otherwise."""
    span = result.get("span")
    return _timing(span) if span else None


class Session:
    """Launches runs of one subject through one runner.

    It changes only its own list of results; a launch that fails raises and ends the session.
    """

    def __init__(self, runner: Runner, subject: Subject) -> None:
        self._runner = runner
        self._subject = subject
        self._probe = read_probe()
        self._token = secrets.token_hex(8)
        self.runs: list[Run] = []
        self.logs: list[ImporttimeLog] = []
        self.spans: list[Mapping[str, int]] = []
        self.module_times: list[ModuleTimes | None] = []
        self.statements: list[Any] = []
        self.rows_redirected = 0
        self.shared = SharedFoldersUse()
        self.starts: list[WebStart] = []
        self.program_us: list[int] = []
        self._clock = ProgramClock(runner, subject.program)
        self.last: Launch | None = None

    @property
    def subject(self) -> Subject:
        """Return the launched subject."""
        return self._subject

    def has_figures(self) -> bool:
        """Return True if the runs so far are enough for a first bill: timed ones, and the speed."""
        timed = len(self.timed_cpu_us())
        return timed >= FIRST_TIMED_RUNS and any(run.speed_us is not None for run in self.runs)

    def launch_s(self, kind: RunKind) -> float:
        """Return the duration of the last launch of this kind, seconds.

        If there was none yet, it is that of the last timed one.
        """
        for wanted in (kind, RunKind.TIMED):
            found = [run.total_wall_us for run in self.runs if run.kind is wanted]
            if found:
                return found[-1] / 1e6
        return 0.0

    def launch_statements(self, files: list[str]) -> None:
        """Time the top-level statements of `files` (as seen inside) one by one."""
        result = self.launch_probe(RunKind.STATEMENTS, timed_files=files)
        self.statements.append(result["statements"])

    def launch_probe(self, kind: RunKind, **extra: Any) -> Mapping[str, Any]:
        """Run the probe once and keep the run; `extra` goes into its spec.

        Raises HandlerError if init fails.
        """
        flags = ("-X", "importtime") if kind is RunKind.TRACED else ()
        launch = self._launch(kind.value, flags, {}, extra)
        self.last = launch
        subject = self._subject
        attempts = network_attempts(launch.result or {}, subject.target, self._runner.layout)
        _raise_for_launch(launch, subject, attempts)
        result = launch.result
        if result is None:  # raise_for_failure has covered this; for the type checker
            raise MeasurementError("The probe left no result.")
        self._keep(kind, launch, result)
        if result.get("network"):
            self._subject = replace(self._subject, network=NetworkRule.REFUSED)
        return result

    def launch_diagnosis(self, wanted: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Run init with stand-ins and placeholders; return the probe's result, or None.

        `wanted` goes into the spec as "diagnosis" (see probe/diagnosis.py). The run is not kept.
        """
        files = {"diagnosis.py": read_program("diagnosis.py")}
        return self._launch("diagnosis", (), files, {"diagnosis": wanted}).result

    def _launch(
        self, kind: str, flags: tuple[str, ...], files: Mapping[str, str], extra: Mapping[str, Any]
    ) -> Launch:
        server = self._subject.server
        if server is not None and kind != "diagnosis":
            return self._launch_server(server, kind, flags, extra)
        paths = ("{scratch}/probe.py", "{scratch}/spec.json", "{scratch}/result.json")
        network = network_settings(self._subject, kind)
        spec = json.dumps(_spec(self._subject, self._runner, {"network": network, **extra}))
        args: tuple[str, ...] = (*flags, "-c", STUB, *paths, kind, self._token, "{clocks}")
        program = self._subject.program
        if program is not None:
            args = wrapped_words(program, flags)
            files = {**files, **wrapped_files(self._runner, kind, self._token)}
        if self._subject.target.plain is not None:
            files = {**files, "main_module.py": read_program("plain/main_module.py")}
        launch = self._runner.launch(
            args,
            {"probe.py": self._probe, "spec.json": spec, **files},
            self._subject.timeout_s,
            (self._subject.bytecode_dir,) if self._subject.bytecode_dir else (),
        )
        self.shared = self.shared.with_launch(launch)
        odd = odd_part(launch.result) if launch.result is not None else None
        return launch if odd is None else replace(launch, result=None, tampered=odd)

    def _launch_server(
        self, server: Server, kind: str, flags: tuple[str, ...], extra: Mapping[str, Any]
    ) -> Launch:
        """Start the app's server with the probe in its process, until it is ready."""
        requests = server.requests if kind == RunKind.TIMED.value else ()
        job = server_job(server, requests, self._runner.layout, self._subject.timeout_s)
        spec = _spec(self._subject, self._runner, {**extra, "server": "command.json", "stub": STUB})
        paths = ("{scratch}/probe.py", "{scratch}/spec.json", "{scratch}/probed.json")
        probed = (*flags, "-c", STUB, *paths, kind, self._token, "{started}")
        launch = self._runner.launch(
            ("{scratch}/lwa_probe.py", "{scratch}/server.json", "{scratch}/result.json", *probed),
            {
                "lwa_probe.py": read_program("lwa_probe.py"),
                "server_probe.py": read_program("server_probe.py"),
                "server.json": json.dumps(job),
                "probe.py": self._probe,
                "spec.json": json.dumps(spec),
            },
            self._subject.timeout_s * (1 + len(requests)) + SERVER_SPARE_S,
            (self._subject.bytecode_dir,) if self._subject.bytecode_dir else (),
        )
        self.shared = self.shared.with_launch(launch)
        return launch

    def launch_handler(self, kind: RunKind, **extra: Any) -> Mapping[str, Any]:
        """Run the probe once, as `launch_probe` does, for a gate: its handler must be callable.

        Raises HandlerError if init fails, or defines no such function.
        """
        result = self.launch_probe(kind, **extra)
        if result["handler_found"] is False:
            raise HandlerError(
                no_function(self._subject.target, is_on_lambda=self._subject.is_on_lambda)
            )
        return result

    def _keep(self, kind: RunKind, launch: Launch, result: Mapping[str, Any]) -> None:
        phases = result["phases"]
        start = web_start(result)
        if start is not None and kind is RunKind.TIMED:
            self.starts.append(start)
        run = Run(
            kind=kind,
            order=len(self.runs),
            total_wall_us=launch.total_wall_us,
            interpreter_start=_timing(phases["interpreter_start"]),
            runtime=_timing(phases["runtime"]),
            function_init=_function_timing(phases["function_init"], start),
            peak_rss_kb=_peak_kb(result),
        )
        run, program = self._clock.included(run)
        if kind is RunKind.TRACED:
            log = parse_importtime(launch.rows_text, marker_token=self._token)
            self.logs.append(log)
            self.module_times.append(with_program_time(result, self._subject.program, program))
            self.rows_redirected += bool(result.get("rows_redirected"))
            spans = {name: span["wall_ns"] // 1000 for name, span in phases.items()}
            self.program_us.append(program.wall_us if program else 0)
            spans["function_init"] += self.program_us[-1]
            self.spans.append(spans)
            run = replace(run, rows=log.rows)
        self.runs.append(run)

    def launch_speed(self) -> None:
        """Run the calibration workload once on the same interpreter and keep its CPU time."""
        launch = self._runner.launch(
            ("{scratch}/speed_workload.py", "{scratch}/result.json"),
            {"speed_workload.py": _speed_source()},
            self._subject.timeout_s,
        )
        if launch.result is None:
            reason = launch.rows_text.decode("utf-8", "replace").strip().splitlines()
            raise MeasurementError(
                "The calibration workload failed in the measured interpreter"
                f"{': ' + reason[-1] if reason else ''}",
                remedy(
                    "check that it starts", words("name another with ", Parameter.PYTHON), mark=";"
                ),
            )
        self.runs.append(
            Run(
                kind=RunKind.SPEED,
                order=len(self.runs),
                total_wall_us=launch.total_wall_us,
                interpreter_start=None,
                runtime=None,
                function_init=None,
                peak_rss_kb=None,
                speed_us=int(launch.result["speed_us"]),
                sample=_sample(launch.result),
            )
        )

    def timed_cpu_us(self) -> list[float]:
        """Return the function-init CPU of the timed runs so far, microseconds."""
        return timed_cpu_us(self.runs)


@dataclass(frozen=True, slots=True)
class _Pace:
    """Keeps the time of the measurement; `clock` gives seconds."""

    clock: Callable[[], float]
    started: float
    limit_s: float

    def elapsed_s(self) -> float:
        return self.clock() - self.started

    def allows(self, launch_s: float) -> bool:
        """Return True if a launch of that length would end within the limit."""
        return self.elapsed_s() + launch_s <= self.limit_s


def _carry_out(
    session: Session,
    plan: Plan,
    kinds: list[RunKind],
    timed_files: list[str],
    on_progress: ProgressCallback,
    pace: _Pace,
) -> None:
    """Make the runs of `kinds`, the first batch, and more until the plan has enough."""
    needed = len(kinds) if plan.runs is not None else NEEDED_RUNS
    total = len(kinds) + 1
    done = 1
    handler = session.subject.target.handler_file
    while kinds:
        for kind in kinds:
            if done > needed and not pace.allows(session.launch_s(kind)):
                return
            runs = tuple(session.runs) if session.has_figures() else ()
            on_progress(Progress(done, total, kind, handler=handler, runs=runs))
            if kind is RunKind.SPEED:
                session.launch_speed()
            elif kind is RunKind.STATEMENTS:
                session.launch_statements(timed_files)
            else:
                session.launch_probe(kind)
            done += 1
        kinds = next_batch(plan, steadiest_us(session.runs), pace.elapsed_s())
        total += len(kinds)


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A session whose first launch went well: the graph run, which fails fast."""

    session: Session
    graph: Mapping[str, Any]
    launch: Launch | None


def rehearse(session: Session, on_progress: ProgressCallback) -> Rehearsed:
    """Make the session's first launches. Raises as `measure` does; `session.last` is the run."""
    handler = session.subject.target.handler_file
    on_progress(Progress(0, 1, RunKind.GRAPH, handler=handler))
    if session.subject.bytecode_dir:
        session.launch_probe(RunKind.WARM_UP)
    return Rehearsed(session, session.launch_probe(RunKind.GRAPH), session.last)


def measure(
    runner: Runner,
    subject: Subject,
    plan: Plan,
    on_progress: ProgressCallback,
    random: Random,
    rehearsed: Rehearsed | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Measurement:
    """Carry out `plan`: a graph run first (it fails fast), then timed and traced runs mixed.

    The graph run is that of `rehearsed` if there is one. `clock` gives seconds; the plan's time
    limit is compared with it, and the graph run counts. Raises HandlerError if the handler's init
    fails or exceeds the timeout, MeasurementError if the interpreter or engine does.
    """
    rehearsed = rehearsed or rehearse(Session(runner, subject), on_progress)
    session, graph, first = rehearsed.session, rehearsed.graph, rehearsed.launch
    # Anything before a graph run that succeeded was no measurement yet.
    pace = _Pace(clock, clock() - session.launch_s(RunKind.GRAPH), plan.precision.time_limit_s)
    files = function_files(graph["graph"], runner.layout)
    before, made = processor_times(), len(session.runs)
    _carry_out(session, plan, first_batch(plan, random), files, on_progress, pace)
    # Of a container's launches only the wall time is known here.
    own_s = sum(run.total_wall_us for run in session.runs[made:]) / 1e6
    other = other_use(before, processor_times(), own_s)
    if needs_second_graph_run(session.runs):
        session.launch_probe(RunKind.GRAPH)
    return Measurement(
        runs=tuple(session.runs),
        logs=tuple(session.logs),
        traced_spans=tuple(session.spans),
        graph=graph["graph"],
        runtime_version=graph["runtime"],
        handler_found=graph["handler_found"],
        module_count=graph["module_count"],
        output_bytes=first.output_bytes if first else 0,
        output_tail=first.output_tail if first else "",
        statements=statement_times(session.statements, runner.layout),
        rows_redirected=session.rows_redirected,
        made=tuple(
            runner.layout.on_host(path) for how, path in graph.get("touched") or () if how == "made"
        ),
        shared=session.shared,
        threads=graph.get("threads") or 0,
        starts=tuple(session.starts),
        other_use=other,
        module_times=tuple(session.module_times),
        attempts=network_attempts(graph, session.subject.target, runner.layout),
        program_us=tuple(session.program_us),
    )
