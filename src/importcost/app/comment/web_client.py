"""Ask a provider's API: JSON over HTTP, without ever saying the token."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from importcost.errors import MeasurementError

TIMEOUT_S = 30.0
_LARGEST_BYTES = 50_000_000
_DENIED = frozenset({401, 403})
_BUSY = frozenset({408, 425, 429})


class CommentDeniedError(MeasurementError):
    """The token may not do this."""


class ApiBusyError(MeasurementError):
    """The server failed or was too busy; trying again may help."""


class ApiAbsentError(MeasurementError):
    """There is no such thing, or it is not visible with this token."""


class ApiConflictError(MeasurementError):
    """Somebody else changed it at the same time."""


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """An answer: its JSON, None without any, and its headers by lower-case names."""

    data: Any
    headers: Mapping[str, str]


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token would go along to another host."""

    def redirect_request(self, *_args: Any, **_more: Any) -> None:
        """Return nothing, so that the redirect itself is the answer."""


@dataclass(frozen=True, slots=True)
class WebClient:
    """Asks the API below `base`; `headers` hold the token and are in no message."""

    base: str
    headers: Mapping[str, str] = field(repr=False)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> ApiAnswer:
        """Send one request. `path` continues `base`, or is a whole address on the same host.

        Raises CommentDeniedError, ApiAbsentError, ApiConflictError or ApiBusyError by the status,
        else MeasurementError.
        """
        address = self._address(path)
        data = None if body is None else json.dumps(body).encode()
        headers = {"Accept": "application/json", "User-Agent": "importcost", **self.headers}
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(address, data, headers, method=method)  # noqa: S310
        try:
            opener = urllib.request.build_opener(_NoRedirects)
            with opener.open(request, timeout=TIMEOUT_S) as answer:
                text = answer.read(_LARGEST_BYTES)
                found = {name.lower(): value for name, value in answer.headers.items()}
        except urllib.error.HTTPError as error:
            error.close()
            raise self._failure(method, address, error.code) from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            raise ApiBusyError(
                f"{self._host} does not answer ({reason}): try again, or check the address that "
                "the CI server sets."
            ) from None
        return ApiAnswer(_json(text, self._host), found)

    def _address(self, path: str) -> str:
        if "://" not in path:
            return f"{self.base.rstrip('/')}/{path.lstrip('/')}"
        # A next page elsewhere would get the token.
        if urlsplit(path)[:2] != urlsplit(self.base)[:2]:
            raise MeasurementError(f"{self._host} named a page on another host: report this to it.")
        return path

    @property
    def _host(self) -> str:
        return urlsplit(self.base).hostname or "the server"

    def _failure(self, method: str, address: str, code: int) -> MeasurementError:
        where = f"{method} {urlsplit(address).path} on {self._host} answered {code}"
        if code in _DENIED:
            return CommentDeniedError(f"{where}: give the token the permission to comment.")
        if code in (404, 410):
            return ApiAbsentError(
                f"{where}: check the pull request's number and the token's scope."
            )
        if code in (409, 422):
            return ApiConflictError(f"{where}: try again.")
        if code >= 500 or code in _BUSY:
            return ApiBusyError(f"{where}: try again later.")
        return MeasurementError(f"{where}: check the address and the token.")


def _json(text: bytes, host: str) -> Any:
    if not text.strip():
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise ApiBusyError(f"{host} did not answer with JSON: check the address.") from None
