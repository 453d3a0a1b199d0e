"""Explain an init that failed because it calls something outside: AWS, a database, the web."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from importcost.errors import Trouble, remedy, words
from importcost.parameters import Parameter

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
_FRAME = re.compile(r'^  File "(?P<file>.+)", line (?P<line>\d+), in ', re.MULTILINE)


def call_that_failed(error: Mapping[str, Any], handler_file: str, task_root: str) -> Trouble | None:
    """Explain that init ended at a call to the outside, or return None.

    `error` is the probe's, with its type, message and traceback.
    """
    kind, message = error["type"], error["message"] or ""
    if kind in _NOT_LET_IN or _NOT_LET_IN_TEXT.search(message):
        happened = "the call was rejected"
    elif kind in _NO_ANSWER or (kind != "RuntimeError" and _NO_ANSWER_TEXT.search(message)):
        happened = "nobody answered"
    else:
        return None
    what = f"{kind}: {message}" if message else kind
    return Trouble(
        f"{_place(error['traceback'], handler_file, task_root)} calls out while it is imported, "
        f"and {happened} ({what.rstrip('. ')}): importcost runs init without your credentials, and "
        "a container has no network",
        remedy(
            words("pass them with ", Parameter.ENV_FILE.named(), " and ", Parameter.NETWORK),
            "move the call into the handler",
            mark=";",
        ),
    )


def _place(traceback: str, handler_file: str, task_root: str) -> str:
    """Return the last line of the function's own code in a traceback, as `file line N`."""
    root = task_root.rstrip("/") + "/"
    frames = [
        (frame["file"], frame["line"])
        for frame in _FRAME.finditer(traceback)
        if frame["file"] == handler_file or frame["file"].startswith((root, "/var/task/"))
    ]
    return "{} line {}".format(*frames[-1]) if frames else handler_file
