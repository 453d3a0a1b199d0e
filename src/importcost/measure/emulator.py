"""The function's real init under the real Runtime Interface Emulator, in a throwaway container.

The emulator starts init with the first invocation and logs `INIT REPORT(durationMs: ...)`: wall
time from the start of the runtime process to its first call for an event. Its billed duration and
memory are invented and never read. A module that imports nothing, run the same way, shows the share
of the interpreter and the runtime.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from importcost.errors import MeasurementError, UsageError, remedy, words
from importcost.measure.programs import read_program
from importcost.measure.runners.container.command import launcher_text, mount_flags, user_flags
from importcost.measure.runners.container.host_folder import merge_layers
from importcost.measure.runners.container.inside import (
    CPU_PERIOD_US,
    HOME,
    MIN_QUOTA_US,
    RUNTIME_PACKAGES_DIR,
    TASK_ROOT,
    THROTTLED_BELOW_CPUS,
)
from importcost.measure.runners.engines import (
    Engine,
    EngineState,
    call,
    engine_is_running,
    reason_in,
)
from importcost.parameters import Parameter
from importcost.secrecy import NO_SECRETS, Secrets

EMULATOR = "/usr/local/bin/aws-lambda-rie"
CONTAINER_PREFIX = "importcost-emulator-"
EMPTY_MODULE = "importcost_empty"
EMPTY_TEXT = "def handler(event, context):\n    return None\n"
START_TIMEOUT_S = 90.0
VARIABLES = "/importcost-variables"
"""The file that the start reads the function's variables from; emulator_start.sh names it too."""
LOG = "/tmp/importcost-emulator.log"  # noqa: S108 - inside the container
REPORT = re.compile(r"INIT REPORT\(durationMs: ([0-9.]+)\)")
OWN_CPU = re.compile(r"importcost: emulator_us=(\d+)")
NO_EMULATOR = "importcost: no emulator"  # emulator_start.sh writes it
# AWS's image has /var/runtime/bootstrap, a plain script. If there is only awslambdaric, -m would
# import runpy, importlib.util and more, which the script does not.
BOOTSTRAP = "import sys; from awslambdaric.__main__ import main; main(['bootstrap', sys.argv[1]])"


@dataclass(frozen=True, slots=True)
class EmulatorOptions:
    """The folders and settings of an emulator's run.

    `folders` are merged into /var/task, later ones winning; empty for the function's own image.
    `opt` are layer folders. `cpus` is the quota in cores. `keeps_bytecode` is True if bytecode in
    the folders is that of the deployed package.
    """

    image: str
    handler: str
    folders: tuple[Path, ...]
    opt: tuple[Path, ...]
    memory_mb: int
    cpus: float
    environment: Mapping[str, str]
    python_version: str
    network: str
    timeout_s: float
    keeps_bytecode: bool = False
    secrets: Secrets = NO_SECRETS
    """The values that are taken out of the emulator's log."""
    runtime_packages: Path | None = None
    """The packages of the runtime, if the image itself has none."""


class Emulator:
    """Runs cold starts of one function, each in a container of its own; see `open_emulator`."""

    def __init__(
        self,
        state: EngineState,
        options: EmulatorOptions,
        variables: Path,
        task: Path | None,
        opt: Path | None,
    ) -> None:
        self._state = state
        self._options = options
        self._variables = variables
        self._task = task
        self._opt = opt
        self._own_cpu_us: list[int] = []

    @property
    def own_cpu_us(self) -> tuple[int, ...]:
        """Return the CPU time of the emulator itself in each cold start, microseconds.

        It shares the container's quota with the function, which on Lambda has it alone.
        """
        return tuple(self._own_cpu_us)

    def init_us(self) -> int:
        """Return the init that the emulator reports for one cold start, microseconds.

        Raises MeasurementError if it reports none.
        """
        return self._cold_start(self._options.handler)

    def empty_init_us(self) -> int | None:
        """Return the init of a module that imports nothing; None for the function's own image."""
        return self._cold_start(f"{EMPTY_MODULE}.handler") if self._task else None

    def _cold_start(self, handler: str) -> int:
        engine, options = self._state.engine, self._options
        name = f"{CONTAINER_PREFIX}{os.getpid()}-{uuid.uuid4().hex}"
        try:
            started = call(engine, *self._run_words(name, handler), timeout_s=START_TIMEOUT_S)
            if started.exit_code != 0:
                raise MeasurementError(
                    f"{engine.name} could not start a container of {options.image} "
                    f"({reason_in(started.error)})",
                    remedy("fix that", words("name another with ", Parameter.IMAGE)),
                )
            module = handler.rpartition(".")[0].replace("/", ".")
            share = "throttled" if options.cpus < THROTTLED_BELOW_CPUS else "boosted"
            limits = (str(options.timeout_s), module, self._search(), share)
            text = read_program("emulator_client.py")
            argv = ("-S", "-c", text, LOG, *limits, launcher_text())
            limit_s = 2 * options.timeout_s + START_TIMEOUT_S
            asked = call(engine, "exec", name, self._python(name), *argv, timeout_s=limit_s)
        finally:
            call(engine, "rm", "--force", name, timeout_s=START_TIMEOUT_S)
        hide = options.secrets.hide
        return self._reported_us(hide(asked.out), hide(asked.error))

    def _python(self, name: str) -> str:
        path = "/var/lang/bin/python3"
        found = call(self._state.engine, "exec", name, "test", "-x", path, timeout_s=30.0)
        return path if found.exit_code == 0 else "python3"

    def _reported_us(self, log: str, error: str) -> int:
        own = OWN_CPU.search(log)
        if own is not None:
            self._own_cpu_us.append(int(own[1]))
        found = REPORT.search(log)
        if found is not None:
            return round(float(found[1]) * 1000)
        image = self._options.image
        if NO_EMULATOR in log:
            name = "name one that has it, like AWS's public.ecr.aws/lambda/python, with "
            raise MeasurementError(
                f"The image {image} has no Runtime Interface Emulator ({EMULATOR})",
                remedy(words(name, Parameter.IMAGE)),
            )
        raise MeasurementError(
            f"The emulator in {image} reported no init ({reason_in(log or error)})",
            remedy(
                "check that the handler starts with `importcost profile`",
                words("raise ", Parameter.TIMEOUT),
            ),
        )

    def _run_words(self, name: str, handler: str) -> list[str]:
        engine, options = self._state.engine, self._options
        memory = f"{options.memory_mb}m"
        quota = max(MIN_QUOTA_US, round(options.cpus * CPU_PERIOD_US))
        mounts = [
            flag
            for host, inside in (
                (self._task, TASK_ROOT),
                (self._opt, "/opt"),
                (options.runtime_packages, RUNTIME_PACKAGES_DIR),
            )
            if host is not None
            for flag in mount_flags(host, inside)
        ]
        return [
            *("run", "--detach", "--name", name, "--pull", "never", "--read-only"),
            *("--tmpfs", f"/tmp:{engine.tmpfs_options}"),  # noqa: S108 - inside
            *("--network", options.network, "--memory", memory, "--memory-swap", memory),
            *("--cpu-period", str(CPU_PERIOD_US), "--cpu-quota", str(quota)),
            *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
            *engine.run_flags,
            *user_flags(self._state, self._task),
            *mounts,
            *mount_flags(self._write_variables(handler), VARIABLES),
            *("--workdir", TASK_ROOT, "--entrypoint", "/bin/sh", options.image),
            *("-c", read_program("emulator_start.sh"), "start"),
            *(handler, self._search(), LOG, BOOTSTRAP),
        ]

    def _write_variables(self, handler: str) -> Path:
        """Write what the start reads: values on an engine's command line are shown by ps."""
        variables = {"HOME": HOME, **self._options.environment, "_HANDLER": handler}
        text = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
        self._variables.write_text(text, encoding="utf-8", errors="surrogateescape")
        return self._variables

    def _search(self) -> str:
        python = f"python{self._options.python_version}"
        runtime = f":{RUNTIME_PACKAGES_DIR}" if self._options.runtime_packages else ""
        return f"/opt/python/lib/{python}/site-packages:/opt/python:/var/runtime{runtime}"


def running_engine(engine: Engine) -> EngineState:
    """Return the engine's state. Raises MeasurementError if it does not answer."""
    state = engine_is_running(engine)
    if not state.running:
        raise MeasurementError(
            f"{engine.name} is not running ({state.reason}): start it; verify-init runs the "
            "emulator in a container."
        )
    return state


def check_names(environment: Mapping[str, str]) -> None:
    """Raise UsageError for a variable whose name Lambda would not take, nor a shell."""
    for name in environment:
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
            raise UsageError(
                f"Lambda takes no variable named {name}: use letters, digits and underscores, or "
                "leave it out."
            )


@contextmanager
def open_emulator(engine: Engine, options: EmulatorOptions) -> Iterator[Emulator]:
    """Lay out the task root as deployed; the layout and every container are gone at the end.

    Raises MeasurementError if the engine does not answer.
    """
    check_names(options.environment)
    state = running_engine(engine)
    with tempfile.TemporaryDirectory(prefix=f"importcost-emulator-{os.getpid()}-") as folder:
        task = opt = None
        Path(folder).chmod(0o755)
        if options.folders:
            task = Path(folder, "task")
            task.mkdir()
            merge_layers(options.folders, task)
            if not options.keeps_bytecode:
                _drop_stale(task)
            Path(task, f"{EMPTY_MODULE}.py").write_text(EMPTY_TEXT, encoding="utf-8")
        if options.opt:
            opt = Path(folder, "opt")
            merge_layers(options.opt, opt)
        # Whoever the container runs as may read the file, nobody else here gets to it.
        variables = Path(folder, "private", "variables")
        variables.parent.mkdir(mode=0o700)
        yield Emulator(state, options, variables, task, opt)


def _drop_stale(folder: Path) -> None:
    """Drop the links to bytecode that would be stale in a ZIP; hash-based bytecode stays."""
    for path in folder.rglob("*.pyc"):
        with path.open("rb") as stream:
            head = stream.read(8)
        if len(head) < 8 or not head[4] & 1:
            path.unlink()
