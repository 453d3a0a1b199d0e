"""Install a handler's packages once, into a cache keyed by their content."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importcost.errors import MeasurementError, NoNetworkError, Remedy, remedy, words
from importcost.files.cache import cache_folder
from importcost.files.leftovers import sweep_folders
from importcost.files.lock import one_at_a_time
from importcost.parameters import Parameter
from importcost.processes.bounded import Finished, run
from importcost.processes.failed_installs import keep_failure, known_failure
from importcost.processes.local_projects import with_copies
from importcost.processes.shortage import shortage_of
from importcost.processes.uv_program import find_uv
from importcost.processes.wheels import (
    MEASURED_PYTHONS,
    InstallTarget,
    is_on_the_index,
    lacking_wheel,
    listed,
    versions_with_wheel,
)

INSTALL_TIMEOUT_S = 900.0
PIP_TIMEOUT_S = 60.0
VERSIONS_SHOWN = 3
_PARTIAL = ".partial-"
"""An install that is not complete; one of a killed process is removed by the next."""
SOURCES = "sources"
"""The folder of copies beside an installation in the making."""
_REASON_MARKS = ("ERROR:", "error:", "cause:", "×", "╰─▶", "No solution found")  # noqa: RUF001
_REASON_WORD = re.compile("^(ERROR|error|cause):")

_NETWORK_MARKS = (
    "NewConnectionError",
    "NameResolutionError",
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "Network is unreachable",
    "No route to host",
    "Connection refused",
    "ConnectTimeoutError",
    "ReadTimeoutError",
    "SSLError(",
    "ProxyError",
    "dns error",
    "error sending request",
    "Could not connect",
)


def installed_folder(key: str, target: InstallTarget) -> Path:
    """Return the install folder for requirements with content `key`."""
    platform = f"{sys.platform}-local" if target.python else "linux-container"
    text = f"{key}|{target.python_version}|{target.machine}|{platform}"
    key_folder = cache_folder() / "requirements" / hashlib.sha256(text.encode()).hexdigest()[:20]
    return key_folder / "site-packages"  # the name by which tools and people know such a folder


@dataclass(frozen=True, slots=True)
class ToInstall:
    """The packages to install: a requirements `file`, or else `lines` of any origin.

    `label` names it to the user; `remedy` is the advice if it fails. `compiled_by` is an
    interpreter of the target version, which leaves valid bytecode beside the sources. Relative
    paths in the file start at `start`, the current folder if it is None.
    """

    label: str
    remedy: Remedy
    file: str | None = None
    lines: tuple[str, ...] = ()
    compiled_by: str | None = None
    start: Path | None = None


def install(
    wanted: ToInstall, folder: Path, target: InstallTarget, on_line: Callable[[str], None]
) -> None:
    """Install packages into `folder`, all or nothing, unless another process just did.

    `on_line` gets the installer's output. Raises NoNetworkError if no index can be reached,
    MeasurementError with the installer's own reason for any other failure; `folder` does not exist
    then. In a run over many functions (`failing_once`) the same failure is not tried again.
    """
    entry = folder.parent
    with _alone(entry):
        if folder.is_dir():
            return
        known_failure(entry)
        try:
            _install(wanted, folder, target, on_line)
        except MeasurementError as error:
            keep_failure(entry, error)
            raise


def _install(
    wanted: ToInstall, folder: Path, target: InstallTarget, on_line: Callable[[str], None]
) -> None:
    entry = folder.parent
    partial = _partial_folder(entry)
    try:
        file = wanted.file
        (partial / SOURCES).mkdir()
        if file is None:
            file = str(partial / "requirements.txt")
            Path(file).write_text("".join(f"{line}\n" for line in wanted.lines), encoding="utf-8")
        file = with_copies(file, partial / SOURCES)
        command = _command(file, partial / folder.name, target)
        code, lines = _run(command, on_line, wanted.start)
        if code != 0:
            raise _failed(wanted, target, lines)
        if wanted.compiled_by is not None:
            _compile(partial / folder.name, wanted.compiled_by)
        shutil.rmtree(partial / SOURCES, ignore_errors=True)
        with contextlib.suppress(OSError):  # a cache that several machines share knows no lock
            partial.rename(entry)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextlib.contextmanager
def _alone(entry: Path) -> Iterator[None]:
    """Let one process make an entry while the others that need it wait."""
    with contextlib.ExitStack() as stack:
        try:
            entry.parent.mkdir(parents=True, exist_ok=True)
            stack.enter_context(one_at_a_time(entry.with_name(f".lock-{entry.name}")))
        except OSError as error:
            raise _unwritable(error) from error
        yield


def _partial_folder(entry: Path) -> Path:
    try:
        sweep_folders(entry.parent, _PARTIAL)
        return Path(tempfile.mkdtemp(prefix=f"{_PARTIAL}{os.getpid()}-", dir=entry.parent))
    except OSError as error:
        raise _unwritable(error) from error


def _unwritable(error: OSError) -> MeasurementError:
    return MeasurementError(
        f"The cache folder {cache_folder()} cannot be written ({error.strerror})",
        remedy("name one that can be with the variable IMPORTCOST_CACHE_DIR"),
    )


def _failed(wanted: ToInstall, target: InstallTarget, lines: list[str]) -> MeasurementError:
    text = "\n".join(lines)
    if any(mark in text for mark in _NETWORK_MARKS):
        return NoNetworkError(
            f"Installing {wanted.label} for Python {target.python_version} needs a package index, "
            "and none can be reached",
            remedy(
                "connect to the network",
                words("measure an environment that has the packages with ", Parameter.PYTHON),
            ),
        )
    reason = f"Installing {wanted.label} for Python {target.python_version} failed"
    lacking = lacking_wheel(lines)
    others = versions_with_wheel(lacking, target) if lacking is not None else ()
    if others:
        return MeasurementError(
            f"{reason}: {lacking} has no wheel for it on {target.machine}, but has one for Python "
            f"{listed(others)}",
            remedy(
                words("name such an interpreter with ", Parameter.PYTHON),
                "another version of the package",
                mark=".",
            ),
        )
    if lacking is not None and is_on_the_index(lines):
        return MeasurementError(
            f"{reason}: {lacking} has no wheel for it on {target.machine}, nor for another Python "
            f"from {MEASURED_PYTHONS[0]} to {MEASURED_PYTHONS[-1]}, and could not be built",
            remedy("name another version of the package", mark="."),
        )
    return MeasurementError(f"{reason}: {_reason(lines)}", wanted.remedy._replace(mark="."))


def _compile(folder: Path, python: str) -> None:
    """Leave bytecode beside the sources that stays valid wherever the folder is mounted."""
    options = ["-m", "compileall", "-q", "-f", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    done = _started([python, "-I", *options, str(folder)], INSTALL_TIMEOUT_S)
    # Files that do not compile are left as they are: some packages have files for other Pythons.
    if done.timed_out:
        raise MeasurementError(
            f"{python} did not compile the installed packages within {INSTALL_TIMEOUT_S:g} s: "
            "measure again when the machine is less busy."
        )


def _command(requirements: str, folder: Path, target: InstallTarget) -> list[str]:
    uv = find_uv()
    wheels = []
    if uv:
        if target.python is None:
            wheels = ["--python-platform", f"{target.machine}-manylinux_2_28"]
            wheels += ["--python-version", target.python_version, "--only-binary", ":all:"]
        else:
            wheels = ["--python", target.python]
        return [uv, "pip", "install", *wheels, "--target", str(folder), "-r", requirements]
    if target.python is None:
        for tag in ("manylinux_2_28", "manylinux_2_17", "manylinux2014"):
            wheels += ["--platform", f"{tag}_{target.machine}"]
        wheels += ["--python-version", target.python_version, "--implementation", "cp"]
        wheels += ["--only-binary", ":all:"]
        pip = [sys.executable, "-m", "pip"]
    else:
        pip = [*_pip_for(target.python), "--no-input"]
    quiet = ["--disable-pip-version-check", "--progress-bar", "off", "--no-compile"]
    return [*pip, "install", *quiet, *wheels, "--target", str(folder), "-r", requirements]


def _pip_for(python: str) -> list[str]:
    """Return the pip command for `python`: its own pip, or importcost's with --python."""
    done = _started([python, "-m", "pip", "--version"], PIP_TIMEOUT_S)
    if done.timed_out:
        raise MeasurementError(
            f"`{python} -m pip --version` did not answer within {PIP_TIMEOUT_S:g} s",
            remedy(
                "find out why it waits", words("name another interpreter with ", Parameter.PYTHON)
            ),
        )
    if done.exit_code == 0:
        return [python, "-m", "pip"]
    return [sys.executable, "-m", "pip", "--python", python]


def _started(command: Sequence[str], timeout_s: float, **options: Any) -> Finished:
    try:
        return run(command, timeout_s=timeout_s, **options)
    except OSError as error:
        raise shortage_of(error) or MeasurementError(
            f"{command[0]} cannot be started ({error.strerror})",
            remedy("install it again", words("name another interpreter with ", Parameter.PYTHON)),
        ) from error


def _run(
    command: list[str], on_line: Callable[[str], None], start: Path | None
) -> tuple[int, list[str]]:
    environment = {"PIP_RETRIES": "1", **os.environ, "PIP_ROOT_USER_ACTION": "ignore"}
    done = _started(
        command,
        INSTALL_TIMEOUT_S,
        cwd=start,
        env=environment,
        merges_streams=True,
        on_line=on_line,
    )
    lines = done.out.decode("utf-8", "replace").splitlines()
    if done.timed_out:
        lines.append(f"ERROR: the installer did not end within {INSTALL_TIMEOUT_S:g} s")
    return (1 if done.timed_out else done.exit_code), lines


def _reason(lines: list[str]) -> str:
    found = [line.strip() for line in lines if line.strip().startswith(_REASON_MARKS)]
    found = [
        line for line in found if "ResolutionImpossible" not in line
    ]  # the line before names it
    if not found:
        found = [line.strip() for line in lines if line.strip()][-1:]
    texts = [_REASON_WORD.sub("", line).strip(" .") for line in found]
    return "; ".join(map(_without_lists, texts)) or "the installer gave no reason"


def _without_lists(text: str) -> str:
    """Cut pip's list of a package's versions (hundreds of them) to the last few."""

    def shortened(found: re.Match[str]) -> str:
        versions = found[1].split(", ")
        kept = versions[-VERSIONS_SHOWN:]
        more = ["..."] if len(versions) > len(kept) else []
        return f"(from versions: {', '.join(more + kept)})"

    return re.sub(r"\(from versions: ([^)]*)\)", shortened, text)
