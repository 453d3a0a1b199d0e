"""Run handlers' processes where nothing but a made-up AWS can be reached. Runs in their Python.

    unshare --net --mount python stage.py

Reads one job a line from standard input and writes one result a line. Each job starts `call.py` in
a mount namespace of its own: /tmp is empty, everything else read-only. The only address that
answers is the endpoint in this process, which records each request and makes up its answer.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from answers import Answer, Request, answer

PORT = 4599
CALL = Path(__file__).with_name("call.py")
PRIVATE = """
mount --make-rprivate / && mount -t tmpfs tmpfs /tmp && mkdir /tmp/home || exit 90
cp "$1" /tmp/home/spec.json && mount -o remount,bind,ro / || exit 91
"$2" "$3" /tmp/home/spec.json /tmp/home/result.json >/tmp/home/said 2>&1
cat /tmp/home/said >&2
cat /tmp/home/result.json
"""
"""Arguments: the spec, the Python, and call.py. A result goes to standard output."""
IFF_UP = 1


class Recorder:
    """The requests since the last reset, in order, with marks of where each call begins."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.rows: list[dict[str, Any]] = []
        self.bag: dict[str, Any] = {}

    def reset(self, bag: dict[str, Any]) -> None:
        with self.lock:
            self.rows, self.bag = [], bag

    def add(self, **row: Any) -> None:
        with self.lock:
            self.rows.append(row)


RECORDER = Recorder()


class Endpoint(BaseHTTPRequestHandler):
    """Answers AWS's requests, those that come as to a proxy, and marks."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None: ...

    def handle_one_request(self) -> None:
        with contextlib.suppress(ConnectionError):
            super().handle_one_request()

    def reply(self) -> None:
        headers = {name.lower(): text for name, text in self.headers.items()}
        body = self.read_body(headers)
        if self.path.startswith("/importcost-mark/"):
            RECORDER.add(mark=self.path.rpartition("/")[2])
            self.send(Answer(200, {"connection": "close"}, b"", "", ""))
            return
        if "AWS4-HMAC" not in headers.get("authorization", "") and "X-Amz-" not in self.path:
            RECORDER.add(
                service="http", operation=f"{self.command} {self.path}", body=shown(headers, body)
            )
            found = json.dumps(RECORDER.bag).encode()
            self.send(Answer(200, {"content-type": "application/json"}, found, "http", ""))
            return
        made = answer(Request(self.command, self.path, headers, body), RECORDER.bag)
        RECORDER.add(
            service=made.service,
            operation=made.operation,
            path=self.path,
            signed=headers.get("authorization", "").partition("Credential=")[2].partition(",")[0],
            body=shown(headers, body),
        )
        self.send(made)

    def read_body(self, headers: dict[str, str]) -> bytes:
        if headers.get("transfer-encoding", "") == "chunked":
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(parts)
        return self.rfile.read(int(headers.get("content-length", 0) or 0))

    def send(self, made: Answer) -> None:
        self.send_response(made.status)
        for name, text in made.headers.items():
            self.send_header(name, text)
        self.send_header("content-length", str(len(made.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(made.body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = reply  # noqa: N815

    def do_CONNECT(self) -> None:
        RECORDER.add(service="http", operation=f"CONNECT {self.path}", body="")
        self.send(Answer(502, {"connection": "close"}, b"", "http", ""))


def shown(headers: dict[str, str], body: bytes) -> str:
    """Return a body as text; JSON with its keys in order."""
    text = body.decode("utf-8", "backslashreplace")
    if "json" in headers.get("content-type", ""):
        with contextlib.suppress(ValueError):
            text = json.dumps(json.loads(text), sort_keys=True)
    return text[:20000]


def switch_loopback_on() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        request = struct.pack("16sh", b"lo", IFF_UP)
        fcntl.ioctl(control, 0x8914, request)  # SIOCSIFFLAGS


def run(job: dict[str, Any]) -> dict[str, Any]:
    """Run one process and return what it said, with the requests that it made."""
    RECORDER.reset(job["bag"])
    with tempfile.TemporaryDirectory(prefix="stage-", dir=job["work"]) as folder:
        spec = Path(folder, "spec.json")
        spec.write_text(json.dumps({**job["spec"], "port": PORT}))
        command = ["unshare", "--mount", "sh", "-c", PRIVATE, "sh"]
        process = subprocess.Popen(
            [*command, str(spec), sys.executable, str(CALL)],
            env=job["variables"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        ended = True
        try:
            result, said = process.communicate(timeout=job["limit_s"])
        except subprocess.TimeoutExpired:
            ended = False
            os.killpg(process.pid, signal.SIGKILL)
            result, said = process.communicate()
        found = {"ended": ended, "said": said.decode("utf-8", "replace")[-5000:]}
        with contextlib.suppress(ValueError):
            found["result"] = json.loads(result)
        return {**found, "requests": list(RECORDER.rows)}


def main() -> None:
    switch_loopback_on()
    server = ThreadingHTTPServer(("127.0.0.1", PORT), Endpoint)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
