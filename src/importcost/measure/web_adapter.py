"""Start a web app's server as Lambda Web Adapter does, wait for it, and send requests."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from importcost.errors import HandlerError, MeasurementError, remedy, words
from importcost.measure.programs import read_program
from importcost.measure.runners.base import Runner
from importcost.measure.session import Subject
from importcost.model.results.web_adapter import WebAnswer, WebRequest
from importcost.parameters import Parameter

SERVERS: Mapping[str, tuple[str, ...]] = {
    "uvicorn": ("-m", "uvicorn", "--host=127.0.0.1", "--port={port}", "--log-level=warning"),
    "gunicorn": ("-m", "gunicorn", "--bind=127.0.0.1:{port}", "--workers=1", "--log-level=warning"),
}
NO_MODULE = re.compile(r"No module named '?([\w.]+)'?")


@dataclass(frozen=True, slots=True)
class WebRun:
    """One start of the server: process start to readiness, microseconds, and the answers.

    `ready_when` is the adapter's check in words. `deprecated` are the variables in it whose names
    the adapter gives up in 2.0. `rows_text` is a traced run's standard error.
    """

    ready_us: int
    status: int
    ready_when: str
    deprecated: tuple[str, ...]
    polls: int
    answers: tuple[WebAnswer, ...]
    rows_text: bytes


def parse_request(text: str) -> WebRequest:
    """Return the request that `GET /chat` or `/chat` names. Raises ValueError for neither.

    What is not ASCII in the path is percent-encoded, as a browser or a gateway sends it.
    """
    words = text.split()
    if len(words) == 1:
        words = ["GET", *words]
    if len(words) != 2 or not words[1].startswith("/"):
        raise ValueError(text)
    method, path = words
    if not (method.isascii() and method.isalpha()):
        raise ValueError(text)
    encoded = (sign if sign.isascii() else quote(sign, errors="surrogateescape") for sign in path)
    return WebRequest(method.upper(), "".join(encoded))


def launch_server(
    runner: Runner,
    subject: Subject,
    server: str,
    requests: tuple[WebRequest, ...],
    *,
    is_traced: bool,
) -> WebRun:
    """Start the server once, ask it and end it; nothing of it stays.

    Raises HandlerError if the app does not get ready, MeasurementError if the server is not
    available.
    """
    target = subject.target
    app = f"{target.module}:{target.function or 'app'}"
    spec = {
        "server": [*SERVERS[server], app],
        "traced": is_traced,
        "requests": [[one.method, one.path] for one in requests],
        "timeout_s": subject.timeout_s,
        "search_path": list(runner.layout.search_path),
        "bytecode": subject.bytecode,
        "without_site": runner.image is None,
        "runtime_packages": list(runner.layout.runtime_packages),
    }
    files = {
        "lwa_probe.py": read_program("lwa_probe.py"),
        "spec.json": json.dumps(spec),
        "sitecustomize.py": read_program("lwa_sitecustomize.py"),
    }
    paths = ("-S", "{scratch}/lwa_probe.py", "{scratch}/spec.json", "{scratch}/result.json")
    limit_s = subject.timeout_s * (1 + len(requests)) + 10
    launch = runner.launch(paths, files, limit_s)
    if launch.result is None:
        raise MeasurementError(
            f"The server of {app} could not be measured "
            f"({launch.rows_text.decode('utf-8', 'replace').strip()[-200:] or 'no answer'})",
            remedy("try again", words("another interpreter with ", Parameter.PYTHON)),
        )
    _raise_if_not_ready(launch.result, app, server, subject.timeout_s)
    return WebRun(
        ready_us=launch.result["ready_ns"] // 1000,
        status=launch.result["status"],
        ready_when=_check_in_words(launch.result),
        deprecated=tuple(launch.result["deprecated"]),
        polls=launch.result["polls"],
        answers=tuple(_answer(item) for item in launch.result["answers"]),
        rows_text=launch.result["rows"].encode("latin-1"),
    )


def _check_in_words(result: Mapping[str, Any]) -> str:
    """Return `GET / answering 200`, or `a TCP connection`."""
    status = result["status"]
    return f"{result['ready_when']} answering {status}" if status else str(result["ready_when"])


def _answer(item: Mapping[str, Any]) -> WebAnswer:
    body = item.get("first_body_ns")
    return WebAnswer(
        status=item["status"],
        first_byte_us=item.get("first_byte_ns", 0) // 1000,
        first_body_us=None if body is None else body // 1000,
        last_byte_us=item.get("last_byte_ns", 0) // 1000,
        body_bytes=item.get("body_bytes", 0),
        bursts=item["bursts"],
        is_chunked=item["chunked"],
        error=item["error"],
    )


def _raise_if_not_ready(result: Mapping[str, Any], app: str, server: str, timeout_s: float) -> None:
    if result["error"] is None:
        return
    if result["error"] == "settings":
        raise MeasurementError(
            f"Lambda Web Adapter does not start {app}: {result['ready_when']}",
            remedy("correct that variable", words("set another value with ", Parameter.ENV)),
        )
    lines = [line for line in result["rows"].splitlines() if not line.startswith("import time:")]
    text = "\n".join(lines[-20:]).encode("latin-1").decode("utf-8", "replace")
    missing = NO_MODULE.search(text)
    if missing and missing[1].split(".")[0] == server:
        raise MeasurementError(
            f"The measured Python has no {server}",
            remedy(
                words("supply it for this run with ", Parameter.PACKAGES.of(server)),
                words("name the app's requirements with ", Parameter.REQUIREMENTS),
                words("its environment with ", Parameter.PYTHON),
                words("another server with ", Parameter.SERVER),
            ),
        )
    if result["error"] == "ended":
        raise HandlerError(
            f"{server} ended with exit code {result['exit_code']} before {app} was ready: the "
            "lines above say why.",
            traceback_text=text,
        )
    seen = f"its last status was {result['status']}" if result["status"] else "it never answered"
    raise HandlerError(
        f"{app} was not ready within {timeout_s:g} s ({seen})",
        remedy(
            f"let {result['ready_when']} answer with {result['healthy']}",
            words("raise ", Parameter.TIMEOUT),
        ),
        traceback_text=text,
    )
