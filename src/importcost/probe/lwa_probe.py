"""Runs beside the measured server: starts it, waits for readiness as Lambda Web Adapter does.

Started as `python lwa_probe.py spec.json RESULT`. The server is a child in this process's group, so
that whoever ends the group ends both. Standard library only, Python 3.9 to 3.15; it imports nothing
of importcost and is imported by nothing.

spec.json:
  server       arguments after `python`, `{port}` replaced
  traced       whether the server's Python gets -X importtime
  requests     [[method, path], ...], sent one after the other once the server is ready
  timeout_s    seconds until the server must be ready, and for each answer
  search_path  folders for PYTHONPATH
  bytecode     "zip": nothing outside the standard library has valid bytecode
  without_site whether the server's Python starts without its environment's packages
  runtime_packages  folders whose bytecode counts all the same

RESULT holds {"ready_ns", "status", "polls", "rows", "error", "exit_code", "output", "answers":
[{"status", "first_byte_ns", "first_body_ns", "last_byte_ns", "body_bytes", "bursts", "chunked",
"error"}], "ready_when", "healthy", "deprecated"}. Ready is what the adapter's settings in the
environment say, asked each 10 ms: without any, an answer of 100 to 499 to `GET /`. "ready_when" and
"healthy" say it in words. "deprecated" lists settings whose names the adapter gives up in 2.0.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

POLL_S = 0.01
BURST_NS = 2_000_000
HOST = "127.0.0.1"
# Runs the server's module as -m does, in an interpreter without site, and does site's work.
WITHOUT_SITE = """\
import os, site, sys
for add in (site.setquit, site.setcopyright, site.sethelper):
    add()
for folder in list(sys.path):
    if folder and os.path.isdir(folder):
        for name in sorted(one for one in os.listdir(folder) if one.endswith(".pth")):
            site.addpackage(folder, name, set(sys.path))
site.execsitecustomize()
import runpy
del sys.argv[0]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""
LIMIT = 1 << 16


def free_port() -> int:
    """Return a free port on loopback."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def status_ranges(text: str) -> "list[tuple[int, int]]":
    """Return the ranges of statuses in a text such as `200-399,404`, as the adapter reads it.

    It leaves out what is not a number or two of them, so that a wrong text may hold no status.
    """
    ranges = []
    for part in text.split(","):
        ends = part.strip().split("-")
        if len(ends) <= 2 and all(end.isascii() and end.isdigit() for end in ends):
            ranges.append((int(ends[0]), int(ends[-1])))
    return ranges


class Readiness:
    """The adapter's readiness check by the settings of an environment (its version 1.0).

    Names with the prefix AWS_LWA_ come before those without, which 2.0 gives up. Raises ValueError
    with a sentence for settings with which the adapter does not start.
    """

    def __init__(self, environment: "Any", port: int) -> None:
        self.deprecated: list[str] = []
        self._environment = environment
        # The port of the app is another one here than on Lambda.
        app_port = self._value("PORT", "8080", is_deprecated=False)
        checked = self._value("READINESS_CHECK_PORT", app_port)
        if not (checked.isascii() and checked.isdigit() and int(checked) < 1 << 16):
            raise ValueError("AWS_LWA_READINESS_CHECK_PORT is " + checked + ", which is not a port")
        self.port = port if checked == app_port else int(checked)
        self.path = self._value("READINESS_CHECK_PATH", "/") or "/"
        if self.path[0] not in "/?#":
            raise ValueError(
                "AWS_LWA_READINESS_CHECK_PATH is " + self.path + ", which does not start with /"
            )
        protocol = self._value("READINESS_CHECK_PROTOCOL", "HTTP")
        self.is_tcp = protocol.lower() == "tcp"  # the adapter takes all else for HTTP
        self.healthy = self._healthy()

    def _value(self, name: str, default: str, *, is_deprecated: bool = True) -> str:
        prefixed = "AWS_LWA_" + name
        if prefixed in self._environment:
            return str(self._environment[prefixed])
        if name not in self._environment:
            return default
        if is_deprecated:
            self.deprecated.append(name)
        return str(self._environment[name])

    def _healthy(self) -> "list[tuple[int, int]]":
        name, older = "AWS_LWA_READINESS_CHECK_HEALTHY_STATUS", "MIN_UNHEALTHY_STATUS"
        if name in self._environment:
            return status_ranges(self._environment[name])
        older = "AWS_LWA_READINESS_CHECK_" + older
        if older not in self._environment:
            return [(100, 499)]
        self.deprecated.append(older)
        least = self._environment[older]
        is_number = least.isascii() and least.isdigit()
        return [(100, int(least) - 1 if is_number else 499)]

    def is_healthy(self, status: int) -> bool:
        """Return True if the adapter takes a status for ready."""
        return any(low <= status <= high for low, high in self.healthy)

    @property
    def words(self) -> str:
        """The check in words."""
        if self.is_tcp:
            return "a TCP connection"
        return "GET " + self.path

    def wanted(self) -> str:
        """The statuses that count as ready, in words."""
        ranges = [str(low) if low == high else f"{low} to {high}" for low, high in self.healthy]
        return ", ".join(ranges) or "no status at all"

    def ask(self, timeout_s: float) -> "tuple[bool, int]":
        """Return whether the app is ready now, and the status of its answer, 0 for none."""
        if self.is_tcp:
            try:
                with socket.create_connection((HOST, self.port), timeout=timeout_s):
                    return True, 0
            except OSError:
                return False, 0
        status = ask(self.port, "GET", self.path.partition("#")[0] or "/", timeout_s)["status"]
        return self.is_healthy(status), status


class _Answer:
    """One answer, read as it arrives; times are since `started`, which is before connecting."""

    def __init__(self, started: int) -> None:
        self._started = started
        self._head = b""
        self._last_read = 0
        self.body = 0
        self.facts: dict[str, Any] = {"status": 0, "bursts": 0, "chunked": False, "error": None}

    def take(self, data: bytes) -> None:
        now = time.monotonic_ns() - self._started
        self.facts.setdefault("first_byte_ns", now)
        self.facts["last_byte_ns"] = now
        if "first_body_ns" in self.facts:
            self._take_body(data, now)
            return
        self._head += data
        head, end, rest = self._head.partition(b"\r\n\r\n")
        if end:
            self.facts["chunked"] = b"transfer-encoding: chunked" in head.lower()
            self.facts["status"] = int(head.split(b" ", 2)[1])
            if rest:
                self._take_body(rest, now)

    def _take_body(self, data: bytes, now: int) -> None:
        self.facts.setdefault("first_body_ns", now)
        if self.body == 0 or now - self._last_read > BURST_NS:
            self.facts["bursts"] += 1
        self._last_read = now
        self.body += len(data)
        self.facts["body_bytes"] = self.body


def ask(port: int, method: str, path: str, timeout_s: float) -> "Any":
    """Send one request and return the timing of its answer; `error` is the reason for none."""
    answer = _Answer(time.monotonic_ns())
    request = method + " " + path + " HTTP/1.1\r\nHost: " + HOST + ":" + str(port)
    request += "\r\nUser-Agent: importcost\r\nAccept: */*\r\nConnection: close\r\n"
    request += "Content-Length: 0\r\n\r\n" if method in ("POST", "PUT", "PATCH") else "\r\n"
    try:
        with socket.create_connection((HOST, port), timeout=timeout_s) as link:
            link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            link.sendall(request.encode("latin-1"))
            while True:
                data = link.recv(LIMIT)
                if not data:
                    break
                answer.take(data)
    except (OSError, ValueError, IndexError) as error:
        answer.facts["error"] = type(error).__name__ + ": " + str(error)
    return answer.facts


def wait_until_ready(server: "Any", readiness: Readiness, started: int, timeout_s: float) -> "Any":
    """Poll as the adapter does; return the result."""
    polls, status = 0, 0
    deadline = started + int(timeout_s * 1e9)
    while time.monotonic_ns() < deadline:
        if server.poll() is not None:
            return {"error": "ended", "exit_code": server.returncode, "polls": polls}
        polls += 1
        left_s = max(0.01, (deadline - time.monotonic_ns()) / 1e9)
        is_ready, seen = readiness.ask(left_s)
        status = seen or status
        if is_ready:
            ready = time.monotonic_ns() - started
            return {"error": None, "ready_ns": ready, "status": status, "polls": polls}
        time.sleep(POLL_S)
    return {"error": "not ready", "status": status, "polls": polls}


def _environment(spec: "Any", port: int, scratch: str) -> "dict[str, str]":
    environment = dict(os.environ)
    folders = list(spec["search_path"])
    if spec["bytecode"] == "zip":
        folders.insert(0, os.path.join(scratch, "as_deployed"))
        brought = os.pathsep.join(spec.get("runtime_packages", ()))
        environment["IMPORTCOST_RUNTIME_PACKAGES"] = brought  # sitecustomize.py removes it
    if environment.get("PYTHONPATH"):
        folders.append(environment["PYTHONPATH"])
    environment["PYTHONPATH"] = os.pathsep.join(folders)
    environment.update({"PORT": str(port), "AWS_LWA_PORT": str(port)})
    return environment


def _end(server: "Any") -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(timeout=3)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _text(path: str) -> str:
    with open(path, "rb") as stream:
        return stream.read().decode("latin-1")


def _write(result_file: str, result: "Any") -> None:
    with open(result_file + ".part", "w", encoding="utf-8") as stream:
        json.dump(result, stream)
    os.replace(result_file + ".part", result_file)


def main(spec_file: str, result_file: str) -> None:
    """Start the server once, wait for it, ask it, and end it."""
    with open(spec_file, encoding="utf-8") as stream:
        spec = json.load(stream)
    scratch = os.path.dirname(os.path.abspath(spec_file))
    if spec["bytecode"] == "zip":
        folder = os.path.join(scratch, "as_deployed")
        os.makedirs(folder)
        os.replace(
            os.path.join(scratch, "sitecustomize.py"), os.path.join(folder, "sitecustomize.py")
        )
    port = free_port()
    try:
        readiness = Readiness(os.environ, port)
    except ValueError as error:
        _write(result_file, {"error": "settings", "ready_when": str(error), "rows": ""})
        return
    flags = ["-X", "importtime"] if spec["traced"] else []
    words = [word.replace("{port}", str(port)) for word in spec["server"]]
    if spec.get("without_site"):
        words = ["-S", "-c", WITHOUT_SITE, *words[1:]]
    environment = _environment(spec, port, scratch)
    rows, output = os.path.join(scratch, "server.err"), os.path.join(scratch, "server.out")
    with open(rows, "wb") as rows_stream, open(output, "wb") as output_stream:
        started = time.monotonic_ns()
        server = subprocess.Popen(
            [sys.executable, *flags, *words],
            stdin=subprocess.DEVNULL,
            stdout=output_stream,
            stderr=rows_stream,
            env=environment,
        )
        try:
            result = wait_until_ready(server, readiness, started, spec["timeout_s"])
            asked = spec["requests"] if result["error"] is None else []
            result["answers"] = [
                ask(port, method, path, spec["timeout_s"]) for method, path in asked
            ]
        finally:
            _end(server)
    result["rows"] = _text(rows)
    result["output"] = _text(output)[-4000:]
    result["ready_when"], result["healthy"] = readiness.words, readiness.wanted()
    result["deprecated"] = readiness.deprecated
    _write(result_file, result)


if __name__ == "__main__":
    main(*sys.argv[1:3])
