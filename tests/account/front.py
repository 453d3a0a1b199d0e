"""A server on loopback in front of moto's: serves packages, and fails as AWS does."""

from __future__ import annotations

import http.client
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PACKAGES = "/importcost-packages/"
SIGNATURE = "X-Amz-Signature=canary-signature"
"""In each address of a package: it must reach no output."""

Fault = Callable[[int], "tuple[int, str] | None"]
"""Gives the status and AWS's error code for the n-th request of an operation, or None."""


def always(status: int, code: str) -> Fault:
    """Fail each request."""
    return lambda _count: (status, code)


def from_the(first: int, status: int, code: str) -> Fault:
    """Fail from one request on, counted from 1."""
    return lambda count: (status, code) if count >= first else None


def every_other(status: int, code: str) -> Fault:
    """Fail the first of each two."""
    return lambda count: (status, code) if count % 2 else None


class Front:
    """The server's address, the packages that it serves, the faults, and the requests it saw."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.packages: dict[str, bytes] = {}
        self.faults: dict[str, Fault] = {}
        self.seen: Counter[str] = Counter()

    @property
    def package_requests(self) -> int:
        return self.seen["package"]


def operation_of(method: str, path: str, target: str, body: bytes) -> str:
    """Return AWS's name of a request."""
    if target:
        return target.rpartition(".")[2]
    place = urlsplit(path).path
    if "/operation/" in place:  # CloudWatch's newer protocol
        return place.rpartition("/")[2]
    if b"Action=" in body:
        return parse_qs(body.decode()).get("Action", [""])[0]
    if place.startswith("/2015-03-31/functions"):
        rest = place.removeprefix("/2015-03-31/functions").strip("/")
        if method == "GET":
            return "GetFunction" if rest else "ListFunctions"
        return "CreateFunction"
    if "/layers" in place and method == "GET":
        return "GetLayerVersion"
    return "ListTags" if "/tags/" in place else place


class _Server(ThreadingHTTPServer):
    """Carries what each request needs to know."""

    daemon_threads = True

    def __init__(self, front: Front, host: str, port: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.front, self.behind = front, (host, port)
        self.lock = threading.Lock()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *args: object) -> None:
        pass

    def _serve(self) -> None:
        front = self.server.front
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        is_package = self.path.startswith(PACKAGES)
        target = self.headers.get("X-Amz-Target", "")
        name = "package" if is_package else operation_of(self.command, self.path, target, body)
        with self.server.lock:
            front.seen[name] += 1
            count = front.seen[name]
        fault = front.faults.get(name, lambda _count: None)(count)
        if fault is not None:
            self._fail(*fault)
        elif is_package:
            self._package()
        else:
            self._forward(body)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(body)

    def _package(self) -> None:
        name = urlsplit(self.path).path.removeprefix(PACKAGES)
        data = self.server.front.packages.get(name)
        if data is None or SIGNATURE not in self.path:
            self._answer(403, b"<Error>denied</Error>", {"Content-Type": "application/xml"})
        else:
            self._answer(200, data, {"Content-Type": "application/zip"})

    def _fail(self, status: int, code: str) -> None:
        said = json.dumps({"__type": code, "code": code, "message": f"canary-said {code}"})
        kinds = {"x-amzn-ErrorType": code, "x-amzn-query-error": f"{code};Sender"}
        self._answer(status, said.encode(), {**kinds, "Content-Type": "application/json"})

    def _forward(self, body: bytes) -> None:
        host, port = self.server.behind
        passed = {key: value for key, value in self.headers.items() if key != "Host"}
        link = http.client.HTTPConnection(host, port, timeout=60)
        try:
            link.request(self.command, self.path, body, {**passed, "Host": f"{host}:{port}"})
            answer = link.getresponse()
            data = self._page_of(self._with_served(answer.read()))
        finally:
            link.close()
        own = ("content-length", "connection", "date", "server")
        kept = {key: value for key, value in answer.getheaders() if key.lower() not in own}
        self._answer(answer.status, data, kept)

    def _page_of(self, data: bytes) -> bytes:
        """Let functions come in pages: moto lists all of them at once."""
        if not data.startswith(b'{"Functions"'):
            return data
        asked = parse_qs(urlsplit(self.path).query)
        most, start = int(asked["MaxItems"][0]), int(asked.get("Marker", ["0"])[0])
        found = json.loads(data)
        whole = sorted(found["Functions"], key=lambda one: str(one["FunctionName"]))
        page = {"Functions": whole[start : start + most]}
        if start + most < len(whole):
            page["NextMarker"] = str(start + most)
        return json.dumps(page).encode()

    def _with_served(self, data: bytes) -> bytes:
        """Let addresses of packages lead here: moto's own are not served."""
        if b'"Location"' not in data:
            return data
        found = json.loads(data)
        address = f"{self.server.front.url}{PACKAGES}{{}}?{SIGNATURE}"
        if "Location" in found.get("Code", {}):
            found["Code"]["Location"] = address.format(found["Configuration"]["FunctionName"])
        elif "Content" in found:
            name = found["LayerVersionArn"].split(":")[-2]
            found["Content"]["Location"] = address.format(name)
        return json.dumps(found).encode()

    do_GET = do_POST = do_PUT = do_DELETE = _serve  # noqa: N815 - http.server's names


@contextmanager
def front_of(moto_url: str) -> Iterator[Front]:
    """Start the server in front of moto's address."""
    address = urlsplit(moto_url)
    front = Front("")
    server = _Server(front, str(address.hostname), int(address.port or 80))
    front.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield front
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
