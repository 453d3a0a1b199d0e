"""Explain an init that failed because it calls something outside: AWS, a database, the web."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from importcost.errors import Trouble, remedy, words
from importcost.model.results.network import NetworkAttempt
from importcost.parameters import Parameter

NOT_ANSWERED = "importcost.NotAnswered"
"""The type of the probe's error for an init that goes on trying; see probe.py."""
MOST_PLACES = 3

# The types that clients raise if nobody answers: botocore, urllib3, requests, httpx and aiohttp,
# urllib, socket, pymongo, redis and the clients of PostgreSQL and MySQL.
_NO_ANSWER = frozenset(
    (
        "EndpointConnectionError",
        "ConnectTimeoutError",
        "ConnectionClosedError",
        "HTTPClientError",
        "ProxyConnectionError",
        "MaxRetryError",
        "NewConnectionError",
        "NameResolutionError",
        "ConnectionError",
        "ConnectTimeout",
        "ConnectError",
        "ClientConnectorError",
        "ClientConnectorDNSError",
        "URLError",
        "gaierror",
        "ConnectionRefusedError",
        "ServerSelectionTimeoutError",
        "NoResolverConfiguration",
        "LifetimeTimeout",
        "NoNameservers",
    )
)
_NO_ANSWER_TEXT = re.compile(
    r"Name or service not known|name resolution|Network is unreachable|Connection refused"
    r"|could not translate host name|Can't connect to (?:MySQL )?server|Could not connect to",
    re.IGNORECASE,
)
_NOT_LET_IN = frozenset(("NoCredentialsError", "PartialCredentialsError", "TokenRetrievalError"))
_NOT_LET_IN_TEXT = re.compile(
    r"\((?:UnrecognizedClientException|InvalidClientTokenId|InvalidSignatureException"
    r"|SignatureDoesNotMatch|AuthFailure|InvalidAccessKeyId|InvalidToken|ExpiredToken"
    r"|ExpiredTokenException|AccessDenied|AccessDeniedException|UnauthorizedOperation)\)"
)
_REFUSED = re.compile(
    r"[Cc]onnection refused|Connect call failed|\b(?:Errno|Error|error:?) ?(?:111|61)\b"
)
_THIS_MACHINE = ("127.", "localhost", "::1", "0.0.0.0")  # noqa: S104 - compared, not bound
_PLACE_IN_TEXT = re.compile(
    r"(?P<host>localhost|127\.[\d.]*\d|::1)['\"\])]*(?:, (?:port )?|:| port )(?P<port>\d{1,5})"
)
NOBODY_NEARBY = remedy(
    "start there what it asks for",
    words("name another place in the variables that it reads, with ", Parameter.ENV),
    "move the call to where the first request needs it",
)
_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+), in ', re.MULTILINE)


def call_that_failed(
    error: Mapping[str, Any],
    handler_file: str,
    task_root: str,
    attempts: Sequence[NetworkAttempt] = (),
    nearby: Sequence[str] = (),
) -> Trouble | None:
    """Explain that init ended at a call to the outside, or return None.

    `error` is the probe's, with its type, message and traceback, `attempts` are the requests
    that were refused before, and `nearby` the places on this machine that were asked.
    """
    kind, message = error["type"], error["message"] or ""
    what = f"{kind}: {message}".rstrip(". ") if message else kind
    if kind == NOT_ANSWERED:
        happened, what = "nobody answered", "it went on trying"
    elif kind in _NOT_LET_IN or _NOT_LET_IN_TEXT.search(message):
        happened = "the call was rejected"
    elif _has_no_answer(kind, message) or any(
        _is_behind(one, error["traceback"]) for one in attempts
    ):
        happened = "nobody answered"
    else:
        return None
    where = _own_place(attempts) or own_line(error["traceback"], handler_file, task_root)
    refused = not attempts and refused_words(what, nearby)
    if refused:
        return Trouble(
            f"{where} calls out while it is imported, and nobody answered ({what}): {refused}",
            NOBODY_NEARBY,
        )
    asked = f" {attempted_places(attempts)}," if attempts else ""
    return Trouble(
        f"{where} calls out while it is imported,{asked} and {happened} ({what}): importcost runs "
        "init without your credentials, and lets it reach no other machine",
        remedy(
            words("let a mock answer AWS calls with ", Parameter.MOCK_AWS),
            words(
                *("pass them with ", Parameter.ENV_FILE.named(), " and let it out with "),
                Parameter.NETWORK.of("host"),
            ),
            "move the call into the handler",
            mark=";",
        ),
    )


def refused_words(said: str, asked: Sequence[str]) -> str | None:
    """Return the words for a connection to this machine that it refused, None for another failure.

    `said` is what the app or its server wrote, `asked` the places that it connected to.
    """
    if not _REFUSED.search(said):
        return None
    ports = set(re.findall(r"\d+", said))
    named = [place for place in asked if place.rpartition(":")[2] in ports] or list(asked[-1:])
    found = _PLACE_IN_TEXT.search(said)
    place = named[-1] if named else (f"{found['host']}:{found['port']}" if found else None)
    if place is not None and not place.startswith(_THIS_MACHINE):
        return None
    return f"nothing listens on {place} here" if place else "nothing listens on the port it asks"


def _has_no_answer(kind: str, message: str) -> bool:
    return kind in _NO_ANSWER or bool(kind != "RuntimeError" and _NO_ANSWER_TEXT.search(message))


def attempted_places(attempts: Sequence[NetworkAttempt]) -> str:
    """Return the places that were asked in words, the first few of them."""
    shown = [f"to {one.place}" for one in attempts[:MOST_PLACES]]
    more = len(attempts) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _is_behind(attempt: NetworkAttempt, traceback: str) -> bool:
    """Return True if a refused request is on the way to an error of any other type."""
    return attempt.file is not None and f'"{attempt.file}", line {attempt.line},' in traceback


def _own_place(attempts: Sequence[NetworkAttempt]) -> str | None:
    """Return the line of the own code that asked last, None if none did."""
    found = [f"{one.file} line {one.line}" for one in attempts if one.file is not None]
    return found[-1] if found else None


def own_line(traceback: str, handler_file: str, task_root: str) -> str:
    """Return the last line of the function's own code in a traceback, as `file line N`."""
    root = task_root.rstrip("/") + "/"
    frames = [
        (frame["file"], frame["line"])
        for frame in _FRAME.finditer(traceback)
        if frame["file"] == handler_file or frame["file"].startswith((root, "/var/task/"))
    ]
    return "{} line {}".format(*frames[-1]) if frames else handler_file
