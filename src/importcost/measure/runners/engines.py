"""Find the container engines: if they run, which images they have, and which one to use."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal, NoReturn, get_args

from importcost.errors import MeasurementError, UsageError, remedy, words
from importcost.parameters import Parameter
from importcost.processes.bounded import run
from importcost.processes.shortage import shortage_of

EngineName = Literal["docker", "podman", "finch", "nerdctl"]
ENGINE_NAMES: tuple[EngineName, ...] = get_args(EngineName)
# An engine whose socket accepts and never answers must not block a measurement.
PROBE_TIMEOUT_S = 3.0
PULL_TIMEOUT_S = 1800.0
PULL_READ_BYTES = 4096  # the reason is at the end
REASON_LIMIT = 300
TIMED_OUT = 124  # exit code that timeout(1) uses, too
TELLING = re.compile(r"(?i)error|cannot|denied|fatal|failed|unable|not found")
IMAGE_IS_ABSENT = re.compile(r"(?i)no such image|no such object|image not known")
ENGINE_IS_DOWN = re.compile(r"(?i)(?:cannot|failed to) connect to|cannot access containerd socket")
DECORATION = re.compile(
    r"^(?:FATA\[\d+\] |(?:docker|podman|finch|nerdctl): |(?i:error)(?: response from daemon)?: )+"
)


def _assert_never(value: NoReturn) -> NoReturn:  # typing.assert_never is Python 3.11
    raise AssertionError(f"not handled: {value!r}")


@dataclass(frozen=True, slots=True)
class Engine:
    """A container engine, driven by its command line: `command` is what is typed."""

    name: EngineName
    command: str

    @property
    def run_flags(self) -> tuple[str, ...]:
        """Return the flags of `run` that this engine needs in addition to the common ones."""
        match self.name:
            case "docker":
                # The container's output is read here; no log should pile up beside it. SELinux
                # labels are switched off for the container: the user's files keep theirs.
                return ("--log-driver", "none", "--security-opt", "label=disable")
            case "podman":
                # Only podman passes the host's proxy variables on and mounts writable folders
                # (/run, /var/tmp) into a read-only root.
                return (
                    "--log-driver=none",
                    "--security-opt=label=disable",
                    "--http-proxy=false",
                    "--read-only-tmpfs=false",
                )
            case "finch" | "nerdctl":
                return ()
            case _:
                _assert_never(self.name)

    @property
    def tmpfs_options(self) -> str:
        """Return the options of the tmpfs on /tmp: writable, executable and 512 MB, as on Lambda.

        Only podman would copy the image's own /tmp into it.
        """
        common = "rw,exec,nosuid,nodev,mode=1777,size=512m"
        return f"{common},notmpcopyup" if self.name == "podman" else common

    def pull_command(self, image: str) -> str:
        """Return the user's command to pull the image."""
        return f"{self.command} pull {image}"


ENGINES: dict[str, Engine] = {name: Engine(name, name) for name in ENGINE_NAMES}


def find_engine(name: str) -> Engine:
    """Return the engine of that name. Raises UsageError for one that is not known."""
    engine = ENGINES.get(name)
    if engine is None:
        raise UsageError(
            f"There is no container engine named {name!r}: choose one of {', '.join(ENGINES)}."
        )
    return engine


@dataclass(frozen=True, slots=True)
class EngineState:
    """The result of one look at an engine.

    `reason` is the engine's own explanation if it does not run, else empty, and `said` is
    everything that it wrote. A `rootless` engine maps its containers' root to the user who runs it;
    for a running engine, `engine_is_running` finds that out, not `look`.
    """

    engine: Engine
    installed: bool
    running: bool
    has_image: bool
    rootless: bool = False
    reason: str = ""
    said: str = ""

    @property
    def summary(self) -> str:
        """Return one line on the engine, for users who want to see every attempt."""
        if not self.installed:
            return f"{self.engine.name}: not installed"
        if not self.running:
            return f"{self.engine.name}: not running: {self.said.strip() or self.reason}"
        return f"{self.engine.name}: running, {'has' if self.has_image else 'without'} the image"


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """The settings of an image for its containers."""

    environment: tuple[tuple[str, str], ...]
    working_dir: str
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RunnerChoice:
    """The runner to measure with (`engine` None: local), the reason, and how to change it.

    `hint` is the command that would make a container available, or empty. `cause` is the engine's
    own explanation if it does not run, and `tried` has a line on each engine looked at.
    """

    engine: Engine | None
    reason: str
    hint: str = ""
    cause: str = ""
    tried: tuple[str, ...] = ()

    @property
    def full_reason(self) -> str:
        """The reason with the engine's own explanation, for an error that it causes."""
        return f"{self.reason} ({self.cause})" if self.cause else self.reason

    @property
    def name(self) -> str:
        """Return `local` or the engine's name."""
        return self.engine.name if self.engine else "local"


@dataclass(frozen=True, slots=True)
class _Answer:
    exit_code: int
    out: str
    error: str


def call(engine: Engine, *args: str, timeout_s: float = PROBE_TIMEOUT_S) -> _Answer:
    """Run one short engine command; a failure to start or a timeout is an answer too."""
    try:
        done = run([engine.command, *args], timeout_s=timeout_s, leaves_children=True)
    except OSError as error:
        return _Answer(127, "", f"{engine.command}: {error.strerror}")
    if done.timed_out:
        return _Answer(TIMED_OUT, "", f"{engine.command} did not answer within {timeout_s:g} s")
    return _Answer(
        done.exit_code, done.out.decode("utf-8", "replace"), done.error.decode("utf-8", "replace")
    )


def reason_in(text: str) -> str:
    """Return the line of an engine's complaint that gives the reason, without its decoration."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    lines = [line for line in lines if line != "errors pretty printing info"]  # docker 20.10
    telling = [line for line in lines if TELLING.search(line)]
    line = (telling or lines or ["it gave no reason"])[-1]
    quoted = re.search(r'msg="((?:[^"\\]|\\.)*)"', line)
    if quoted:
        line = quoted.group(1).replace('\\"', '"')
    line = DECORATION.sub("", line)
    return line[:REASON_LIMIT].rstrip(" .")


def _ping(engine: Engine) -> EngineState:
    """Ask if the engine runs, and if it is rootless."""
    what = ".Host.Security.Rootless" if engine.name == "podman" else ".SecurityOptions"
    answer = call(engine, "info", "--format", "{{json " + what + "}}")
    # Some clients print `null` or `[]` and say on stderr that no server answered.
    silent = answer.out.strip() in ("", "null", "[]") and answer.error.strip() != ""
    if answer.exit_code != 0 or silent:
        return _down(engine, answer)
    rootless = answer.out.strip() == "true" or "rootless" in answer.out
    return EngineState(engine, True, True, False, rootless=rootless)


def _down(engine: Engine, answer: _Answer) -> EngineState:
    reason = reason_in(answer.error)
    return EngineState(engine, True, False, False, reason=reason, said=answer.error)


def engine_is_running(engine: Engine) -> EngineState:
    """Return the engine's state within PROBE_TIMEOUT_S; `has_image` is not determined."""
    if shutil.which(engine.command) is None:
        reason = f"no command {engine.command} is on the PATH"
        return EngineState(engine, False, False, False, reason=reason)
    return _ping(engine)


def has_image(engine: Engine, image: str) -> bool:
    """Return True if the engine has the image already."""
    return _is_described(call(engine, "image", "inspect", image, timeout_s=10.0))


def _is_described(answer: _Answer) -> bool:
    """Return True if an image was found: nerdctl 2.0.0 says nothing and ends well without one."""
    return answer.exit_code == 0 and answer.out.strip() not in ("", "[]", "null")


def image_id(engine: Engine, image: str) -> str:
    """Return what identifies an image with its files' dates, empty if it is not there."""
    answer = call(engine, "image", "inspect", "--format", "{{.Id}}", image, timeout_s=10.0)
    return answer.out.strip() if answer.exit_code == 0 else ""


def image_facts(engine: Engine, image: str) -> ImageFacts:
    """Return the image's settings. Raises MeasurementError if the engine lacks the image."""
    answer = call(engine, "image", "inspect", image, timeout_s=10.0)
    if answer.exit_code != 0 or not answer.out.strip():
        raise MeasurementError(
            f"{engine.name} has no image {image} ({reason_in(answer.error)})",
            remedy(
                f"run `{engine.pull_command(image)}`",
                words("name another with ", Parameter.IMAGE),
            ),
        )
    try:
        config: dict[str, Any] = json.loads(answer.out)[0].get("Config") or {}
    except (ValueError, LookupError, AttributeError) as error:
        raise MeasurementError(
            f"{engine.name} described the image {image} in a form that is not known",
            remedy(words("choose another engine with ", Parameter.RUNNER)),
        ) from error
    pairs = [item.partition("=")[::2] for item in config.get("Env") or []]
    labels = config.get("Labels") or {}
    named = ((str(name), str(value)) for name, value in labels.items())
    return ImageFacts(tuple(pairs), config.get("WorkingDir") or "", tuple(named))


def image_size_bytes(engine: Engine, image: str) -> int | None:
    """Return the unpacked size of an image, None if the engine does not tell."""
    answer = call(engine, "image", "inspect", image, timeout_s=10.0)
    try:
        size = json.loads(answer.out)[0]["Size"] if answer.exit_code == 0 else None
    except (ValueError, LookupError, TypeError):
        return None
    return size if isinstance(size, int) else None


def pull(engine: Engine, image: str, on_line: Callable[[str], None] | None = None) -> None:
    """Pull the image, handing each line of progress on. Raises MeasurementError if it fails."""
    try:
        done = run(
            [engine.command, "pull", image],
            timeout_s=PULL_TIMEOUT_S,
            merges_streams=True,
            on_line=on_line,
            grace_s=PROBE_TIMEOUT_S,
        )
    except OSError as error:
        raise shortage_of(error) or MeasurementError(
            f"{engine.command} cannot be started ({error.strerror})",
            remedy("install it", words("use ", Parameter.RUNNER.of("local"))),
        ) from error
    if done.timed_out:
        raise MeasurementError(
            f"{engine.name} did not pull {image} within {PULL_TIMEOUT_S / 60:.0f} minutes",
            remedy(
                f"run `{engine.pull_command(image)}` yourself",
                words("use ", Parameter.RUNNER.of("local")),
            ),
        )
    if done.exit_code != 0:
        said = reason_in(done.out[-PULL_READ_BYTES:].decode("utf-8", "replace"))
        raise MeasurementError(
            f"{engine.name} could not pull {image} ({said})",
            remedy(
                "check the name and the network",
                words("name another with ", Parameter.IMAGE),
                words("use ", Parameter.RUNNER.of("local")),
            ),
        )


def look(engine: Engine, image: str) -> EngineState:
    """Find out if the engine runs and has the image, with one command if its answer is clear.

    `podman info` takes a fifth of a second, for which every measurement would wait.
    """
    if shutil.which(engine.command) is None:
        return engine_is_running(engine)
    answer = call(engine, "image", "inspect", image)
    if answer.exit_code == 0:
        return EngineState(engine, True, True, _is_described(answer))
    if answer.exit_code == TIMED_OUT:
        return EngineState(engine, True, False, False, reason=answer.error)
    if IMAGE_IS_ABSENT.search(answer.error):
        return EngineState(engine, True, True, False)
    if ENGINE_IS_DOWN.search(answer.error):
        return _down(engine, answer)
    return _ping(engine)


def decide(states: Sequence[EngineState], image: str) -> RunnerChoice:
    """Choose for `auto`: the first running engine that has the image, else local."""
    tried = tuple(state.summary for state in states)
    for state in states:
        if state.running and state.has_image:
            return RunnerChoice(state.engine, f"{state.engine.name} has {image}", tried=tried)
    for state in states:
        if state.running:
            hint = state.engine.pull_command(image)
            return RunnerChoice(
                None, f"{state.engine.name} does not have {image}", hint, tried=tried
            )
    for state in states:
        if state.installed:
            reason, hint = f"{state.engine.name} is not running", state.engine.pull_command(image)
            return RunnerChoice(None, reason, hint, state.reason, tried)
    hint = ENGINES["docker"].pull_command(image)
    return RunnerChoice(None, "no container engine was found", hint, tried=tried)


_WITHOUT_CONTAINER = words("measure without a container with ", Parameter.RUNNER.of("local"))


def choose(
    wanted: str,
    image: str,
    on_line: Callable[[str], None] | None = None,
    before_pull: Callable[[], None] | None = None,
) -> RunnerChoice:
    """Choose the runner for `--runner`: `local`, `auto` or an engine's name.

    Naming an engine pulls a missing image; its progress goes to `on_line` line by line, after
    `before_pull` was called. Raises MeasurementError if the named engine is down or cannot pull,
    UsageError if unknown.
    """
    if wanted == "local":
        return RunnerChoice(None, "asked for")
    if wanted == "auto":
        with ThreadPoolExecutor(len(ENGINES)) as pool:
            states = list(pool.map(lambda engine: look(engine, image), ENGINES.values()))
        return decide(states, image)
    engine = find_engine(wanted)
    state = look(engine, image)
    if not state.installed:
        raise MeasurementError(
            f"{engine.name} is not installed ({state.reason})",
            remedy("install it", _WITHOUT_CONTAINER),
        )
    if not state.running:
        raise MeasurementError(
            f"{engine.name} is not running ({state.reason})",
            remedy("start it", _WITHOUT_CONTAINER),
        )
    if not state.has_image:
        if before_pull is not None:
            before_pull()
        pull(engine, image, on_line)
    return RunnerChoice(engine, "asked for")
