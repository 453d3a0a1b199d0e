"""The profile: one saved measurement, from which everything else is rendered."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from importcost.model.advice import Advice, Verification
from importcost.model.graph import ImportGraph
from importcost.model.interval import Interval
from importcost.model.machine.cold_disk import ColdDisk
from importcost.model.machine.speed import MachineSpeed
from importcost.model.package.size import PackageSize
from importcost.model.parsing.absent_settings import (
    STANDS_FOR_ARCH,
    STANDS_FOR_MEMORY,
    STANDS_FOR_PACKAGE_TYPE,
    STANDS_FOR_REGION,
)
from importcost.model.plain import PlainTarget, TargetKind
from importcost.model.results.network import NetworkAttempt
from importcost.model.rows import RowTable
from importcost.model.supplies import NO_SUPPLIES, Supplies
from importcost.model.tree import ImportTree
from importcost.model.web import WebInit


class Phase(str, Enum):
    """The phases of init, in order."""

    INTERPRETER_START = "interpreter start"
    RUNTIME = "runtime"
    HANDLER_IMPORTS = "handler imports"
    MODULE_BODY = "module body"


class RunKind(str, Enum):
    """The purpose of a run; see the design's "How a measurement runs"."""

    WARM_UP = "warm-up"
    TIMED = "timed"
    TRACED = "traced"
    GRAPH = "graph"
    SPEED = "speed"
    STATEMENTS = "statements"
    """Top-level statements of the function's own files are timed one by one."""
    INVOKE = "invoke"
    """The handler function is also called, with one event."""


EXEC_WRAPPER = "AWS_LAMBDA_EXEC_WRAPPER"
"""Names the program that Lambda runs with the interpreter's command line as its arguments."""

WEB_ADAPTER_PROGRAM = "/opt/bootstrap"
"""The value with which Lambda Web Adapter starts a web app's own script instead (its README)."""


@dataclass(frozen=True, slots=True)
class HandlerWrapper:
    """A product that Lambda starts before the function's own handler, and that imports it.

    `handler` is the handler string that the function is configured with, None if only a program
    wraps it; `variable` then names the own handler. `program` is the function's
    AWS_LAMBDA_EXEC_WRAPPER. `is_late` is True if the own handler is imported in the first request,
    after init.
    """

    product: str
    handler: str | None
    variable: str | None
    program: str | None = None
    is_late: bool = False

    @property
    def label(self) -> str:
        """Return whose it is: `Datadog's wrapper`; `the exec wrapper` if no product is known."""
        is_known = self.handler is not None or not (self.program or "").endswith(f"/{self.product}")
        return f"{self.product}'s wrapper" if is_known else "the exec wrapper"

    @property
    def words(self) -> str:
        """Return it in words: `Datadog's wrapper datadog_lambda.handler.handler`."""
        return f"{self.label} {self.handler or self.program}"


@dataclass(frozen=True, slots=True)
class Target:
    """The measured object: one handler in its task root. All paths are absolute.

    `module` is the dotted name of the function's own handler, and `function` the attribute to find
    in it (None: only the import is measured). `handler_file` is the file of `module`. Lambda
    imports that module unless there is a `wrapper`, which does. `plain` says what it is if it is
    not a handler: `module` is then the imported package or `__main__`, and `task_root` the folder
    of the user's own code.
    """

    module: str
    function: str | None
    task_root: str
    handler_file: str
    layers: tuple[str, ...] = ()
    wrapper: HandlerWrapper | None = None
    plain: PlainTarget | None = None

    @property
    def kind(self) -> TargetKind:
        """Return the kind of target."""
        return TargetKind.HANDLER if self.plain is None else self.plain.kind

    @property
    def is_handler(self) -> bool:
        """Return True for a Lambda handler or a web app on Lambda."""
        return self.plain is None

    @property
    def handler(self) -> str:
        """The Lambda handler string, with `/` between packages as Lambda writes it.

        A target that is not a handler has the option that names it instead.
        """
        if self.plain is not None:
            return self.plain.label
        path = self.module.replace(".", "/")
        return f"{path}.{self.function}" if self.function else path

    @property
    def configured_handler(self) -> str:
        """The handler string that Lambda has: the wrapper's if there is one."""
        return (self.wrapper and self.wrapper.handler) or self.handler

    @property
    def started_module(self) -> str:
        """The dotted name of the module that Lambda imports."""
        if self.wrapper is None or self.wrapper.handler is None:
            return self.module
        path = self.wrapper.handler.removeprefix("/opt/python/").rpartition(".")[0]
        return path.strip("/").replace("/", ".")

    @property
    def started_function(self) -> str | None:
        """The attribute of that module that Lambda calls."""
        if self.wrapper is None or self.wrapper.handler is None:
            return self.function
        return self.wrapper.handler.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class Settings:
    """The function's configuration on its platform, for which figures are calculated.

    In what is saved, `memory_mb`, `arch`, `package_type` and `region` are null if the platform does
    not have them.
    """

    memory_mb: int = field(metadata=STANDS_FOR_MEMORY)
    arch: str = field(metadata=STANDS_FOR_ARCH)
    package_type: str = field(metadata=STANDS_FOR_PACKAGE_TYPE)
    runtime: str
    environment_names: tuple[str, ...] = ()
    region: str = field(default="us-east-1", metadata=STANDS_FOR_REGION)
    extensions: tuple[str, ...] = ()
    """The extensions that Lambda starts from the function's layers, by their files' names."""
    platform: str = "lambda"
    """The platform that runs the function; see `importcost.billing.figures.platforms`."""


@dataclass(frozen=True, slots=True)
class Environment:
    """The machine, the interpreter and the runner that measured.

    `runner` is `local` or an engine's name, and `runner_reason` the reason for the choice.
    `runtime_source` is what the Lambda runtime was represented by: the version of the real
    awslambdaric, or the dated list of the modules that it loads. `bytecode` is the treatment of the
    task root's bytecode. `requirements` is the file that lists the deployed packages. `packages` is
    the origin of the packages, and `runtime_packages` that of the runtime's own, None if none of
    them was used. `log` names the log that the profile was read from (`-` for standard input), None
    if it was measured.
    """

    runner: str
    runner_reason: str
    image: str | None
    python_version: str
    python_implementation: str
    executable: str
    platform: str
    machine: str
    cpu_count: int
    cpu_model: str | None
    runtime_source: str
    bytecode: str
    requirements: str | None
    packages: str | None = None
    runtime_packages: str | None = None
    log: str | None = None

    @property
    def minor_version(self) -> tuple[int, int]:
        """The measured Python's version like (3, 12)."""
        major, minor = self.python_version.split(".")[:2]
        return int(major), int(minor)


@dataclass(frozen=True, slots=True)
class Timing:
    """Time spent in one phase of one run, in microseconds.

    `cpu_us` is the importing thread's CPU time (the primary statistic), `process_cpu_us` that of
    all threads. `run_delay_us` is the time the thread was ready but waited for a processor (Linux
    schedstat); None if the platform does not report it.
    """

    wall_us: int
    cpu_us: int
    process_cpu_us: int
    run_delay_us: int | None

    @property
    def blocked_us(self) -> int | None:
        """Wall time spent neither computing nor waiting for a processor: sleep, disk, network."""
        if self.run_delay_us is None:
            return None
        return max(0, self.wall_us - self.cpu_us - self.run_delay_us)


@dataclass(frozen=True, slots=True)
class Pair:
    """Function init times of two versions launched one right after the other, in random order."""

    base: Timing
    head: Timing


@dataclass(frozen=True, slots=True)
class Run:
    """One launch of the interpreter.

    `function_init` covers handler imports and module body together: only tracing can separate them.
    `rows` are kept for traced runs. `speed_us` is the CPU time of one repetition of the calibration
    workload, and `sample` the timing of all of them, for SPEED runs only. `total_wall_us` is launch
    to exit, as the runner saw it.
    """

    kind: RunKind
    order: int
    total_wall_us: int
    interpreter_start: Timing | None
    runtime: Timing | None
    function_init: Timing | None
    peak_rss_kb: int | None
    rows: RowTable | None = None
    speed_us: int | None = None
    sample: Timing | None = None


@dataclass(frozen=True, slots=True)
class PhaseTime:
    """A phase's share of init, medians over runs, in microseconds.

    The two function phases are the traced shares of the timed total.
    """

    phase: Phase
    wall_us: int
    cpu_us: int


BLOCKED_MIN_US = 5_000
BLOCKED_MIN_SHARE = 0.05


def significant_blocked_us(blocked_us: float, wall_us: float) -> float:
    """Return the blocked time that a figure must include, or 0 if it is only noise.

    Microseconds. Reading files from a warm page cache blocks for a millisecond or two; a sleep or a
    connection at import blocks for more than 5 ms and 5 % of the wall time.
    """
    is_noise = blocked_us <= BLOCKED_MIN_US or blocked_us <= BLOCKED_MIN_SHARE * wall_us
    return 0.0 if is_noise else float(blocked_us)


@dataclass(frozen=True, slots=True)
class FunctionInit:
    """The timed function init (handler imports + module body), over all timed runs.

    `cpu_us` is the median of the importing thread's CPU with its interval; `process_cpu_us`,
    `wall_us` and `blocked_us` are medians. `unattributed_share` is the part (0 to 1) of the traced
    init that neither a named row nor the handler's module body accounts for.
    """

    cpu_us: Interval
    process_cpu_us: int
    wall_us: int
    blocked_us: int
    unattributed_share: float

    @property
    def local_us(self) -> float:
        """CPU time plus significant blocked time: the duration of this init on an idle machine."""
        return self.cpu_us.value + significant_blocked_us(self.blocked_us, self.wall_us)


class WarningCode(str, Enum):
    """A caveat on the figures; each comes with one sentence."""

    DISTURBED_LOG = "disturbed-log"
    LOG_LACKS_ROWS = "log-lacks-rows"
    """Rows of the log are missing below rows that it has: totals hold, their parts are unknown."""
    LOG_IS_CUT = "log-is-cut"
    """The log's start, its end or whole imports are missing: figures are the least that is true."""
    SEVERAL_COLD_STARTS = "several-cold-starts"
    """The log holds several cold starts, of which one is shown."""
    INIT_KIND = "init-kind"
    """The logged init ran ahead of requests, on a throttled processor."""
    WALL_EXCEEDS_CPU = "wall-exceeds-cpu"
    MULTITHREADED = "multithreaded"
    NOISY = "noisy"
    RUNTIME_MISMATCH = "runtime-mismatch"
    ARCH_MISMATCH = "arch-mismatch"
    STDLIB_BYTECODE = "stdlib-bytecode"
    HANDLER_NOT_FOUND = "handler-not-found"
    APP_IS_MAIN = "app-is-main"
    """The app's file is the program that starts the server: its statements are not known."""
    OUTPUT = "output"
    MEMORY = "memory"
    UNSUPPORTED_RUNTIME = "unsupported-runtime"
    RUNTIME_ENDING = "runtime-ending"
    """Lambda's support of the runtime ended, or soon ends."""
    FIRST_LAUNCH = "first-launch"
    SHARED_FOLDERS = "shared-folders"
    NOT_DEPLOYED = "not-deployed"
    """The handler tries to import what the deployed package will not have."""
    RUNTIME_CONFLICT = "runtime-conflict"
    """The package's own versions are incompatible with the runtime's."""
    MACHINE_BUSY = "machine-busy"
    """Others used the machine's processors while it measured."""
    MACHINE_SWITCHES = "machine-switches"
    """The machine itself ran at one of two speeds."""
    NETWORK = "network"
    """Init asks other machines, which were not reached."""
    EXTENSIONS = "extensions"
    """Lambda starts extensions before the function, which are not measured."""
    MOCKED = "mocked"
    """A mock answered the AWS calls of init."""
    SUPPLIED = "supplied"
    """A missing module was installed without being requested."""


@dataclass(frozen=True, slots=True)
class ProfileWarning:
    """A warning about the profile, in words for the user."""

    code: WarningCode
    message: str


@dataclass(frozen=True, slots=True)
class Profile:
    """One measurement of one handler.

    `tree` figures are microseconds scaled to the timed function-init CPU; interpreter and runtime
    phases are scaled to their own timed CPU. `graph` is None for a profile made from a log.
    `speed_us` is the CPU time of the calibration workload on the measuring interpreter, at the
    machine's speed during the median timed run; None for a log. `machine` is the machine's speed
    and state meanwhile, None if it is not known. For a log, `runs` is empty and
    `function_init.cpu_us` is the sum of the log's own rows, in wall time. `advice` holds the
    savings by deferring, None for a log. `supplies` are the packages installed and the variables
    set for this measurement only. `web` is a web app's start under Lambda Web Adapter, None for a
    handler; its function init is that of the server's process until it is ready. All figures are
    with files in a warm page cache; `cold_disk` is what a cold read adds, None if not measured.
    """

    importcost_version: str
    created_at: str
    target: Target | None
    settings: Settings
    environment: Environment
    runs: tuple[Run, ...]
    phases: tuple[PhaseTime, ...]
    function_init: FunctionInit
    tree: ImportTree
    graph: ImportGraph | None
    speed_us: int | None
    warnings: tuple[ProfileWarning, ...]
    source: str = "measured"
    advice: Advice | None = None
    supplies: Supplies = NO_SUPPLIES
    web: WebInit | None = None
    machine: MachineSpeed | None = None
    cold_disk: ColdDisk | None = None
    package: PackageSize | None = None
    """The deployed package by size; None for a log, or if an older version measured."""
    without_wrapper: Verification | None = None
    """The handler without its wrapper, in interleaved pairs; None if not measured. If the wrapper
    imports the handler in the first request only, that import is part of both sides."""
    network: tuple[NetworkAttempt, ...] = ()
    """Init's requests to other machines, which were refused at once."""
