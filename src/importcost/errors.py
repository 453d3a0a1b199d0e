"""The exceptions that reach the user, each with its exit code.

An error carries what happened, its facts and a remedy as values. Nothing here depends on the
reader: `worded` makes the sentence, for a user of options or of settings. It says what happened,
where, and what to do next; the handler's own traceback is separate.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from importcost.parameters import Mention, Parameter

MessagePart = str | Parameter | Mention


class Audience(Enum):
    """The reader of a sentence: a user of options, or an author of settings."""

    OPTIONS = "options"
    SETTINGS = "settings"


class Words(NamedTuple):
    """Text that mentions parameters, which are replaced by the reader's spelling."""

    parts: tuple[MessagePart, ...]

    def to(self, reader: Audience) -> str:
        """Return the text for a reader."""
        return "".join(_part(part, reader) for part in self.parts)

    def __str__(self) -> str:
        """Return the text for the command line."""
        return self.to(Audience.OPTIONS)


def words(*parts: MessagePart | Words) -> Words:
    """Return text with mentions of parameters in it."""
    flat: list[MessagePart] = []
    for part in parts:
        flat += part.parts if isinstance(part, Words) else (part,)
    return Words(tuple(flat))


class Remedy(NamedTuple):
    """The next step: one way, or several of which the user chooses.

    `mark` comes between the event and the remedy; after a full stop a sentence begins.
    """

    ways: tuple[Words, ...]
    mark: str = ":"

    def to(self, reader: Audience) -> str:
        """Return the ways as one clause: `a`, `a, or b`, `a, b, or c`."""
        texts = [way.to(reader) for way in self.ways]
        clause = ", or ".join(filter(None, [", ".join(texts[:-1]), texts[-1]]))
        return clause[0].upper() + clause[1:] if self.mark == "." else clause


def remedy(*ways: str | Words, mark: str = ":") -> Remedy:
    """Return the remedy of an error; the last way is the one after `or`."""
    return Remedy(tuple(way if isinstance(way, Words) else words(way) for way in ways), mark)


class Trouble(NamedTuple):
    """An event and its remedy, before anybody raises it.

    Without a remedy `what` is a whole sentence; with one it ends without a full stop.
    """

    what: str | Words
    remedy: Remedy | None = None

    def to(self, reader: Audience) -> str:
        """Return the sentence for a reader."""
        what = self.what if isinstance(self.what, str) else self.what.to(reader)
        sentence = what
        if self.remedy is not None:
            sentence = f"{what}{self.remedy.mark} {self.remedy.to(reader)}."
        from importcost.secrecy import without_credentials  # errors are few, its patterns slow

        return without_credentials(sentence)  # of a git remote or an index, of a handler's message

    def __str__(self) -> str:
        """Return the sentence for the command line."""
        return self.to(Audience.OPTIONS)


class ImportcostError(Exception):
    """Base of all errors shown to the user as one sentence, without a traceback."""

    exit_code = 1

    def __init__(self, what: str | Words, remedy: Remedy | None = None) -> None:
        self.trouble = Trouble(what, remedy)
        super().__init__(str(self.trouble))


class UsageError(ImportcostError):
    """The command line or the configuration cannot be carried out as written."""

    exit_code = 2


class MeasurementError(ImportcostError):
    """The measurement failed: the handler failed, no engine answers, time ran out."""

    exit_code = 3


class NoCounterError(MeasurementError):
    """A way to count instructions does not work here; the message is its reason, a clause."""


class NoNetworkError(MeasurementError):
    """Packages had to be installed, and no package index can be reached."""


class NoServerError(MeasurementError):
    """The program of a web app's server is not there; `distribution` has it, as `module`."""

    def __init__(self, what: str, remedy: Remedy, module: str, distribution: str) -> None:
        super().__init__(what, remedy)
        self.module, self.distribution = module, distribution


class HandlerError(MeasurementError):
    """The handler itself failed during init.

    `traceback_text` is the handler's own traceback, empty if there is none (a crash, `os._exit`, a
    timeout).
    """

    def __init__(
        self, what: str | Words, remedy: Remedy | None = None, *, traceback_text: str = ""
    ) -> None:
        super().__init__(what, remedy)
        self.traceback_text = traceback_text


class LackingError(HandlerError):
    """Init lacks modules or variables; the message names all that were found."""


class TimedOutError(HandlerError):
    """The handler did not end within the seconds that a launch may take."""


class OwnTestsError(MeasurementError):
    """The user's own tests cannot judge a change: they fail without one.

    `tail` are the last lines of their output.
    """

    def __init__(self, what: str | Words, remedy: Remedy | None = None, *, tail: str = "") -> None:
        super().__init__(what, remedy)
        self.tail = tail


def worded(error: BaseException, reader: Audience) -> str:
    """Return the sentence of an error for a reader; of any other exception, its text."""
    return error.trouble.to(reader) if isinstance(error, ImportcostError) else str(error)


def _part(part: MessagePart, reader: Audience) -> str:
    if isinstance(part, str):
        return part
    mention = Mention(part) if isinstance(part, Parameter) else part
    return mention.as_option() if reader is Audience.OPTIONS else mention.as_setting()
