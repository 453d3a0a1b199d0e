"""Run the user's own install command for one version of a project."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

from importcost.errors import MeasurementError, UsageError, remedy, words
from importcost.parameters import Parameter
from importcost.processes.bounded import run
from importcost.processes.shortage import shortage_of

TARGET = "{target}"
TIMEOUT_S = 1800.0
_LAST_LINES = 3


def parse_install(command: str) -> tuple[str, ...]:
    """Return the command's words. Raises UsageError for one without `{target}`."""
    try:
        argv = tuple(shlex.split(command))
    except ValueError as error:
        raise UsageError(
            words(Parameter.INSTALL, f" {command!r} cannot be read ({error})"),
            remedy("close its quotes"),
        ) from error
    if not argv or not any(TARGET in word for word in argv):
        raise UsageError(
            words(Parameter.INSTALL, f" {command!r} does not say where to install"),
            remedy(
                f"write {TARGET} for the folder, as in "
                f'"pip install -r requirements.txt -t {TARGET}"'
            ),
        )
    return argv


def run_install(command: tuple[str, ...], target: Path, cwd: Path, python: str) -> None:
    """Run an install command in `cwd`, its `{target}` filled in; no shell is involved.

    Commands are looked up beside `python` first, so that `pip` is the measured one's. Raises
    MeasurementError with the command's last line if it fails.
    """
    argv = [word.replace(TARGET, str(target)) for word in command]
    if argv[0] in ("pip", "pip3"):
        argv[:1] = [python, "-m", "pip"]
    elif argv[0] in ("python", "python3"):
        argv[0] = python
    path = os.pathsep.join([str(Path(python).parent), os.environ.get("PATH", os.defpath)])
    environment = {
        **os.environ,
        "PATH": path,
        "PIP_NO_INPUT": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }
    try:
        done = run(argv, timeout_s=TIMEOUT_S, cwd=cwd, env=environment, merges_streams=True)
    except OSError as error:
        raise shortage_of(error) or MeasurementError(
            f"The install command {argv[0]} cannot be started ({error.strerror})",
            remedy(words("correct ", Parameter.INSTALL)),
        ) from error
    if done.timed_out:
        raise MeasurementError(
            f"`{shlex.join(command)}` did not end within {TIMEOUT_S:g} s: find out why it waits, "
            "then compare again."
        )
    if done.exit_code != 0:
        lines = done.out.decode("utf-8", "replace").strip().splitlines()
        errors = [line for line in lines if line.lstrip().lower().startswith("error")]
        reason = " ".join((errors or lines)[-_LAST_LINES:]).strip(" .") or "it gave no reason"
        raise MeasurementError(
            f"`{shlex.join(command)}` failed with exit code {done.exit_code} ({reason})",
            remedy(
                "correct the requirements of that version", words("correct ", Parameter.INSTALL)
            ),
        )
