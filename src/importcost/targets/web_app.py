"""A web app as servers name it, and the command that starts its server."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from importcost.errors import UsageError, remedy, words
from importcost.files.read import text_found
from importcost.model.profile import Target
from importcost.model.web import WebRequest
from importcost.parameters import Parameter

SERVERS: Mapping[str, str] = {
    "uvicorn": "python -m uvicorn --host=127.0.0.1 --port=$PORT --log-level=warning",
    "gunicorn": "python -m gunicorn --bind=127.0.0.1:$PORT --workers=1 --log-level=warning",
}
"""The servers that can be named alone, and what starts each; the app follows."""
ASGI_WORDS = ("fastapi", "starlette", "quart", "litestar", "asgi_application", "async def app")
SHELL_SIGNS = frozenset(("&&", "||", "|", ";", ">", "<", "&"))
_STARTERS = re.compile(
    r"(python[\d.]*|uvicorn|gunicorn|hypercorn|daphne|waitress-serve|flask|\S+\.py)"
)
_APP = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<name>[^\W\d]\w*)(\.\w+)*(\(\))?")


@dataclass(frozen=True, slots=True)
class StartCommand:
    """The words that start a server, its name for reports, and why it is this one."""

    words: tuple[str, ...]
    name: str
    reason: str


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


def choose_server(wanted: str | None, target: Target) -> StartCommand:
    """Return what starts the app's server: as asked, as in run.sh, or as its source needs.

    Raises UsageError for a command line that needs a shell.
    """
    app = f"{target.module}:{target.function or 'app'}"
    if wanted is not None and wanted.strip() not in SERVERS:
        found = _split(wanted)
        return StartCommand(found, _name_of(found), "asked for")
    if wanted is not None:
        name = wanted.strip()
        return StartCommand((*SERVERS[name].split(), app), name, "asked for")
    script = _text(Path(target.task_root, "run.sh"))
    line = _starting_line(script, app)
    if line is not None:
        return StartCommand(line, _name_of(line), "run.sh starts it")
    for name, start in SERVERS.items():
        if name in script:
            return StartCommand((*start.split(), app), name, "run.sh starts it")
    is_asgi = any(word in _text(Path(target.handler_file)).lower() for word in ASGI_WORDS)
    name, kind = ("uvicorn", "ASGI") if is_asgi else ("gunicorn", "WSGI")
    return StartCommand((*SERVERS[name].split(), app), name, f"the app is {kind} by its source")


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
