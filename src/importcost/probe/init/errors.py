"""Describe an error of the handler as plain values."""

import sys

from importcost.probe.init.ground import Ground

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


MOST_TEXT = 40_000
MOST_NAME = 200  # a file of such a name could not exist


def _clean(summary: "Any", probe_file: str) -> None:
    """Drop the frames of the probe and of importlib: the user asked about their own code."""
    while summary is not None:
        kept = [
            frame
            for frame in summary.stack
            if frame.filename != probe_file and not frame.filename.startswith("<frozen importlib")
        ]
        summary.stack[:] = kept
        if summary.__cause__ is not None:
            summary = summary.__cause__
        elif not summary.__suppress_context__:
            summary = summary.__context__
        else:
            summary = None


def _missing_variable(error: BaseException) -> "str | None":
    """Name the environment variable whose absence raised `error`, or return None."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if not isinstance(error, KeyError) or trace is None or not error.args:
        return None
    frame = trace.tb_frame
    owner = frame.f_locals.get("self")
    if frame.f_code.co_name == "__getitem__" and type(owner).__name__ == "_Environ":
        return text_of(error.args[0])
    return None


def text_of(value: object, show: "Any" = str) -> str:
    """Return `show(value)`, which is the handler's code and may itself raise."""
    try:
        return str(show(value))
    except BaseException:  # noqa: BLE001
        return "(its text cannot be shown)"


def _module_name(value: "Any") -> "str | None":
    """Return the name of a module that may exist; whoever raises may claim any other."""
    name = plain_string(value)
    if name is None or len(name) > MOST_NAME:
        return None
    return name if all(part.isidentifier() for part in name.split(".")) else None


def _cut(text: str) -> str:
    """Return a text without its middle if it is very long: an error may hold all of a request."""
    if len(text) <= MOST_TEXT:
        return text
    return text[: MOST_TEXT // 2] + "\n...\n" + text[-MOST_TEXT // 2 :]


def plain_string(value: "Any") -> "str | None":
    """Return a string as one of the built-in type, None for anything else."""
    return str.__str__(value) if isinstance(value, str) else None


def error_result(error: BaseException, probe_file: str, ground: Ground) -> "Any":
    """Return the error that ended init as the result has it."""
    try:
        return _describe(error, probe_file)
    except BaseException:  # noqa: BLE001 - a module of the handler's stands in for a standard one
        ground.import_own()
        return _describe(error, probe_file)


def _describe(error: BaseException, probe_file: str) -> "Any":
    import traceback

    summary = traceback.TracebackException(type(error), error, error.__traceback__)
    _clean(summary, probe_file)
    # Cause and context each have a chain of their own; printing follows the same rule as _clean.
    text = "".join(summary.format())
    code = getattr(error, "code", None) if isinstance(error, SystemExit) else None
    line = error.lineno if isinstance(error, SyntaxError) else None
    missing = _module_name(error.name) if isinstance(error, ModuleNotFoundError) else None
    return {
        "type": str(type(error).__name__),
        "message": _cut(text_of(error.msg if isinstance(error, SyntaxError) else error)),
        "traceback": _cut(text),
        "missing_module": missing,
        "missing_variable": _missing_variable(error),
        "exit_code": None if code is None else text_of(code),
        "file": plain_string(error.filename) if isinstance(error, SyntaxError) else None,
        "line": line if isinstance(line, int) else None,
        "python": "{}.{}".format(*sys.version_info),
    }
