"""Explain the failed launch of a target that is not a handler, without anything of Lambda."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

from importcost.errors import (
    HandlerError,
    MeasurementError,
    Remedy,
    TimedOutError,
    Trouble,
    remedy,
    words,
)
from importcost.measure.failures.explain import PROBE_FAILED, output_tail
from importcost.measure.failures.killed import KILLED
from importcost.measure.runners.base import Launch
from importcost.model.plain import PlainTarget, TargetKind
from importcost.model.profile import Target
from importcost.parameters import Parameter

MOST_SAID = 300
_LOOK = remedy("look for what it does at module level to files, limits and hooks of its process")


def raise_for_plain(launch: Launch, target: Target, timeout_s: float) -> None:
    """Raise if this launch of a target that is not a handler gave no figures; see `explain`."""
    plain = target.plain
    if plain is None:
        return
    tail = output_tail(launch)
    if launch.timed_out:
        raise TimedOutError(
            f"{_doing(plain)} did not end within {timeout_s:g} s and was stopped",
            _until_the_end(plain),
            traceback_text=tail,
        )
    if launch.tampered is not None:
        what = f"{plain.label} changed the file that its launch leaves for importcost"
        raise HandlerError(f"{what} ({launch.tampered})", _LOOK, traceback_text=tail)
    if launch.result is None:
        raise _without_result(launch, plain, tail)
    error = launch.result["error"]
    if error is not None:
        trouble = _of_error(error, target, plain, tail)
        shown = "" if error["type"] == "SystemExit" else error["traceback"]
        raise HandlerError(*trouble, traceback_text=shown or tail)


def _doing(plain: PlainTarget) -> str:
    if plain.kind is TargetKind.MODULE:
        return f"The import of {plain.words}"
    return f"{plain.label}"


def _until_the_end(plain: PlainTarget) -> Remedy:
    slow = words("raise ", Parameter.TIMEOUT, " if it is only slow")
    if plain.kind.runs:
        return remedy("give it arguments with which it ends, such as --help", slow)
    return remedy("look for a loop or a waiting connection at module level", slow)


def _without_result(launch: Launch, plain: PlainTarget, tail: str) -> MeasurementError:
    """Return the error of a launch that left no result: the process ended another way."""
    said = f"{launch.output_tail}\n{launch.rows_text.decode('utf-8', 'replace')}"
    failed = [line for line in said.splitlines() if line.startswith(PROBE_FAILED)]
    if failed:
        reason = failed[-1].removeprefix(PROBE_FAILED).strip()
        return MeasurementError(
            f"{plain.label} left the interpreter in a state in which no figures could be taken "
            f"({reason})",
            _LOOK,
        )
    code = launch.exit_code
    if code == -signal.SIGKILL:
        return HandlerError(
            f"{_doing(plain)} was ended by SIGKILL: {KILLED}",
            remedy("measure it where more memory is free, if that is what ended it"),
            traceback_text=tail,
        )
    if code < 0:
        return HandlerError(
            f"{_doing(plain)} was ended by {_signal(-code)}",
            remedy(f"run it with `python -X faulthandler {plain.label}` to see where"),
            traceback_text=tail,
        )
    if "Fatal Python error" in said:
        fatal = next(line for line in said.splitlines() if "Fatal Python error" in line)
        return MeasurementError(
            f"The interpreter did not start for {plain.label} ({fatal.strip()})",
            remedy(
                words("check the variables given with ", Parameter.ENV),
                words("name another interpreter with ", Parameter.PYTHON),
            ),
        )
    return HandlerError(
        f"{_doing(plain)} ended its process with exit code {code} by itself (os._exit, or another "
        "program that it became with os.exec)",
        remedy(
            "name arguments with which it ends as Python programs do"
            if plain.kind.runs
            else "keep that out of module level"
        ),
        traceback_text=tail,
    )


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _of_error(error: Mapping[str, Any], target: Target, plain: PlainTarget, tail: str) -> Trouble:
    if error["file"]:
        return _unparsable(error, target, plain)
    if error["type"] == "OtherFileError":
        return Trouble(
            f"{plain.words} was imported from {error['message']}, not from {target.handler_file}",
            remedy("uninstall the editable installation that redirects it"),
        )
    if error["type"] == "SystemExit":
        return _ended(error, plain, tail)
    if error["missing_variable"] is not None:
        name = error["missing_variable"]
        return Trouble(
            f"{plain.label} reads the environment variable {name}, which is not set",
            remedy(words("pass it with ", Parameter.ENV.of(name))),
        )
    if error["missing_module"] is not None:
        return missing_module(error["missing_module"], plain)
    if error["type"] == "EOFError":
        return Trouble(
            f"{plain.label} reads standard input, which is empty in a measurement",
            remedy("name arguments with which it reads none"),
        )
    message = f": {error['message']}" if error["message"] else ""
    return Trouble(
        f"{_doing(plain)} raised {error['type']}{message}",
        remedy("correct what the traceback shows"),
    )


def missing_module(module: str, plain: PlainTarget) -> Trouble:
    """Report a module that the measured environment lacks."""
    here = words("name the environment that has it with ", Parameter.PYTHON)
    if plain.kind is TargetKind.MODULE and module == plain.words:
        package = module.rpartition(".")[0]
        what = f"{package} has no module {module.removeprefix(f'{package}.')}" if package else ""
        return Trouble(
            what or f"There is no module {module}", remedy("correct the name of the module", here)
        )
    if plain.extras is not None:
        named = f" with the extras {', '.join(plain.extras)}" if plain.extras else " without extras"
        return Trouble(
            f"{plain.label} needs the module {module}, which is not installed{named}",
            remedy(words("name the extra that brings it with ", Parameter.EXTRAS), here),
        )
    return Trouble(
        f"{plain.label} needs the module {module}, which the measured environment does not have",
        remedy("install it, or the extra that brings it", here),
    )


def _unparsable(error: Mapping[str, Any], target: Target, plain: PlainTarget) -> Trouble:
    is_own = error["file"] == target.handler_file
    if is_own and plain.kind is TargetKind.COMMAND:
        where = f"The code of -c, line {error['line']},"
    else:
        where = f"{error['file']} line {error['line']}"
    return Trouble(
        f"{where} does not parse as the measured Python {error.get('python', '')} "
        f"({error['message']})",
        remedy("correct it", words("choose another interpreter with ", Parameter.PYTHON)),
    )


def _ended(error: Mapping[str, Any], plain: PlainTarget, tail: str) -> Trouble:
    code = error["exit_code"] if error["exit_code"] is not None else "0"
    if plain.kind is TargetKind.MODULE:
        return Trouble(
            f"{plain.words} calls sys.exit({code}) while it is imported",
            remedy("keep the call out of module level"),
        )
    is_number = code.lstrip("-").isdigit()
    # The interpreter prints a text that sys.exit() is called with as its last words.
    lines = [line.strip() for line in (tail if is_number else code).splitlines() if line.strip()]
    said = f', saying "{lines[-1][:MOST_SAID]}"' if lines else ""
    shown = code if is_number else "1"
    return Trouble(
        f"{plain.label} ended with exit code {shown}{said}",
        remedy("name arguments with which it succeeds, such as --help"),
    )
