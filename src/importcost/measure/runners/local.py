"""The local runner: launch an interpreter of this machine, without a container."""

from __future__ import annotations

import errno
import functools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from importcost.errors import MeasurementError, remedy, words
from importcost.measure.programs import read_program
from importcost.measure.runners import launcher
from importcost.measure.runners.base import (
    PYTHON_WORD,
    InterpreterFacts,
    Launch,
    Layout,
    command_line,
    raise_if_flooded,
)
from importcost.measure.runners.container.host_folder import HostFolder
from importcost.measure.runners.discreet import discreet
from importcost.measure.runners.facts import (
    facts_program,
    load_result,
    odd_result,
    own_facts,
    parse_facts,
)
from importcost.measure.runners.killed_runs import sweep_killed_runs
from importcost.measure.runners.opt_folder import OPT, shown_in_opt
from importcost.measure.runners.private_folders import (
    IN_MEMORY,
    NotPrivateError,
    PrivateFolders,
    enter_command,
    installed_in_place,
    interpreter_paths,
    private_folders,
)
from importcost.measure.runners.shared_folders import SharedFolders
from importcost.model.profile import EXEC_WRAPPER
from importcost.parameters import Parameter
from importcost.processes.shortage import shortage_of
from importcost.secrecy import NO_SECRETS, Secrets

FACTS_TIMEOUT_S = 30.0


def _launch(
    argv: list[str],
    files: Mapping[str, str],
    timeout_s: float,
    cwd: str,
    env: Mapping[str, str],
    private: Mapping[str, Any] | None = None,
) -> Launch:
    job = {
        "argv": argv,
        "env": dict(env),
        "cwd": cwd,
        "timeout_s": timeout_s,
        "files": dict(files),
        **(private or {}),
    }
    sweep_killed_runs()
    try:
        answer = launcher.launch(job)
    except OSError as error:
        raise _not_launched(error, argv[0], cwd) from error
    raise_if_flooded(answer["rows_cut"], tuple(argv))
    return Launch(
        exit_code=answer["exit_code"],
        timed_out=answer["timed_out"],
        out_of_memory=False,
        total_wall_us=answer["total_wall_us"],
        rows_text=answer["rows"].encode("latin-1"),
        result=load_result(answer["result"]),
        tampered=odd_result(answer["result"], answer["result_odd"]),
        output_tail=answer["output_tail"],
        output_bytes=answer["output_bytes"],
        shared_because=answer["shared_because"],
    )


def _not_launched(error: OSError, python: str, cwd: str) -> MeasurementError:
    """Return the cause for which a launch came to no end, in words."""
    if not Path(cwd).is_dir():
        return MeasurementError(
            f"The task root {cwd} was removed while it was measured",
            remedy("look for what the handler removes at module level"),
        )
    if error.errno == errno.E2BIG:
        return MeasurementError(
            "The handler's variables are larger than this machine gives to a process "
            f"({error.strerror}); on Lambda all of them may have 4 KB",
            remedy(words("shorten those of ", Parameter.ENV, " and ", Parameter.ENV_FILE)),
        )
    return shortage_of(error) or MeasurementError(
        f"The interpreter {python} cannot be started ({error.strerror})",
        remedy(words("name another with ", Parameter.PYTHON)),
    )


def _as_private(found: PrivateFolders, command: tuple[str, ...]) -> dict[str, Any]:
    """Return the description of a launch's own folders as the launcher takes it."""
    return {
        "command": command,
        "folders": found.folders,
        "in_memory": [IN_MEMORY],
        "links": found.links,
        "paths": found.paths,
        "writable": found.writable,
    }


def _no_program(program: str, reason: str) -> MeasurementError:
    return MeasurementError(
        f"{program}, the function's {EXEC_WRAPPER}, cannot be run on this machine ({reason})",
        remedy(
            words("use a container with ", Parameter.RUNNER),
            words("give ", Parameter.ENV.of(EXEC_WRAPPER), " without a value"),
        ),
    )


def _base_environment(python: str) -> dict[str, str]:
    # Nothing of the host: its configuration, credentials and tools would change the measurement.
    # XDG's folders are in HOME if their variables are not set.
    return {
        "PATH": os.pathsep.join([str(Path(python).parent), "/usr/local/bin", "/usr/bin", "/bin"]),
        "HOME": "{home}",
        # A child interpreter of the handler must not write bytecode into the user's tree.
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def last_words(stderr: str) -> str:
    """Return the line of a failed start that gives the reason, or an empty string.

    A traceback ends with it; other output (a version manager's shim) begins with it, with advice
    after.
    """
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    fatal = [line for line in lines if line.startswith("Fatal Python error")]
    if fatal or not lines:
        return (fatal or [""])[0].rstrip(" .")
    is_traceback = any(line.startswith("Traceback (most recent call last)") for line in lines)
    return lines[-1 if is_traceback else 0].rstrip(" .:")


def inspect_interpreter(python: str) -> InterpreterFacts:
    """Return the facts of `python`, from this process if it is the one that runs importcost.

    Any other is started once. `executable` of the facts is the true interpreter if `python` is a
    version manager's shim: those need the host's own variables, which measured runs do not get.
    Raises MeasurementError if it does not answer.
    """
    host = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return own_facts(python) or _asked(python, tuple(sorted(host.items())))


@functools.lru_cache(maxsize=32)
def _asked(python: str, host: tuple[tuple[str, str], ...]) -> InterpreterFacts:
    """Start `python` with the host's variables; once for all handlers measured with it."""
    launch = _launch(
        # The user's own site-packages lie in HOME, which measured runs do not get either.
        [python, "-s", "-c", facts_program(), "{scratch}/result.json"],
        {},
        FACTS_TIMEOUT_S,
        cwd=os.sep,
        env={**dict(host), "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if launch.result is None:
        reason = last_words(launch.rows_text.decode("utf-8", "replace"))
        raise MeasurementError(
            f"The interpreter {python} does not answer as Python does"
            f"{f' ({reason})' if reason else ''}",
            remedy(words("name another with ", Parameter.PYTHON)),
        )
    return parse_facts(launch.result)


def ask_environment(python: str, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what probe/plain/environment_facts.py finds in the environment of `python`.

    Nothing of what is wanted is imported. Raises MeasurementError if it does not answer.
    """
    host = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    words_of = ("{scratch}/environment_facts.py", "{scratch}/wanted.json", "{scratch}/result.json")
    launch = _launch(
        [python, "-s", *words_of],
        {
            "environment_facts.py": read_program("plain/environment_facts.py"),
            "wanted.json": json.dumps(wanted),
        },
        FACTS_TIMEOUT_S,
        cwd=os.sep,
        env={**host, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    if launch.result is None:
        reason = last_words(launch.rows_text.decode("utf-8", "replace"))
        raise MeasurementError(
            f"The environment of {python} cannot be looked through"
            f"{f' ({reason})' if reason else ''}",
            remedy(words("name another with ", Parameter.PYTHON)),
        )
    return launch.result


@dataclass(frozen=True, slots=True)
class LocalRunner:
    """Launches `python` with Lambda's environment laid out, on this machine."""

    python: str
    interpreter: InterpreterFacts
    layout: Layout
    environment: Mapping[str, str]
    secrets: Secrets = NO_SECRETS
    shared: SharedFolders = field(default_factory=SharedFolders, compare=False, repr=False)
    layers: tuple[str, ...] = ()
    has_site: bool = False
    """True if the interpreter starts with its own environment, as it does outside of Lambda."""
    opt: HostFolder = field(default_factory=HostFolder, compare=False, repr=False)
    _found: dict[tuple[str, ...], tuple[str, ...]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    _jobs: dict[tuple[str, ...], dict[str, Any]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

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
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),
    ) -> Launch:
        """Run the interpreter once; see `Runner.launch`.

        Temporary folders and HOME are empty and its own if the machine has mount namespaces;
        otherwise `shared_because` of the launch is the reason.
        """
        # Nothing of its own environment: the layout names the visible part of that.
        own_flags = ("-s",) if self.has_site else ("-S",)
        argv, variables = command_line(self.python, python_args, own_flags)
        env = {**_base_environment(self.python), **self.environment, **variables}
        needed = self._needed_once(folders)
        if PYTHON_WORD in python_args:
            return self._through_program(argv, files, timeout_s, env, (needed, folders))
        private = self._private_once(needed, folders)
        cwd = self.layout.folder or self.layout.task_root
        before = self.shared.before_launch()
        launch = _launch(argv, files, timeout_s, cwd, env, private)
        launch = discreet(launch, self.secrets)
        self.shared.because = launch.shared_because
        if launch.shared_because is None:
            self.shared.is_private = True
            return launch
        use = self.shared.after_launch(before, needed, launch.result)
        return replace(launch, left_behind=use.left, met_before=use.met)

    def _through_program(
        self,
        argv: list[str],
        files: Mapping[str, str],
        timeout_s: float,
        env: dict[str, str],
        paths: tuple[tuple[str, ...], tuple[str, ...]],
    ) -> Launch:
        """Run a command line whose program finds the layers in /opt, as on Lambda.

        `paths` are those that the launch needs, and those that it may write to. Raises
        MeasurementError if this machine cannot show the layers there.
        """
        try:
            shown = shown_in_opt(self.opt, self.layers)
            needed, writable = paths
            found = private_folders(needed, (self.layout.task_root, *writable), shown.folders)
            private = {**_as_private(found, enter_command()), "binds": shown.binds}
        except NotPrivateError as error:
            raise _no_program(argv[0], str(error)) from error
        env["PATH"] = f"{env['PATH']}{os.pathsep}{OPT}/bin"
        try:
            root = self.layout.task_root
            job = {"private": private, "private_only": True}
            return discreet(_launch(argv, files, timeout_s, root, env, job), self.secrets)
        except MeasurementError as error:
            if isinstance(error.__cause__, PermissionError | FileNotFoundError):
                raise _no_program(argv[0], str(error.__cause__.strerror)) from error
            raise

    def _needed_once(self, folders: tuple[str, ...]) -> tuple[str, ...]:
        """Return the paths that a launch needs, found out for the first one of this runner."""
        if folders not in self._found:
            self._found[folders] = tuple(self._needed(folders))
        return self._found[folders]

    def _private_once(self, needed: tuple[str, ...], folders: tuple[str, ...]) -> dict[str, Any]:
        """Return what `_private` does, again only after a launch that was refused private folders.

        A launch in folders of its own changes nothing of what is shown there.
        """
        if self.shared.because is not None:
            return self._private(needed, folders)
        if folders not in self._jobs:
            self._jobs[folders] = self._private(needed, folders)
        return self._jobs[folders]

    def _private(self, needed: tuple[str, ...], folders: tuple[str, ...]) -> dict[str, Any]:
        """Return the part of a job that describes how private the launch is."""
        shared = {"env_shared": {"TMPDIR": "{tmp}"}}
        if self.shared.because is not None:  # the launch before was refused
            return {**shared, "shared_because": self.shared.because}
        try:
            root, folder = self.layout.task_root, self.layout.folder
            found = private_folders(needed, (root, *filter(None, [folder]), *folders))
            command = enter_command()
        except NotPrivateError as error:
            return {**shared, "shared_because": str(error)}
        return {**shared, "private": _as_private(found, command)}

    def _needed(self, folders: tuple[str, ...]) -> Iterator[str]:
        """Yield the paths that a launch needs, anywhere on the machine."""
        layout, facts = self.layout, self.interpreter
        search_path = (*layout.search_path, *facts.search_path)
        yield from (layout.task_root, *filter(None, [layout.folder]), *search_path, *folders)
        for views in layout.host_paths:
            yield from views
        yield from filter(None, [layout.runtime_dir])
        yield from installed_in_place(search_path)
        yield from interpreter_paths(self.python)
        yield from interpreter_paths(facts.executable)
        for name in ("LD_LIBRARY_PATH", "PYTHONPATH", "PYTHONHOME"):
            yield from filter(None, self.environment.get(name, "").split(os.pathsep))

    def __enter__(self) -> LocalRunner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what was merged for /opt; each launch removes its own scratch folder."""
        self.opt.remove()
