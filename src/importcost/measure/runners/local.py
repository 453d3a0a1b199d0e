"""The local runner: launches an interpreter of this machine, without a container."""

from __future__ import annotations

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from importcost.errors import MeasurementError
from importcost.measure.runners import launcher
from importcost.measure.runners.base import InterpreterFacts, Launch, Layout, raise_if_flooded
from importcost.measure.runners.facts import facts_program, load_result, own_facts, parse_facts

FACTS_TIMEOUT_S = 30.0


def _launch(
    python: str,
    args: tuple[str, ...],
    files: Mapping[str, str],
    timeout_s: float,
    cwd: str,
    env: Mapping[str, str],
) -> Launch:
    job = {
        "argv": [python, *args],
        "env": dict(env),
        "cwd": cwd,
        "timeout_s": timeout_s,
        "files": dict(files),
    }
    try:
        answer = launcher.launch(job)
    except OSError as error:
        raise MeasurementError(
            f"The interpreter {python} cannot be started ({error.strerror}): name another with "
            "--python."
        ) from error
    raise_if_flooded(answer["rows_cut"], args)
    return Launch(
        exit_code=answer["exit_code"],
        timed_out=answer["timed_out"],
        out_of_memory=False,
        total_wall_us=answer["total_wall_us"],
        rows_text=answer["rows"].encode("latin-1"),
        result=load_result(answer["result"]),
        output_tail=answer["output_tail"],
        output_bytes=answer["output_bytes"],
    )


def _base_environment(python: str) -> dict[str, str]:
    # Nothing of the host: its configuration, credentials and tools would change what is
    # measured. HOME and TMPDIR lie in the scratch folder, which goes when the run ends.
    return {
        "PATH": os.pathsep.join([str(Path(python).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": "{scratch}",
        "TMPDIR": "{scratch}",
        # A child interpreter of the handler must not write bytecode into the user's tree.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def last_words(stderr: str) -> str:
    """Return the one line of a failed start that says why, empty where there is none.

    A traceback says it last; everything else (a version manager's shim) first, with advice after.
    """
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("Fatal Python error")]
    if fatal or not lines:
        return (fatal or [""])[0].rstrip(" .")
    is_traceback = any(line.startswith("Traceback (most recent call last)") for line in lines)
    return lines[-1 if is_traceback else 0].rstrip(" .:")


def inspect_interpreter(python: str) -> InterpreterFacts:
    """Return the facts of `python`, asked of this process where it is what runs importcost.

    Any other is started once. `executable` of the facts is the true interpreter where `python`
    is a version manager's shim: those need the host's own variables, which measured runs do not
    get. Raises MeasurementError if it does not answer.
    """
    host = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return own_facts(python) or _asked(python, tuple(sorted(host.items())))


@functools.lru_cache(maxsize=32)
def _asked(python: str, host: tuple[tuple[str, str], ...]) -> InterpreterFacts:
    """Start `python` with the host's variables; once for all handlers that it is measured for."""
    launch = _launch(
        python,
        # The user's own site-packages lie in HOME, which measured runs do not get either.
        ("-s", "-c", facts_program(), "{scratch}/result.json"),
        {},
        FACTS_TIMEOUT_S,
        cwd=os.sep,
        env={**dict(host), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if launch.result is None:
        reason = last_words(launch.rows_text.decode("utf-8", "replace"))
        raise MeasurementError(
            f"The interpreter {python} does not answer as Python does"
            f"{f' ({reason})' if reason else ''}: name another with --python."
        )
    return parse_facts(launch.result)


@dataclass(frozen=True, slots=True)
class LocalRunner:
    """Launches `python` with Lambda's environment laid out, on this machine."""

    python: str
    interpreter: InterpreterFacts
    layout: Layout
    environment: Mapping[str, str]

    @property
    def name(self) -> str:
        """Return `local`."""
        return "local"

    @property
    def image(self) -> str | None:
        """Return None: there is no image."""
        return None

    def facts(self) -> InterpreterFacts:
        """Return the facts found when the interpreter was chosen."""
        return self.interpreter

    def launch(
        self, python_args: tuple[str, ...], files: Mapping[str, str], timeout_s: float
    ) -> Launch:
        """Run the interpreter once; see `Runner.launch`."""
        env = {**_base_environment(self.python), **self.environment}
        return _launch(self.python, python_args, files, timeout_s, self.layout.task_root, env)

    def __enter__(self) -> LocalRunner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing stays behind: each launch removes its own scratch folder."""
