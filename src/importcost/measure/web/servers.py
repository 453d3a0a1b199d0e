"""A web app's server in a launch: what lwa_probe.py is told, and what it brings back."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importcost.measure.runners.base import Layout
from importcost.model.profile import Target
from importcost.model.web import AppKind, RequestFigures, WebAnswer, WebInit, WebRequest, WebStart


@dataclass(frozen=True, slots=True)
class Server:
    """The server of a web app: `words` start it as in a shell, with $PORT for the port.

    `name` is its program's, for reports. `requests` are sent to it once it is ready, by timed runs.
    `is_factory` is true if the app's name is a function that makes the app; `kind` is the app's by
    its source, None if that does not say.
    `check` are the settings of the readiness check, None for those that the app's own environment
    has for Lambda Web Adapter. `port` is the only one on which it can be asked, None for any.
    """

    words: tuple[str, ...]
    name: str
    requests: tuple[WebRequest, ...] = ()
    is_factory: bool = False
    kind: AppKind | None = None
    check: Mapping[str, str] | None = None
    port: int | None = None


def server_job(
    server: Server, requests: Sequence[WebRequest], layout: Layout, timeout_s: float
) -> dict[str, Any]:
    """Return what lwa_probe.py reads as server.json."""
    return {
        "command": list(server.words),
        "search_path": list(layout.search_path),
        "requests": [[one.method, one.path] for one in requests],
        "timeout_s": timeout_s,
        "check": None if server.check is None else dict(server.check),
        "port": server.port,
    }


def app_name(target: Target) -> str:
    """Return the app as servers name it: `main:app`."""
    return f"{target.module}:{target.function or 'app'}"


def web_start(result: Mapping[str, Any]) -> WebStart | None:
    """Return the start that a launch's result tells of, None for a handler's."""
    facts = result.get("server")
    if facts is None:
        return None
    return WebStart(
        listening_us=facts["listening_ns"] // 1000,
        ready_us=facts["ready_ns"] // 1000,
        rested_us=facts["poll_idle_ns"] // 1000,
        is_held=facts["is_held"],
        polls=facts["polls"],
        processes=facts["processes"],
        status=facts["status"],
        ready_when=facts["ready_when"],
        deprecated=tuple(facts["deprecated"]),
        answers=tuple(_answer(item) for item in facts["answers"]),
        kind=AppKind(result["app_kind"]) if result.get("app_kind") else None,
    )


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


def web_init(server: Server, target: Target, starts: Sequence[WebStart]) -> WebInit | None:
    """Return the app's init over its timed starts, None if there are none."""
    if not starts:
        return None
    last = starts[-1]
    asked = [one for one in starts if len(one.answers) == len(server.requests)]
    return WebInit(
        app=app_name(target),
        server=server.name,
        command=" ".join(server.words),
        ready_when=last.ready_when,
        status=last.status,
        listening_us=round(statistics.median(one.listening_us for one in starts)),
        ready_us=tuple(one.ready_us for one in starts),
        is_held=sum(one.is_held for one in starts) * 2 > len(starts),
        processes=last.processes,
        kind=last.kind or server.kind,
        requests=tuple(
            RequestFigures(request, tuple(one.answers[number] for one in asked))
            for number, request in enumerate(server.requests)
            if asked
        ),
    )
