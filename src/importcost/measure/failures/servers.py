"""Explain a web app's start that gave no figures: what happened, and what to do next."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from importcost.errors import (
    HandlerError,
    LackingError,
    MeasurementError,
    NoServerError,
    TimedOutError,
    remedy,
    words,
)
from importcost.files.read import text_found
from importcost.measure.failures.calls_out import (
    NOBODY_NEARBY,
    call_that_failed,
    own_line,
    refused_words,
)
from importcost.measure.failures.explain import output_tail
from importcost.measure.runners.base import Launch
from importcost.measure.web.app_names import absent_app, settings_in_manage
from importcost.model.profile import Target
from importcost.parameters import Parameter

DISTRIBUTIONS = {"waitress-serve": "waitress", "fastapi": "fastapi[standard]"}
"""Distributions of programs that have another name."""
_ASGI_UNDER_WSGI = (
    "argument: 'send'",
    "arguments: 'receive' and 'send'",
    "'coroutine' object is not iterable",
)
_WSGI_UNDER_ASGI = (
    "argument: 'start_response'",
    "takes 3 positional arguments but 4 were given",
    "takes 2 positional arguments but 3 were given",
)
_OF_THE_END = re.compile(
    r"[Ss]hutting down|Finished server process|Handling signal|application shutdown|SIGKILL"
    r"|shutdown complete|Worker exiting|exited with code|App failed to load|Exiting\.$"
)
_ERROR_LINE = re.compile(r"[\w.]*(Error|Exception|Refused|ImproperlyConfigured)\b[\w ]*:")
DJANGO_SETTINGS = "DJANGO_SETTINGS_MODULE"
MOST_SHOWN = 300
MOST_SOURCE = 80
_SERVING = frozenset(("run_simple", "serve_forever", "run_forever", "run_app", "serve", "mainloop"))
"""Functions that run a server until it is told to end: werkzeug's, wsgiref's, asyncio's, others."""
CALLS_OUT = re.compile(
    r"[Cc]onnection refused|could not translate host name|Name or service not known"
    r"|name resolution|Can't connect to|could not connect|Network is unreachable"
)
ADDRESS_IN_USE = ("address already in use", "Address already in use", "Connection in use")


def raise_for_server(
    launch: Launch, target: Target, command: Sequence[str], timeout_s: float
) -> None:
    """Raise if the server did not get the app ready; return if it did.

    What the app's own import raised is left to `raise_for_failure`. Raises HandlerError for the
    app, MeasurementError for a server that cannot be started or measured.
    """
    result = launch.result
    facts = result.get("server") if result is not None else None
    if result is None or facts is None or facts["outcome"] == "ready":
        return
    app = f"{target.module}:{target.function or 'app'}"
    line = " ".join(command)
    _raise_if_not_started(facts, app, line)
    if facts["outcome"] == "ended":
        _raise_without_settings(result, target)
        _raise_exited(result, target, line)
        _raise_refused(result, target)
        if not result.get("app_failed"):
            _raise_ended(launch, facts, target, line)
        return
    if facts["detail"]:
        raise HandlerError(
            f"{app} was not ready within {timeout_s:g} s: its server listens on port "
            f"{facts['detail']}, not on the one in PORT",
            remedy(
                "let it take its port from the variable PORT",
                words("write $PORT where the command names it, with ", Parameter.SERVER),
            ),
            traceback_text=output_tail(launch),
        )
    _raise_not_ready(launch, target, facts, line, timeout_s)


def _raise_not_ready(
    launch: Launch, target: Target, facts: Mapping[str, Any], line: str, timeout_s: float
) -> None:
    app = f"{target.module}:{target.function or 'app'}"
    text = output_tail(launch)
    other = other_interface(text)
    if facts["status"] and other is not None:
        raise HandlerError(
            f"{app} is {other[0]} app, and `{line}` serves {other[1]} apps: each request ends in "
            f"status {facts['status']}",
            remedy(words("name a server of its kind with ", Parameter.SERVER.of(other[2]))),
            traceback_text=text,
        )
    _raise_standing(target, facts, line, timeout_s, text)
    listens = facts["listening_ns"] is not None
    seen = "its port takes connections but does not answer" if listens else "its port never opened"
    if facts["status"]:
        seen = f"{facts['ready_when']} last answered {facts['status']}"
    raise TimedOutError(
        f"{app} was not ready within {timeout_s:g} s: {seen}{last_line(text)}",
        remedy(
            f"let {facts['ready_when']} answer with {facts['healthy']}"
            if facts["status"]
            else f"let `{line}` answer {facts['ready_when']} on the port in PORT",
            words("have another path or status checked with ", Parameter.ENV),
            words("raise ", Parameter.TIMEOUT),
        ),
        traceback_text=text,
    )


def _raise_standing(
    target: Target, facts: Mapping[str, Any], line: str, timeout_s: float, text: str
) -> None:
    """Raise if the app's own import has not ended: for a server that it starts, or a wait."""
    frames = facts.get("stands") or ()
    asked = facts.get("asked") or ()
    app = f"{target.module}:{target.function or 'app'}"
    own = [number for number, frame in enumerate(frames) if _is_own(frame[0], target)]
    refused = refused_words(text, asked)
    if not own:
        if refused:
            raise HandlerError(
                f"{app} was not ready within {timeout_s:g} s: it calls out at its start, and "
                f"nobody answered: {refused}{last_line(text)}",
                NOBODY_NEARBY,
                traceback_text=text,
            )
        return
    file, number, _ = frames[own[0]]
    where = f"{file} line {number}{_source_of(file, number)}"
    starts = any(name in _SERVING for _, _, name in frames[: own[0]])
    if starts:
        raise HandlerError(
            f"{where} starts a server of its own while {app} is imported, so that `{line}` never "
            "gets the app",
            remedy(
                'call it below `if __name__ == "__main__":` only',
                words(
                    "measure the server that it starts, with ",
                    Parameter.SERVER.of(f"python {Path(target.handler_file).name}"),
                ),
            ),
            traceback_text=text,
        )
    if refused or asked:
        happened = refused or f"it asked {' and '.join(asked[:2])}"
        raise HandlerError(
            f"{where} calls out while it is imported, and nobody answered: {happened}, and it "
            f"still was at it after {timeout_s:g} s",
            NOBODY_NEARBY,
            traceback_text=text,
        )
    raise TimedOutError(
        f"{app} was not ready within {timeout_s:g} s: its import still was at {where}",
        remedy(
            "look for a loop or a wait there",
            words("raise ", Parameter.TIMEOUT, " if it is only slow"),
        ),
        traceback_text=text,
    )


def _is_own(file: str, target: Target) -> bool:
    root = target.task_root.rstrip("/") + "/"
    is_below = file.startswith((root, "/var/task/")) and "site-packages" not in file
    return file == target.handler_file or is_below


def _source_of(file: str, number: int) -> str:
    """Return a line of a file as a part in parentheses, empty if it cannot be read."""
    try:
        text = text_found(Path(file), errors="replace").splitlines()[number - 1].strip()
    except (OSError, IndexError):
        return ""
    return f" (`{text[:MOST_SOURCE]}`)" if text else ""


def _raise_refused(result: Mapping[str, Any], target: Target) -> None:
    """Raise HandlerError if what the app asked on this machine refused the connection."""
    error, nearby = result.get("error"), result.get("nearby")
    if not error or not result.get("app_failed") or not nearby:
        return
    call = call_that_failed(error, target.handler_file, target.task_root, nearby=nearby)
    if call is not None:
        raise HandlerError(*call, traceback_text=error["traceback"])


def _raise_exited(result: Mapping[str, Any], target: Target, line: str) -> None:
    """Raise HandlerError if the app ends the interpreter while it is imported."""
    error = result.get("error")
    if not error or error["type"] != "SystemExit" or not result.get("app_failed"):
        return
    given = error["exit_code"] or "0"
    code = given if given.lstrip("-").isdigit() else repr(given)
    where = own_line(error["traceback"], target.handler_file, target.task_root)
    parses = "argparse.py" in error["traceback"] or "/click/" in error["traceback"]
    happened = (
        f"{where} reads a command line while it is imported, finds the server's, and ends with "
        f"sys.exit({code})"
        if parses
        else f"{where} calls sys.exit({code}) while it is imported"
    )
    raise HandlerError(
        f"{happened}: `{line}` gets no app, and ends or tries again for ever",
        remedy(
            'call it below `if __name__ == "__main__":` only',
            words("set what it looks for with ", Parameter.ENV),
        ),
        traceback_text=error["traceback"],
    )


def _raise_without_settings(result: Mapping[str, Any], target: Target) -> None:
    """Raise LackingError if Django has not been told its settings."""
    error = result.get("error")
    if not error or DJANGO_SETTINGS not in (error["message"] or ""):
        return
    named = settings_in_manage(target.task_root)
    as_in = f" to {named}, as manage.py does" if named else ""
    raise LackingError(
        f"{target.handler_file} needs Django's settings, and {DJANGO_SETTINGS} is not set",
        remedy(words(f"set it{as_in}, with ", Parameter.ENV.of(DJANGO_SETTINGS))),
    )


def other_interface(text: str) -> tuple[str, str, str] | None:
    """Return the app's kind, the server's and a server that fits, if a log shows a mismatch."""
    if any(part in text for part in _ASGI_UNDER_WSGI):
        return "an ASGI", "WSGI", "uvicorn"
    if any(part in text for part in _WSGI_UNDER_ASGI):
        return "a WSGI", "ASGI", "gunicorn"
    return None


def last_line(text: str) -> str:
    """Return the line of an output that says most, as a part in parentheses; empty without output.

    The last error, else the last line that is not about the end, which comes after the cause.
    """
    lines = [line.strip() for line in text.splitlines() if not _OF_THE_END.search(line)]
    lines = [line for line in lines if line]
    errors = [line for line in lines if _ERROR_LINE.match(line)]
    shown = (errors or lines)[-1:]
    return f" (it says last: {shown[0][:MOST_SHOWN].rstrip('.')})" if shown else ""


def _raise_if_not_started(facts: Mapping[str, Any], app: str, line: str) -> None:
    outcome, detail = facts["outcome"], facts["detail"]
    command = words("name the command that starts it with ", Parameter.SERVER)
    if outcome == "settings":
        raise MeasurementError(
            f"Lambda Web Adapter does not start {app}: {detail}",
            remedy("correct that variable", words("set another value with ", Parameter.ENV)),
        )
    if outcome == "no server":
        raise _no_server(detail)
    if outcome == "no file":
        raise MeasurementError(f"`{line}` starts {detail}, which is not there", remedy(command))
    if outcome == "not python":
        raise MeasurementError(
            f"`{line}` does not start a Python program ({detail}), and only Python's imports can "
            "be measured",
            remedy(command),
        )
    if outcome == "not seen":
        raise MeasurementError(
            f"`{line}` got ready, but no process of it that importcost sees has imported "
            f"{app.partition(':')[0]}",
            remedy(
                "name the app that it serves",
                words(
                    "leave out reloading, and workers that are started instead of forked, with "
                    "another command in ",
                    Parameter.SERVER,
                ),
            ),
        )
    if outcome == "no answer":
        raise MeasurementError(
            f"`{line}` got ready, but its process did not react to the signal that asks for its "
            "figures",
            remedy(words("measure it under another server with ", Parameter.SERVER)),
        )


def _no_server(module: str) -> NoServerError:
    distribution = DISTRIBUTIONS.get(module, module)
    return NoServerError(
        f"The measured Python has no {module}",
        remedy(
            words("supply it for this run with ", Parameter.PACKAGES.of(distribution)),
            words("name the app's requirements with ", Parameter.REQUIREMENTS),
            words("its environment with ", Parameter.PYTHON),
            words("another server with ", Parameter.SERVER),
        ),
        module,
        distribution,
    )


def _raise_ended(launch: Launch, facts: Mapping[str, Any], target: Target, line: str) -> None:
    app = f"{target.module}:{target.function or 'app'}"
    text = output_tail(launch)
    if any(part in text for part in ADDRESS_IN_USE):
        raise MeasurementError(
            f"`{line}` ended because its port is taken by another program on this machine",
            remedy(
                words("write $PORT for the port, with ", Parameter.SERVER),
                "end the other program",
            ),
        )
    code = facts["exit_code"]
    absent = absent_app(target.handler_file, target.module, target.function or "app")
    absent = absent if app in line else None
    if absent is not None:
        raise HandlerError(absent, traceback_text=text)
    if code == 0:
        raise HandlerError(
            f"`{line}` ended with exit code 0 before {app} was ready{last_line(text)}",
            remedy(
                "let it stay in the foreground",
                words("name the command that serves the app with ", Parameter.SERVER),
            ),
            traceback_text=text,
        )
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    why = _error_line(launch) or last_line(text)
    refused = refused_words(text, ())
    if refused:
        raise HandlerError(
            f"`{line}` {how} before {app} was ready{why}: it calls out at its start, and nobody "
            f"answered: {refused}",
            NOBODY_NEARBY,
            traceback_text=text,
        )
    needs = CALLS_OUT.search(text)
    raise HandlerError(
        f"`{line}` {how} before {app} was ready{why}",
        remedy(
            words(
                "it calls a database or another server: let it out with ",
                Parameter.NETWORK.of("host"),
            )
            if needs
            else "run the command itself to see why",
            words("set the variables that it reads with ", Parameter.ENV),
        ),
        traceback_text=text,
    )


def _error_line(launch: Launch) -> str:
    """Return the error that ended the server's own process, in parentheses."""
    error = (launch.result or {}).get("error")
    if not error or error["type"] == "SystemExit":
        return ""
    text = f"{error['type']}: {error['message'] or ''}".rstrip(": ")
    return f" ({text[:MOST_SHOWN].rstrip('.')})"
