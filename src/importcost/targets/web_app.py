"""A web app as servers name it, and the command that starts its server."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from importcost.errors import UsageError, remedy, words
from importcost.files.read import text_found
from importcost.model.profile import Target
from importcost.model.web import AppKind, WebRequest
from importcost.parameters import Parameter
from importcost.targets.app_source import kind_by_source, makes_app, server_facts

SHELL_SIGNS = frozenset(("&&", "||", "|", ";", ">", "<", "&"))
_STARTERS = re.compile(
    r"(python[\d.]*|uvicorn|gunicorn|hypercorn|granian|daphne|waitress-serve|flask|fastapi|\S+\.py)"
)
_APP = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<name>[^\W\d]\w*)(\.\w+)*(\(\))?")


@dataclass(frozen=True, slots=True)
class StartCommand:
    """The words that start a server, its name for reports, and why it is this one.

    `is_factory` is true if the app's name is a function that makes the app. `kind` is the app's by
    its source, None if that does not say. `is_assumed` is true if only importcost names the
    command, so that the deployed packages need not have its program.
    """

    words: tuple[str, ...]
    name: str
    reason: str
    is_factory: bool = False
    kind: AppKind | None = None
    is_assumed: bool = False


def split_app(text: str) -> tuple[str, str] | None:
    """Return module and name of `package.main:app`, None for another kind of text."""
    found = _APP.fullmatch(text)
    if found is None or text.endswith(".py") or found["module"].endswith(".py"):
        return None  # a file, or a file and its function
    return found["module"], found["name"]


def parse_requests(texts: tuple[str, ...]) -> tuple[WebRequest, ...]:
    """Return the requests. Raises UsageError for an invalid one."""
    return tuple(_request(text) for text in texts)


def _request(text: str) -> WebRequest:
    try:
        return parse_request(text)
    except ValueError:
        raise UsageError(
            f"--request '{text}' is not a request: write it like 'GET /chat'."
        ) from None


def parse_request(text: str) -> WebRequest:
    """Return the request that `GET /chat` or `/chat` names. Raises ValueError for neither.

    What is not ASCII in the path is percent-encoded, as a browser or a gateway sends it.
    """
    parts = text.split()
    if len(parts) == 1:
        parts = ["GET", *parts]
    if len(parts) != 2 or not parts[1].startswith("/"):
        raise ValueError(text)
    method, path = parts
    if not (method.isascii() and method.isalpha()):
        raise ValueError(text)
    encoded = (sign if sign.isascii() else quote(sign, errors="surrogateescape") for sign in path)
    return WebRequest(method.upper(), "".join(encoded))


def choose_server(wanted: str | None, target: Target, text: str = "") -> StartCommand:
    """Return what starts the app's server: as asked, as in run.sh, or as its source needs.

    `text` is the app as it was named; `main:create_app()` is made by a function. Raises UsageError
    for a command line that needs a shell, and for a server that does not serve such an app.
    """
    app = f"{target.module}:{target.function or 'app'}"
    is_factory = text.endswith("()") or makes_app(target)
    kind = kind_by_source(target)
    if wanted is not None and wanted.strip() not in server_names():
        found = _split(wanted)
        return StartCommand(found, _name_of(found), "asked for", _calls(found, app), kind)
    if wanted is not None:
        return _named(wanted.strip(), target, kind, "asked for", is_factory=is_factory)
    script = _text(Path(target.task_root, "run.sh"))
    line = _starting_line(script, app)
    if line is not None:
        return StartCommand(line, _name_of(line), "run.sh starts it", _calls(line, app), kind)
    for name in server_names():
        if name in script:
            named = _named(name, target, kind, "run.sh starts it", is_factory=is_factory)
            return replace(named, is_assumed=False)
    name = "uvicorn" if kind is AppKind.ASGI else "gunicorn"
    shown = (kind or AppKind.WSGI).name
    reason = f"the app is {shown} by its source" if kind else "no ASGI framework shows"
    return _named(name, target, kind, reason, is_factory=is_factory)


def server_names() -> tuple[str, ...]:
    """Return the servers that can be named alone."""
    return tuple(one["name"] for one in server_facts()["servers"])


def names_serving(kind: AppKind | None) -> tuple[str, ...]:
    """Return the known servers that serve a kind of app, all if it is not known."""
    return tuple(
        one["name"] for one in server_facts()["servers"] if kind is None or one[kind.value]
    )


def _named(
    name: str, target: Target, kind: AppKind | None, reason: str, *, is_factory: bool
) -> StartCommand:
    """Return what starts a known server with the app. Raises UsageError if it cannot serve it.

    An app whose source does not say its kind is taken for what the server serves.
    """
    server = next(one for one in server_facts()["servers"] if one["name"] == name)
    app = f"{target.module}:{target.function or 'app'}"
    order = (AppKind.WSGI, AppKind.ASGI) if name == "gunicorn" else (AppKind.ASGI, AppKind.WSGI)
    served = kind or next(one for one in order if server[one.value] is not None)
    part = server[f"{served.value}_factory" if is_factory else served.value]
    if part is None:
        what = "a function that makes the app" if server[served.value] else f"{served.name} apps"
        others = (
            one["name"] for one in server_facts()["servers"]
            if one[f"{served.value}_factory" if is_factory else served.value]
        )  # fmt: skip
        raise UsageError(
            words(f"{name} does not serve {what}, which {app} is by its source"),
            remedy(words("name another server with ", Parameter.SERVER, f": {', '.join(others)}")),
        )
    line = f"{server['start']} {part.format(app=app)}"
    return StartCommand(tuple(line.split()), name, reason, is_factory, kind, is_assumed=True)


def _calls(start: Sequence[str], app: str) -> bool:
    """Return True if a command tells its server to call the app's name."""
    is_told = any(one in start for one in ("--factory", "--call"))
    return is_told or any(word.endswith(f"{app}()") for word in start)


def _split(text: str) -> tuple[str, ...]:
    again = remedy(words("name one command with ", Parameter.SERVER.named()))
    try:
        found = tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            f"The server's command `{text}` has an open quote ({error})", again
        ) from None
    if not found:
        raise UsageError("The server's command is empty", again)
    if SHELL_SIGNS & set(found) or any(word.endswith(";") for word in found):
        raise UsageError(f"The server's command `{text}` needs a shell", again)
    return found


def _starting_line(script: str, app: str) -> tuple[str, ...] | None:
    """Return the words of a script's line that starts the app's server, None if none does."""
    for line in reversed(script.replace("\\\n", " ").splitlines()):
        try:
            found = tuple(shlex.split(line, comments=True))
        except ValueError:
            continue
        plain = [word for word in found if word != "exec" and not _is_assignment(word)]
        is_start = bool(plain) and _STARTERS.fullmatch(Path(plain[0]).name) is not None
        if is_start and app.partition(":")[0] in line and not SHELL_SIGNS & set(found):
            return found
    return None


def _name_of(start: tuple[str, ...]) -> str:
    """Return the name of the program that a command starts: `gunicorn` of `python -m gunicorn`."""
    plain = [word for word in start if word != "exec" and not _is_assignment(word)]
    if "-m" in plain[:-1] and plain[0].rpartition("/")[2].startswith("python"):
        return plain[plain.index("-m") + 1]
    if plain and plain[0].rpartition("/")[2].startswith("python"):
        plain = [word for word in plain[1:] if not word.startswith("-")] or plain
    return plain[0].rpartition("/")[2] if plain else start[0]


def _is_assignment(word: str) -> bool:
    name, equals, _ = word.partition("=")
    return bool(equals) and name.isidentifier()


def _text(path: Path) -> str:
    try:
        return text_found(path, errors="replace")
    except OSError:
        return ""
