"""Explain a launch that went wrong in one sentence: what happened, where, what to do next."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from importcost.errors import (
    HandlerError,
    MeasurementError,
    TimedOutError,
    Trouble,
    remedy,
    words,
)
from importcost.measure.deployed.not_deployed import NOTHING_BEYOND, Beyond
from importcost.measure.failures.calls_out import call_that_failed
from importcost.measure.failures.killed import killed_words
from importcost.measure.failures.wrapper import importing, wrapper_missing
from importcost.measure.runners.base import Launch
from importcost.measure.runners.container.inside import TASK_ROOT as IMAGE_TASK_ROOT
from importcost.model.profile import EXEC_WRAPPER, Target
from importcost.model.results.network import NetworkAttempt
from importcost.parameters import Parameter

LEVELS_ABOVE = 4
_PROJECT_TOPS = (".git", "pyproject.toml", "template.yaml", "serverless.yml", "cdk.json")
PROBE_FAILED = "importcost-probe-failed: "
"""The start of the probe's line if it could not leave a result; see probe.py."""
WATCHDOG = "Timeout ("
"""The start of what faulthandler writes before it ends the process."""


def raise_for_failure(
    launch: Launch,
    target: Target,
    timeout_s: float,
    beyond: Beyond = NOTHING_BEYOND,
    attempts: tuple[NetworkAttempt, ...] = (),
    *,
    is_on_lambda: bool = True,
) -> None:
    """Raise if this launch gave no figures; return if it did.

    Raises HandlerError if the handler's init failed, MeasurementError if the interpreter or the
    probe did. `timeout_s` is the limit of the launch, and `beyond` the installed packages that are
    not deployed. `attempts` are its requests to other machines. `is_on_lambda` is False on a
    platform without Lambda's runtime, whose words are not used there.
    """
    where = target.handler_file
    if launch.timed_out:
        raise TimedOutError(
            f"The import of {importing(target)} did not end within {timeout_s:g} s and was stopped",
            remedy(
                words("raise ", Parameter.TIMEOUT, " if it is only slow"),
                "look for a loop or a waiting connection at module level",
            ),
            traceback_text=output_tail(launch),
        )
    if launch.out_of_memory:
        raise HandlerError(
            f"Importing {where} needs more memory than the function has: the container's memory "
            "limit ended it",
            remedy(words("raise ", Parameter.MEMORY), mark="."),
            traceback_text=output_tail(launch),
        )
    _raise_if_tampered(launch, where)
    if launch.result is None:
        _raise_if_program_failed(launch, target)
        _raise_if_not_the_handlers(launch, where)
        raise HandlerError(_died(launch, target, is_on_lambda), traceback_text=output_tail(launch))
    error = launch.result["error"]
    if error is not None:
        raise_if_gone(target, is_on_lambda=is_on_lambda)
        trouble = _explain(error, target, beyond, attempts, is_on_lambda)
        raise HandlerError(*trouble, traceback_text=error["traceback"])


def no_function(target: Target, *, is_on_lambda: bool = True) -> str:
    """Report that the handler's file lacks the function that is to be called."""
    if not is_on_lambda:
        return (
            f"{target.handler_file} has no function {target.function}: no call of it would succeed."
        )
    if target.wrapper is not None and target.wrapper.handler is not None:
        return (
            f"{target.wrapper.words} defines no function {target.started_function}: Lambda would "
            "end each invocation with Runtime.HandlerNotFound."
        )
    return (
        f"{target.handler_file} has no function {target.function}: Lambda would end each "
        "invocation with Runtime.HandlerNotFound."
    )


def raise_if_gone(target: Target, *, is_on_lambda: bool = True) -> None:
    """Raise HandlerError if the handler was removed since it was found, or cannot be found there.

    The files of an image are not on this machine, and neither is its task root.
    """
    is_here = target.task_root != IMAGE_TASK_ROOT and Path(target.task_root).is_dir()
    if is_here and not os.path.lexists(target.handler_file):
        raise HandlerError(
            f"{target.handler_file} was removed while it was measured",
            remedy(
                "look for what it removes at module level"
                f"{': on Lambda /var/task is read-only' * is_on_lambda}"
            ),
        )
    for folder in (target.task_root, str(Path(target.handler_file).parent)) if is_here else ():
        if not os.access(folder, os.R_OK):
            raise HandlerError(
                f"The folder {folder} may not be listed, so Python finds no module in it",
                remedy("change its permissions"),
            )


def _raise_if_tampered(launch: Launch, where: str) -> None:
    """Raise HandlerError if the result is not what a probe leaves."""
    if launch.tampered is not None:
        raise HandlerError(
            f"{where} tampered with its result, the file that its launch leaves for importcost "
            f"({launch.tampered})",
            remedy("look for what it does at module level to the files of its own process"),
            traceback_text=output_tail(launch),
        )


def _raise_if_not_the_handlers(launch: Launch, where: str) -> None:
    """Raise MeasurementError if the interpreter or the probe failed, not the handler."""
    stderr = launch.rows_text.decode("utf-8", "replace")
    failed = _line_with(PROBE_FAILED, f"{launch.output_tail}\n{stderr}")
    if failed is not None:
        raise MeasurementError(
            f"{where} left the interpreter in a state in which importcost could not take its "
            f"figures ({failed}): look for what it changes at module level in builtins, sys, "
            "limits or hooks."
        )
    if launch.exit_code != 1:
        return
    fatal = _line_with("Fatal Python error: ", stderr)
    if fatal is not None:
        raise MeasurementError(
            f"The interpreter did not start for {where} ({fatal})",
            remedy(
                words("check the variables given with ", Parameter.ENV, ", PYTHONHOME first"),
                words("name another interpreter with ", Parameter.PYTHON),
            ),
        )
    if "Traceback (most recent call last)" in stderr:
        raise MeasurementError(
            f"The interpreter that was to import {where} ended with an error outside of it "
            f"({stderr.rstrip().splitlines()[-1].strip()})",
            remedy(
                words("check the variables given with ", Parameter.ENV),
                words("name another interpreter with ", Parameter.PYTHON),
            ),
        )


def _line_with(start: str, text: str) -> str | None:
    """Return the rest of the last line that begins with `start`, or None."""
    found = [line for line in text.splitlines() if line.startswith(start)]
    return found[-1].removeprefix(start).strip() if found else None


def output_tail(launch: Launch, lines: int = 20) -> str:
    """Return the end of the handler's output: a crash leaves its stack there."""
    kept = [line for line in launch.output_tail.rstrip().splitlines() if not _is_ours(line)]
    return "\n".join(kept[-lines:])


def _is_ours(line: str) -> bool:
    """Return True if a line of a crash's stack is a frame of the probe or of importlib."""
    ours = ('/probe.py", line ', "<frozen importlib", 'File "<string>", line ')
    return line.startswith("  File ") and any(part in line for part in ours)


def _raise_if_program_failed(launch: Launch, target: Target) -> None:
    """Raise HandlerError if an exec wrapper ended without a result of the interpreter."""
    program = target.wrapper.program if target.wrapper is not None else None
    if program is None or launch.exit_code < 0:
        return
    stderr = launch.rows_text.decode("utf-8", "replace").strip().splitlines()
    said = f" ({stderr[-1].strip()[:200]})" if stderr else ""
    raise HandlerError(
        f"{program}, the {EXEC_WRAPPER} of {target.handler_file}, ended with exit code "
        f"{launch.exit_code} before init was done{said}: Lambda's init would fail the same way.",
        traceback_text=output_tail(launch),
    )


def _died(launch: Launch, target: Target, is_on_lambda: bool) -> str:
    """Explain the end of an interpreter that left no result."""
    code, where = launch.exit_code, importing(target)
    if code < 0:
        return killed_words(-code, where)
    if WATCHDOG in launch.output_tail:
        return (
            f"A watchdog that {where} sets (faulthandler.dump_traceback_later) ended the "
            "interpreter while it was imported: remove it from module level, or give it more time."
        )
    return (
        f"{where} ended the interpreter itself (os._exit, exit code {code}) while it was "
        f"imported: {_end_of_start(is_on_lambda)}; remove the call from module level."
    )


def _exited(error: Mapping[str, Any], target: Target, is_on_lambda: bool) -> str:
    code = error["exit_code"] if error["exit_code"] is not None else "0"
    return (
        f"{target.handler_file} calls sys.exit({code}) while it is imported: "
        f"{_end_of_start(is_on_lambda)}; keep the call out of module level."
    )


def _end_of_start(is_on_lambda: bool) -> str:
    if is_on_lambda:
        return "Lambda would report Runtime.ExitError"
    return "its process would end before it serves anything"


def above_task_root(module: str, target: Target) -> Trouble | None:
    """Explain that a missing module lies above the task root, or return None."""
    above = _folder_above(module, Path(target.task_root))
    if above is None:
        return None
    return Trouble(
        f"{target.handler_file} needs the module {module}, which lies in {above}, above the "
        f"task root {target.task_root}",
        remedy(
            words(
                "if that folder is deployed as /var/task, name it with ",
                Parameter.TASK_ROOT.of(str(above)),
            )
        ),
    )


def _missing(module: str, target: Target) -> Trouble:
    return above_task_root(module, target) or Trouble(
        f"{target.handler_file} needs the module {module}, which neither the task root, a layer "
        "nor the measured environment holds",
        remedy(
            words("name its requirements with ", Parameter.REQUIREMENTS.named()),
            words("a layer with ", Parameter.LAYERS.named()),
            words("the environment with ", Parameter.PYTHON),
        ),
    )


def _folder_above(module: str, root: Path) -> Path | None:
    """Return the nearest folder above the task root that contains the module, or None.

    The search ends at the project's own top: folders above that are no part of it.
    """
    folder = root
    for _ in range(LEVELS_ABOVE):
        if folder == folder.parent or any((folder / name).exists() for name in _PROJECT_TOPS):
            return None
        folder = folder.parent
        path = folder.joinpath(*module.split("."))
        if path.with_name(path.name + ".py").is_file() or _holds_python(path):
            return folder
    return None


def _holds_python(folder: Path) -> bool:
    return folder.is_dir() and any(folder.glob("*.py"))


def _explain(
    error: Mapping[str, Any],
    target: Target,
    beyond: Beyond,
    attempts: tuple[NetworkAttempt, ...],
    is_on_lambda: bool,
) -> Trouble:
    where = target.handler_file
    if error["missing_variable"] is not None:
        name = error["missing_variable"]
        return Trouble(
            f"{where} reads the environment variable {name}, which is not set",
            remedy(words("pass it with ", Parameter.ENV.of(name))),
        )
    if error["missing_module"] is not None:
        module = error["missing_module"]
        without = wrapper_missing(module, target, None)
        if without is not None:
            return without
        above = _folder_above(module, Path(target.task_root))
        return (None if above else beyond.explain(module, where)) or _missing(module, target)
    conflict = beyond.conflict()
    if conflict is not None and any(name in error["traceback"] for name in ("boto3", "botocore")):
        return Trouble(
            words(f"{where} ended its import with {error['type']}. ", conflict.what),
            conflict.remedy,
        )
    if error["file"]:
        version = f" {error['python']}" if error.get("python") else ""
        return Trouble(
            f"{error['file']} line {error['line']} does not parse as the measured Python{version} "
            f"({error['message']})",
            remedy("correct it", words("choose another interpreter with ", Parameter.PYTHON)),
        )
    if error["type"] == "SystemExit":
        return Trouble(_exited(error, target, is_on_lambda))
    call = call_that_failed(error, where, target.task_root, attempts)
    if call is not None:
        return call
    message = f": {error['message']}" if error["message"] else ""
    # A missing name may exist in the Python that the function runs on.
    version = " on the same Python" if error["type"] in ("ImportError", "AttributeError") else ""
    return Trouble(
        f"Importing {importing(target)} raised {error['type']}{message}; init would fail the "
        f"same way where it is deployed{version}. The traceback shows the line."
    )
