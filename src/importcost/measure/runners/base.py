"""The interface of every runner: lay out Lambda's environment, launch one interpreter at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from importcost.errors import MeasurementError


@dataclass(frozen=True, slots=True)
class Layout:
    """The places of the folders as the measured interpreter sees them; absolute paths.

    `search_path` comes first on sys.path, in Lambda's order: the task root, then the folders of the
    layers, of installed packages and of the runtime's packages. `host_paths` maps a path prefix
    inside to the one on the host, for showing files to the user. `runtime_dir` is the folder of the
    real awslambdaric, or None. `runtime_packages` names the folders of boto3 and the other packages
    of Lambda's runtime. `folder` is the current folder of a launch, None for the task root.
    """

    task_root: str
    search_path: tuple[str, ...]
    runtime_dir: str | None
    host_paths: tuple[tuple[str, str], ...] = ()
    runtime_packages: tuple[str, ...] = ()
    folder: str | None = None

    def on_host(self, file: str) -> str:
        """Return a path that the measured interpreter sees as the host names it."""
        return _moved(file, self.host_paths)

    def inside(self, file: str) -> str:
        """Return a path of the host as the measured interpreter sees it."""
        return _moved(file, [(host, prefix) for prefix, host in self.host_paths])


@dataclass(frozen=True, slots=True)
class Packages:
    """Folders of packages on the host that come after the task root and the layers.

    `installed` are the function's own, first one first: its requirements, then the packages
    requested besides. `runtime` holds the runtime's packages. `views` maps a folder of links among
    them to the folder whose entries it shows.
    """

    installed: tuple[str, ...] = ()
    runtime: str | None = None
    views: tuple[tuple[str, str], ...] = ()

    @property
    def search_path(self) -> tuple[str, ...]:
        """Return the folders in the order of sys.path."""
        return (*self.installed, *([self.runtime] if self.runtime else []))


NO_PACKAGES = Packages()


def _moved(file: str, places: Iterable[tuple[str, str]]) -> str:
    """Return `file` with the first folder that holds it replaced; as it is if none does."""
    for here, there in places:
        if file == here or file.startswith(here.rstrip("/") + "/"):
            return there.rstrip("/") + file[len(here.rstrip("/")) :]
    return file


@dataclass(frozen=True, slots=True)
class Launch:
    """The result of one interpreter launch.

    `exit_code` is negative if a signal ended it. `rows_text` holds everything from file descriptor
    2, where `-X importtime` writes. `result` is the probe's own report, None if it never got that
    far. `out_of_memory` is set if the container's memory limit killed the process. `shared_because`
    is the reason why the run did not have temporary folders of its own, None if it had. Of the
    shared folders, `left_behind` names entries that it may have left, and `met_before` those that
    it used and had not created. `tampered` says what is in the place of the result, None if that is
    what a probe leaves.
    """

    exit_code: int
    timed_out: bool
    out_of_memory: bool
    total_wall_us: int
    rows_text: bytes
    result: Mapping[str, Any] | None
    output_tail: str
    output_bytes: int
    shared_because: str | None = None
    left_behind: tuple[str, ...] = ()
    met_before: tuple[str, ...] = ()
    tampered: str | None = None


@dataclass(frozen=True, slots=True)
class InterpreterFacts:
    """The measured interpreter and its machine, as it describes itself.

    `search_path` is its own sys.path before Lambda's folders are put first; `site_folders` are
    those that installers put packages into.
    """

    executable: str
    version: str
    implementation: str
    platform: str
    machine: str
    cpu_count: int
    cpu_model: str | None
    search_path: tuple[str, ...] = ()
    site_folders: tuple[str, ...] = ()

    @property
    def minor_version(self) -> str:
        """Return `3.12` for `3.12.1`."""
        return ".".join(self.version.split(".")[:2])


PYTHON_WORD = "{python}"
"""Stands for the interpreter in the words of a launch that another program starts."""
CLOCKS_VARIABLE = "IMPORTCOST_CLOCKS"
"""Carries the clocks at launch through that program; bootstrap.py takes it out."""


def command_line(
    python: str, words: tuple[str, ...], own_flags: tuple[str, ...] = ()
) -> tuple[list[str], dict[str, str]]:
    """Return a launch's command line, and the variables that it needs.

    The interpreter comes first unless the words name it themselves.
    """
    if PYTHON_WORD not in words:
        return [python, *own_flags, *words], {}
    filled = [python if word == PYTHON_WORD else word for word in words]
    return filled, {CLOCKS_VARIABLE: "{clocks}"}


def raise_if_flooded(rows_cut: bool, python_args: tuple[str, ...]) -> None:
    """Raise MeasurementError if a traced run's rows were cut at the launcher's limit."""
    if rows_cut and "importtime" in python_args:
        raise MeasurementError(
            "The handler's own output flooded file descriptor 2, where the import times are "
            "written: redirect what it prints there (its child processes, too)."
        )


class Runner(Protocol):
    """Launches interpreters in one place; a context manager that removes everything it started."""

    @property
    def name(self) -> str:
        """Return `local` or the engine's name."""
        ...

    @property
    def image(self) -> str | None:
        """Return the container image, None for the local runner."""
        ...

    @property
    def layout(self) -> Layout:
        """The places of the folders inside."""
        ...

    def facts(self) -> InterpreterFacts:
        """Return the measured interpreter's facts. Raises MeasurementError if it cannot start."""
        ...

    def launch(
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),
    ) -> Launch:
        """Run `python *python_args` once, with an empty /tmp and HOME, and wait for it.

        If an argument is PYTHON_WORD, the first of them is the program that is run, with the others
        as its arguments and the interpreter in the word's place.

        `files` (name -> text) are written into a scratch folder that `{scratch}` in an argument
        names; the probe leaves its result there as `result.json`. `folders` are further ones that
        the run must find. Raises MeasurementError if the interpreter or the engine cannot be
        started.
        """
        ...

    def __enter__(self) -> Runner: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
