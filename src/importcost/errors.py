"""The exceptions that reach the user, each with its exit code.

Every message is one sentence (or a sentence and the handler's own traceback) that says what
happened, where, and what to do next.
"""

from __future__ import annotations


class ImportcostError(Exception):
    """Base of all errors shown to the user as one sentence, without a traceback."""

    exit_code = 1


class UsageError(ImportcostError):
    """The command line or the configuration cannot be carried out as written."""

    exit_code = 2


class MeasurementError(ImportcostError):
    """No measurement came about: the handler failed, no engine answers, time ran out."""

    exit_code = 3


class NoNetworkError(MeasurementError):
    """Packages had to be installed, and no package index can be reached."""


class HandlerError(MeasurementError):
    """The handler itself failed during init.

    `traceback_text` is the handler's own traceback, empty where there is none (a crash,
    `os._exit`, a timeout).
    """

    def __init__(self, message: str, traceback_text: str = "") -> None:
        super().__init__(message)
        self.traceback_text = traceback_text


class LackingError(HandlerError):
    """Init lacks modules or variables; the message names all that could be found."""


class InterruptedByUserError(ImportcostError):
    """Ctrl-C, SIGTERM or SIGHUP ended the command; everything started has been removed."""

    exit_code = 130
