"""The container runner: one throwaway container, laid out as Lambda's, carries all runs.

The container's main process is launcher.py, which starts one interpreter per job. It ends when
its standard input closes, and `--rm` then removes the container, so nothing survives this
process, whatever ends it. The launcher takes about 10 MB of the memory limit, which stands in
for the Lambda runtime's own share. Files in /tmp count towards the limit (on Lambda they do not).
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from importcost.errors import MeasurementError, UsageError
from importcost.measure.runners.base import InterpreterFacts, Launch, Layout, raise_if_flooded
from importcost.measure.runners.engines import (
    Engine,
    EngineState,
    ImageFacts,
    call,
    engine_is_running,
    image_facts,
    reason_in,
)
from importcost.measure.runners.facts import facts_program, load_result, parse_facts

TASK_ROOT = "/var/task"
RUNTIME_DIR = "/var/runtime"
LAYERS_DIR = "/opt"
# Not below /opt: a mount point there would have to be created in the user's layer folder.
PACKAGES_DIR = "/var/importcost/packages"
RUNTIME_PACKAGES_DIR = "/var/importcost/runtime/site-packages"
# Beside /tmp, so that the handler finds that empty, and small: import times and whatever else
# reaches file descriptor 2 lie here and count towards the memory limit.
SCRATCH_DIR = "/var/importcost/scratch"
SCRATCH_MB = 32
ROWS_LIMIT_BYTES = 8 * 1024 * 1024  # some 100,000 rows
LAYER_FOLDERS = (f"{LAYERS_DIR}/python/lib/python{{version}}/site-packages", "/opt/python")
# Where an image may hold boto3 of its own; `{prefix}` is its Python's.
IMAGE_PACKAGES = (
    "/var/lang/lib/python{version}/site-packages",
    RUNTIME_DIR,
    "{prefix}/lib/python{version}/site-packages",
)
# Lambda's own first: an image may put another Python in front on its PATH.
PYTHON_COMMANDS = ("/var/lang/bin/python3", "python3", "python")
FOLDER_PREFIX = "importcost-container-"
# As a Lambda sandbox has it: a home that is named but does not exist.
HOME = "/home/sbx_user1051"
# Lambda throttles in periods of 20 ms. A quota, unlike --cpus, may exceed the host's cores.
CPU_PERIOD_US = 20_000
MIN_QUOTA_US = 1_000
INIT_BOOST_CPUS = 2.0
# Above, the pause that ends a period is shorter than those of a busy machine: it cannot be told.
THROTTLED_BELOW_CPUS = 0.8
START_TIMEOUT_S = 90.0
FACTS_TIMEOUT_S = 60.0
ANSWER_GRACE_S = 30.0
CLOSE_TIMEOUT_S = 5.0
REMOVE_TIMEOUT_S = 30.0
COMPLAINT_BYTES = 16 * 1024
KILLED = 137
SIGKILL = 9


@dataclass(frozen=True, slots=True)
class ContainerOptions:
    """What the container is to look like.

    `task_root` None measures what the image itself holds at /var/task. `layers` are unpacked
    layer folders, of which later ones win; `packages` folders of installed packages, of which
    earlier ones win; `runtime_packages` one with what the runtime brings where the image does not.
    `cpus` is the quota in cores: init runs at INIT_BOOST_CPUS whatever the memory. `env` holds
    the function's variables; the host's are not passed on. `python` is the interpreter inside,
    None to find it.
    """

    image: str
    task_root: Path | None
    layers: tuple[Path, ...] = ()
    packages: tuple[Path, ...] = ()
    runtime_packages: Path | None = None
    network: str = "none"
    memory_mb: int = 128
    cpus: float = INIT_BOOST_CPUS
    env: Mapping[str, str] = field(default_factory=dict)
    python: str | None = None


def package_folders(options: ContainerOptions) -> dict[str, Path]:
    """Return where each folder of packages lies inside, in the order of sys.path."""
    folders = {
        f"{PACKAGES_DIR}/{number}/site-packages": folder
        for number, folder in enumerate(options.packages)
    }
    if options.runtime_packages is not None:
        folders[RUNTIME_PACKAGES_DIR] = options.runtime_packages
    return folders


def mount_flags(source: Path, target: str) -> tuple[str, ...]:
    """Return the flags that mount a host folder read-only.

    Raises UsageError for a path that no engine's syntax can carry.
    """
    path = str(source.resolve())
    if not any(sign in path for sign in ',"\n'):
        return ("--mount", f"type=bind,source={path},target={target},readonly")
    if ":" not in path:
        return ("--volume", f"{path}:{target}:ro")
    raise UsageError(
        f"The folder {path} has both a comma and a colon in its path, which container engines "
        "cannot mount: rename it, or use --runner local."
    )


def user_flags(state: EngineState, task_root: Path | None) -> tuple[str, ...]:
    """Return the flags for the user inside: whoever owns the task root, so that it can be read.

    Root in a rootless engine's container already is the user on the host.
    """
    if task_root is None or state.rootless or not hasattr(os, "getuid"):
        return ()
    owner = task_root.stat()
    return ("--user", f"{owner.st_uid}:{owner.st_gid}")


def run_argv(
    state: EngineState, options: ContainerOptions, name: str, python: str, opt: Path | None
) -> list[str]:
    """Return the command that starts the container with the launcher as its main process.

    `opt` is the host folder that holds the (merged) layers.
    """
    engine = state.engine
    packages = package_folders(options)
    folders = {TASK_ROOT: options.task_root, LAYERS_DIR: opt, **packages}
    mounts = [mount_flags(host, inside) for inside, host in folders.items() if host]
    quota = max(MIN_QUOTA_US, round(options.cpus * CPU_PERIOD_US))
    memory = f"{options.memory_mb}m"
    return [
        *(engine.command, "run", "--rm", "--interactive", "--name", name, "--pull", "never"),
        *("--read-only", "--tmpfs", f"/tmp:{engine.tmpfs_options}"),  # noqa: S108 - inside
        *("--tmpfs", f"{SCRATCH_DIR}:rw,nosuid,nodev,mode=1777,size={SCRATCH_MB}m"),
        *("--network", options.network),
        *("--memory", memory, "--memory-swap", memory),
        *("--cpu-period", str(CPU_PERIOD_US), "--cpu-quota", str(quota)),
        *("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        *engine.run_flags,
        *user_flags(state, options.task_root),
        *(flag for flags in mounts for flag in flags),
        *("--entrypoint", python, options.image),
        # Isolated, so that a json.py in the task root is not taken for the library's.
        *("-I", "-S", "-c", launcher_text()),
        *(TASK_ROOT, f"{RUNTIME_DIR}/awslambdaric", *LAYER_FOLDERS, *packages),
        *(f"{folder}/boto3" for folder in IMAGE_PACKAGES),
    ]


def launcher_text() -> str:
    """Return the source of what starts interpreters inside; see `launcher`."""
    package = resources.files("importcost.measure.runners")
    return package.joinpath("launcher.py").read_text(encoding="utf-8")


def merge_layers(layers: tuple[Path, ...], target: Path) -> None:
    """Unpack layers into `target` in order, later ones winning; the sources are not touched."""
    for layer in layers:
        for folder, names, files in os.walk(layer):
            into = target / Path(folder).relative_to(layer)
            if into.is_symlink() or (into.exists() and not into.is_dir()):
                into.unlink()
            into.mkdir(parents=True, exist_ok=True)
            links = [name for name in names if Path(folder, name).is_symlink()]
            for name in (*files, *links):
                _place(Path(folder, name), into / name)


def _place(source: Path, target: Path) -> None:
    # Never written through: the target may be a hard link to another layer's file.
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)


def _sweep(parent: Path) -> None:
    """Remove the folders of runners whose process was killed before it could."""
    for folder in parent.glob(f"{FOLDER_PREFIX}*"):
        pid = folder.name.removeprefix(FOLDER_PREFIX).partition("-")[0]
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            shutil.rmtree(folder, ignore_errors=True)
        except (ValueError, OSError):  # not ours to judge, or another user's
            continue


class _Container:
    """One running container and the line of jobs and answers to its launcher."""

    def __init__(self, engine: Engine, name: str, argv: list[str], folder: Path) -> None:
        self._engine = engine
        self.name = name
        self._lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._complaint = b""
        # A session of its own: Ctrl-C is for this process, which then removes the container.
        self._process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            # podman's monitor drops a file named `oom` into the folder that it was started in.
            cwd=folder,
            start_new_session=True,
        )
        self._threads = [
            threading.Thread(target=self._read_lines, daemon=True),
            threading.Thread(target=self._read_complaint, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def _read_lines(self) -> None:
        for line in _stream(self._process.stdout):
            self._lines.put(line)
        self._lines.put(b"")

    def _read_complaint(self) -> None:
        for line in _stream(self._process.stderr):
            self._complaint = (self._complaint + line)[-COMPLAINT_BYTES:]

    def send(self, job: Mapping[str, Any]) -> None:
        """Hand a job over; a container that is gone shows when the answer is waited for."""
        stdin = self._process.stdin
        if stdin is not None:
            with contextlib.suppress(OSError):
                stdin.write(json.dumps(job).encode() + b"\n")
                stdin.flush()

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        """Return the next answer, None if the container ended. Raises TimeoutError."""
        while True:
            try:
                line = self._lines.get(timeout=timeout_s)
            except queue.Empty:
                raise TimeoutError from None
            if not line:
                return None
            with contextlib.suppress(ValueError):
                answer = json.loads(line)
                if isinstance(answer, dict):
                    return answer

    def exit_code(self) -> int | None:
        """Return the container's exit code; None if the engine's client still runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self._process.wait(CLOSE_TIMEOUT_S)
        return None

    def complaint(self) -> str:
        """Return what the engine or the launcher wrote to standard error."""
        self._threads[1].join(timeout=1.0)
        return self._complaint.decode("utf-8", "replace")

    def remove(self) -> None:
        """End the container and wait until it is gone."""
        ended = False
        try:
            if self._process.stdin is not None:
                with contextlib.suppress(OSError):
                    self._process.stdin.close()
            ended = self.exit_code() == 0
        finally:
            if not ended:
                call(self._engine, "rm", "--force", self.name, timeout_s=REMOVE_TIMEOUT_S)
            if self.exit_code() is None:
                self._process.kill()
                self._process.wait()
            for thread in self._threads:
                thread.join(timeout=1.0)
            for stream in (self._process.stdout, self._process.stderr):
                if stream is not None:
                    stream.close()


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:  # both are pipes; keeps the type checker honest
        raise MeasurementError("The engine's output could not be read; report this as a bug.")
    return stream


class ContainerRunner:
    """Launches interpreters in one container that is removed on every way out.

    A context manager; the engine must run and have the image (see `engines.choose`).
    """

    def __init__(self, engine: Engine, options: ContainerOptions) -> None:
        self._engine = engine
        self._options = options
        self._state: EngineState | None = None
        self._image_facts: ImageFacts | None = None
        self._container: _Container | None = None
        self._folder: Path | None = None
        self._python = ""
        self._layout: Layout | None = None
        self._facts: InterpreterFacts | None = None

    @property
    def name(self) -> str:
        """Return the engine's name."""
        return self._engine.name

    @property
    def image(self) -> str | None:
        """Return the image."""
        return self._options.image

    @property
    def container_name(self) -> str | None:
        """Return the running container's name, None while there is none."""
        return self._container.name if self._container else None

    @property
    def layout(self) -> Layout:
        """Return where things lie inside; known once the container has been started."""
        if self._layout is None:
            raise MeasurementError("The container has not been started; report this as a bug.")
        return self._layout

    def __enter__(self) -> ContainerRunner:
        try:
            self._start()
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the container and the merged layers."""
        self._clean_up()

    def _clean_up(self) -> None:
        try:
            self._drop()
        finally:
            if self._folder is not None:
                shutil.rmtree(self._folder, ignore_errors=True)
                self._folder = None

    def _drop(self) -> None:
        container, self._container = self._container, None
        if container is not None:
            container.remove()

    def _start(self) -> None:
        """Start the container with the first Python command that the image has."""
        if self._state is None:
            self._state = self._running()
            self._image_facts = image_facts(self._engine, self._options.image)
        opt = self._opt_folder()
        commands = (self._options.python,) if self._options.python else PYTHON_COMMANDS
        if self._python:
            commands = (self._python,)
        for command in commands:
            greeting = self._try_start(self._state, command, opt)
            if greeting is not None:
                self._python = command
                self._layout = self._lay_out(greeting["folders"], self._image_facts)
                return
        raise MeasurementError(
            f"The image {self._options.image} has no Python ({', '.join(commands)} not found): "
            "name an image with Python with --image."
        )

    def _running(self) -> EngineState:
        state = engine_is_running(self._engine)
        if not state.running:
            raise MeasurementError(
                f"{self._engine.name} is not running ({state.reason}): start it, or measure "
                "without a container with --runner local."
            )
        return state

    def _own_folder(self) -> Path:
        """Return this runner's folder on the host, which goes with it."""
        if self._folder is None:
            # Engines that run in a virtual machine share the home folder with it, at least.
            parent = None if sys.platform == "linux" else Path.home() / ".cache" / "importcost"
            if parent is not None:
                parent.mkdir(parents=True, exist_ok=True)
            parent = parent or Path(tempfile.gettempdir())
            _sweep(parent)
            prefix = f"{FOLDER_PREFIX}{os.getpid()}-"
            self._folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        return self._folder

    def _opt_folder(self) -> Path | None:
        """Return the host folder to mount at /opt: the one layer, or several merged."""
        layers = self._options.layers
        if len(layers) <= 1:
            return layers[0] if layers else None
        merged = self._own_folder() / "opt"
        if not merged.exists():
            merge_layers(layers, merged)
        return merged

    def _try_start(
        self, state: EngineState, python: str, opt: Path | None
    ) -> dict[str, Any] | None:
        """Start the container; None if the image lacks that Python command."""
        name = f"importcost-{uuid.uuid4().hex}"
        argv = run_argv(state, self._options, name, python, opt)
        container = self._container = _Container(self._engine, name, argv, self._own_folder())
        try:
            greeting = container.receive(START_TIMEOUT_S)
        except TimeoutError:
            self._drop()
            raise MeasurementError(
                f"{self._engine.name} did not start a container of {self._options.image} within "
                f"{START_TIMEOUT_S:.0f} s: restart the engine, or use --runner local."
            ) from None
        if greeting is not None:
            return greeting
        container.exit_code()
        complaint = container.complaint()
        self._drop()
        if python in complaint and ("no such file" in complaint or "not found" in complaint):
            return None
        raise MeasurementError(
            f"{self._engine.name} could not start a container of {self._options.image} "
            f"({reason_in(complaint)}): mend that, or use --runner local."
        )

    def _lay_out(self, folders: list[str], image: ImageFacts | None) -> Layout:
        """Lay out the folders found inside in Lambda's order."""
        task_root = TASK_ROOT if TASK_ROOT in folders else (image.working_dir if image else "")
        runtime = RUNTIME_DIR if f"{RUNTIME_DIR}/awslambdaric" in folders else None
        options = self._options
        packages = package_folders(options)
        brought = tuple(item.removesuffix("/boto3") for item in folders if item.endswith("/boto3"))
        if brought:  # the image's own stands where the runtime's does
            packages.pop(RUNTIME_PACKAGES_DIR, None)
        elif options.runtime_packages:
            brought = (RUNTIME_PACKAGES_DIR,)
        on_path = [item for item in folders if item in packages or item.startswith(LAYERS_DIR)]
        host = [(TASK_ROOT, options.task_root), *packages.items()]
        if len(options.layers) == 1:  # merged ones have no one folder on the host
            host.append((LAYERS_DIR, options.layers[0]))
        return Layout(
            task_root=task_root or "/",
            search_path=(task_root or "/", *on_path),
            runtime_dir=runtime,
            host_paths=tuple((inside, str(path)) for inside, path in host if path is not None),
            runtime_packages=tuple(dict.fromkeys(brought)),
        )

    def facts(self) -> InterpreterFacts:
        """Return the facts of the Python inside. Raises MeasurementError if it cannot start."""
        if self._facts is None:
            # Not in the task root: its json.py would be imported.
            args = ("-c", facts_program(), "{scratch}/result.json")
            launch = self._launch(args, {}, FACTS_TIMEOUT_S, cwd="/")
            if launch.result is None:
                raise MeasurementError(
                    f"The Python in {self._options.image} does not answer "
                    f"({reason_in(launch.rows_text.decode('utf-8', 'replace'))}): name another "
                    "image with --image."
                )
            self._facts = parse_facts(launch.result)
        return self._facts

    def launch(
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),  # noqa: ARG002 - bytecode lies in the container's own /tmp
    ) -> Launch:
        """Run the interpreter once; see `Runner.launch`."""
        return self._launch(python_args, files, timeout_s, cwd=self.layout.task_root)

    def _launch(
        self, args: tuple[str, ...], files: Mapping[str, str], timeout_s: float, cwd: str
    ) -> Launch:
        if self._container is None:  # the run before took the container with it
            self._start()
        if self._container is None:
            raise MeasurementError("The container has not been started; report this as a bug.")
        self._container.send(self._job(args, files, timeout_s, cwd))
        try:
            answer = self._container.receive(timeout_s + ANSWER_GRACE_S)
        except TimeoutError:
            self._drop()
            raise MeasurementError(
                f"The container of {self._options.image} stopped answering: try again, with a "
                "larger --memory if it happens again, or use --runner local."
            ) from None
        if answer is None:
            return self._died()
        if "error" in answer:
            raise MeasurementError(
                f"{self._python} in {self._options.image} cannot be started "
                f"({answer['error']}): name another image with --image."
            )
        raise_if_flooded(answer["rows_cut"], args)
        return _as_launch(answer)

    def _job(
        self, args: tuple[str, ...], files: Mapping[str, str], timeout_s: float, cwd: str
    ) -> dict[str, Any]:
        image = dict(self._image_facts.environment) if self._image_facts else {}
        return {
            "argv": [self._python, *args],
            # The whole environment: the engine would add variables that Lambda does not set.
            "env": {"HOME": HOME, **image, **self._options.env},
            "cwd": cwd,
            "timeout_s": timeout_s,
            "files": dict(files),
            "scratch_parent": SCRATCH_DIR,
            "rows_limit_bytes": ROWS_LIMIT_BYTES,
            "contained": True,
            "throttled": self._options.cpus < THROTTLED_BELOW_CPUS,
        }

    def _died(self) -> Launch:
        """Judge a container that ended during a run."""
        container = self._container
        code = container.exit_code() if container else None
        complaint = container.complaint() if container else ""
        self._drop()
        if code == KILLED:
            return Launch(-SIGKILL, False, True, 0, b"", None, "", 0)
        raise MeasurementError(
            f"The container of {self._options.image} ended during a run with exit code {code} "
            f"({reason_in(complaint)}): try again, or use --runner local."
        )


def _as_launch(answer: Mapping[str, Any]) -> Launch:
    failed = answer["exit_code"] != 0 and not answer["timed_out"]
    return Launch(
        exit_code=answer["exit_code"],
        timed_out=answer["timed_out"],
        out_of_memory=failed and answer["oom_kills"] > 0,
        total_wall_us=answer["total_wall_us"],
        rows_text=base64.b64decode(answer["rows"]),
        result=load_result(answer["result"]),
        output_tail=answer["output_tail"],
        output_bytes=answer["output_bytes"],
    )
