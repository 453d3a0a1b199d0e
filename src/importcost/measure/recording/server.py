"""The recording endpoint's process: moto's server, with each request written down before it.

Started as `python -m importcost.measure.recording.server` by `endpoint`, in importcost's own
environment, with a word in TOKEN_VARIABLE that only requests of importcost know. It listens on a
free port of 127.0.0.1, prints READY and the port, and ends with the process that started it. It
reaches no other machine: a connection beyond loopback is refused.
"""

from __future__ import annotations

import errno
import http
import io
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from importcost.measure.recording.resources import NeededResource
from importcost.measure.recording.supply import supply
from importcost.measure.recording.wire import ReadCall, WireRequest, read_call

READY = "importcost-recorder"
TOKEN_VARIABLE = "IMPORTCOST_RECORDER_TOKEN"  # noqa: S105 - the variable's name
CONTROL = "/importcost-recorder"
TOKEN_HEADER = "HTTP_X_IMPORTCOST_TOKEN"  # noqa: S105 - the header's name in WSGI
LOOPBACK = "127.0.0.1"
SEED = 42
_PARENT_POLL_S = 0.5
_IN_FLIGHT_S = 10.0
_LOCAL = ("127.", "localhost", "::1")
_ISSUED = re.compile(rb"""[aA]ccessKeyId(?:>|"\s*:\s*")(\w{16,128})""")
_ISSUERS = frozenset(("sts", "cognito-identity", "sso"))

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
WsgiApp = Callable[[Environ, StartResponse], Iterable[bytes]]


class RecordingApp:
    """A WSGI application that answers with moto, and keeps what it was asked."""

    def __init__(self, moto: WsgiApp, token: str) -> None:
        self._moto = moto
        self._token = token
        self._lock = threading.Condition()
        self._pending = 0
        self._calls: list[dict[str, Any]] = []
        self._issued: dict[str, str] = {}

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if environ.get("PATH_INFO", "").startswith(CONTROL):
            return self._control(environ, start_response)
        if environ.get(TOKEN_HEADER) == self._token:
            return self._moto(environ, start_response)  # importcost's own, see supply
        request = _request_of(environ)
        entry: dict[str, Any] = {}
        with self._lock:
            # In the order of arrival, whatever takes how long.
            self._calls.append(entry)
            self._pending += 1
        try:
            call = read_call(request)
            entry.update(self._described(call))
            status, headers, body = _answered(self._moto, environ, call)
            entry["status"] = int(status.split()[0])
            entry["is_answered"] = headers is not None
            if call.service in _ISSUERS:
                self._remember_keys(call, body)
        finally:
            with self._lock:
                self._pending -= 1
                self._lock.notify_all()
        start_response(status, headers or _own_headers(body))
        return [body]

    def _described(self, call: ReadCall) -> dict[str, Any]:
        key = call.signature.key
        return {
            "service": call.service,
            "operation": call.operation,
            "region": call.signature.region,
            "key": self._issued.get(key, key),
            "parameters": [list(pair) for pair in call.parameters],
            "status": 0,
            "is_answered": False,
        }

    def _remember_keys(self, call: ReadCall, body: bytes) -> None:
        """Name issued keys after the call that got them: their ids are new each time."""
        role = next((value for name, value in call.parameters if name == "RoleArn"), "")
        for key in _ISSUED.findall(body):
            of = f" of {role}" if role else ""
            self._issued[key.decode()] = f"the key that {call.operation} returned{of}"

    def _control(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """Answer importcost: POST begins with the resources in its body, GET returns the calls."""
        if environ.get(TOKEN_HEADER) != self._token:
            start_response("403 Forbidden", [("Content-Length", "0")])
            return [b""]
        answer: Any = {}
        if environ["REQUEST_METHOD"] == "POST":
            self._begin(environ)
            with self._lock:
                self._calls, self._issued = [], {}
        else:
            with self._lock:
                # A thread's call may still be answered while the handler has ended.
                self._lock.wait_for(lambda: self._pending == 0, _IN_FLIGHT_S)
                answer = [entry for entry in self._calls if entry]
        body = json.dumps(answer).encode()
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    def _begin(self, environ: Environ) -> None:
        """Empty the account, make what the launch is to find, and seed what moto makes up."""
        from werkzeug.wsgi import get_input_stream

        described = json.loads(get_input_stream(environ).read() or b"[]")
        _own_call(self._moto, "reset")
        # A handler's own functions and jobs would start containers.
        no_containers = {"lambda": {"use_docker": False}, "batch": {"use_docker": False}}
        _own_call(self._moto, "config", no_containers)
        resources = [
            NeededResource(**{**one, "keys": tuple(map(tuple, one["keys"]))}) for one in described
        ]
        address = f"http://{LOOPBACK}:{environ['SERVER_PORT']}"
        supply(resources, address, {"X-Importcost-Token": self._token})
        _own_call(self._moto, f"seed?a={SEED}")


def _request_of(environ: Environ) -> WireRequest:
    """Read the request whole, and leave its body to be read again."""
    from werkzeug.wsgi import get_input_stream

    body = get_input_stream(environ).read()
    environ["wsgi.input"] = io.BytesIO(body)
    environ["CONTENT_LENGTH"] = str(len(body))
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    uri = str(environ.get("RAW_URI") or environ.get("REQUEST_URI") or environ["PATH_INFO"])
    path, _, query = uri.partition("?")
    headers = {
        name[5:].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    return WireRequest(environ["REQUEST_METHOD"], path, query, headers, body)


Answer = tuple[str, list[tuple[str, str]] | None, bytes]
"""Status, headers and body; without headers moto does not implement the operation."""


def _answered(moto: WsgiApp, environ: Environ, call: ReadCall) -> Answer:
    """Return moto's answer, or an error of our own where moto has none."""
    seen: list[Any] = []

    def start_response(status: str, headers: Any, *_: Any) -> None:
        seen[:] = [status, headers]

    try:
        body = b"".join(moto(environ, start_response))
    except Exception:  # noqa: BLE001 - moto raises NotImplementedError, and others by mistake
        return _not_answered(call)
    status, headers = seen
    # moto's routes know no such path: the page that Flask has for that.
    is_lost = status.startswith(("404", "405")) and body[:9].lower() == b"<!doctype"
    if status.startswith("501") or is_lost:
        return _not_answered(call)
    return status, headers, body


def _not_answered(call: ReadCall) -> Answer:
    status = http.HTTPStatus.NOT_IMPLEMENTED
    words = f"The recording endpoint does not implement {call.service} {call.operation}"
    return f"{status.value} {status.phrase}", None, words.encode()


def _own_headers(body: bytes) -> list[tuple[str, str]]:
    """Return the headers of our own answer: clients of JSON services read the error's name here."""
    return [
        ("Content-Type", "text/plain"),
        ("Content-Length", str(len(body))),
        ("x-amzn-errortype", "NotImplemented"),
    ]


def _own_call(moto: WsgiApp, path: str, body: Any = None) -> None:
    """Call moto's own interface in this process."""
    from werkzeug.test import Client

    Client(moto).post(f"/moto-api/{path}", json=body).close()


def refuse_network(event: str, args: tuple[Any, ...]) -> None:
    """Refuse connections beyond loopback: an audit hook of this process."""
    if event != "socket.connect" or not isinstance(args[1], tuple):
        return
    if not str(args[1][0]).startswith(_LOCAL):
        raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))


def _end_with(parent: int) -> None:
    """End this process when the one that started it has gone, however that ended."""
    while os.getppid() == parent:
        time.sleep(_PARENT_POLL_S)
    os._exit(0)


def _quiet_handler() -> Any:
    """Return the class that reads requests: moto's own where it has one."""
    import moto.server
    from werkzeug.serving import WSGIRequestHandler

    base = getattr(moto.server, "MotoRequestHandler", WSGIRequestHandler)
    # Clients keep their connections; nothing is written for each request.
    changed = {"protocol_version": "HTTP/1.1", "log": lambda *_: None}
    return type("QuietHandler", (base,), changed)


def serve(environment: Mapping[str, str]) -> None:
    """Serve until ended."""
    from moto.server import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    sys.addaudithook(refuse_network)
    moto = DomainDispatcherApplication(create_backend_app)
    app = RecordingApp(moto, environment[TOKEN_VARIABLE])
    server = make_server(LOOPBACK, 0, app, threaded=True, request_handler=_quiet_handler())
    print(READY, server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    serve(os.environ)
