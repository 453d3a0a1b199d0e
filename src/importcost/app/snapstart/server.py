"""Snapshots of servers: a web app under Lambda Web Adapter, an agent on AgentCore Runtime."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from importcost.app.profile.bench import Bench
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.app.snapstart.priming import read_event
from importcost.app.snapstart.source_files import read_project
from importcost.errors import UsageError
from importcost.measure.network import network_attempts
from importcost.measure.runners.base import Layout
from importcost.measure.session import Progress
from importcost.measure.snapshots.pairs import PrimedPairs, priming_pairs
from importcost.measure.snapshots.server import (
    HookPaths,
    SentRequest,
    ServerLauncher,
    ServerPlan,
    observe_server,
    raise_for_answer,
)
from importcost.measure.snapstart import (
    INITIALIZATION,
    SnapshotRun,
    held_values,
    traced_event,
)
from importcost.measure.web.servers import Server
from importcost.model.profile import RunKind, Target
from importcost.snapstart.fix import HookForm
from importcost.snapstart.model import STATEFUL
from importcost.snapstart.priming import (
    PrimedState,
    PrimingReport,
    kept_globals,
    priming_findings,
)
from importcost.snapstart.rules import (
    SnapshotRules,
    adapter_rules,
    agentcore_rules,
    lambda_rules,
)
from importcost.snapstart.verdict import ADAPTER_HOOKS
from importcost.targets.web_app import parse_request, split_app

AGENTCORE = "agentcore"
AGENT_PORT, AGENT_PING, AGENT_ENTRY = 8080, "/ping", "/invocations"
"""AgentCore Runtime's HTTP contract."""
BEFORE, AFTER = ADAPTER_HOOKS
DEFAULT_PATHS = {BEFORE: "/snapstart/before-checkpoint", AFTER: "/snapstart/after-restore"}
WARM_UP = "/warmup"


@dataclass(frozen=True, slots=True)
class SnapshotPlace:
    """The place where a snapshot is taken: its rules, and its server's plan, None for none."""

    request: ProfileRequest
    rules: SnapshotRules
    plan: ServerPlan | None = None

    def with_server(self, bench: Bench) -> Bench:
        """Return the bench with the server that the platform starts."""
        if self.rules.name != AGENTCORE:
            return bench
        subject = bench.subject
        file = bench.runner.layout.inside(subject.target.handler_file)
        return replace(bench, subject=replace(subject, server=Server(("python", file), "python")))


def snapshot_place(request: ProfileRequest, timeout_s: float) -> SnapshotPlace:
    """Return where the request's snapshot is taken; `timeout_s` is the function's own timeout."""
    if request.platform == AGENTCORE:
        rules = agentcore_rules()
        plan = ServerPlan(HookPaths(None, None, rules.each_s), AGENT_PING, AGENT_PORT)
        return SnapshotPlace(replace(request, adapter=None, server=None), rules, plan)
    environment = {**request.environment, **INITIALIZATION}
    if request.adapter == "lwa" and split_app(request.target) is not None:
        rules = adapter_rules(timeout_s)
        paths = [_path(name, request.environment) for name in (BEFORE, AFTER)]
        plan = ServerPlan(HookPaths(paths[0], paths[1], rules.each_s))
        return SnapshotPlace(replace(request, environment=environment), rules, plan)
    plain = replace(request, environment=environment, adapter=None, server=None)
    return SnapshotPlace(plain, lambda_rules(timeout_s))


def _path(name: str, environment: Mapping[str, str]) -> str | None:
    """Return the path of a hook in the environment. Raises UsageError for one that is no path."""
    path = environment.get(name)
    if path and not path.startswith("/"):
        raise UsageError(f"{name} is {path}, which does not start with /: correct it with --env.")
    return path or None


def read_request(text: str, place: str) -> SentRequest:
    """Return the request to prime with: `GET /chat`, `POST /chat {"a": 1}`, or an agent's event.

    Raises UsageError for another text.
    """
    method, _, rest = text.strip().partition(" ")
    path, _, body = rest.strip().partition(" ")
    if path.startswith("/") or text.startswith("/"):
        try:
            found = parse_request(f"{method} {path}".strip())
        except ValueError:
            raise UsageError(
                f"--prime '{text}' is not a request: write it like 'GET /chat'."
            ) from None
        return SentRequest(found.method, found.path, body.strip() or None)
    if place == AGENTCORE:
        return SentRequest("POST", AGENT_ENTRY, json.dumps(read_event(text).value))
    raise UsageError(
        f"--prime '{text}' is not a request, and a web app is primed with one: write it like "
        "'GET /chat'."
    )


def start_and_observe(bench: Bench, plan: ServerPlan) -> SnapshotRun:
    """Start the server twice and take its snapshot. Raises as `ServerLauncher.launch` does."""
    launcher = ServerLauncher(bench.runner, bench.subject, plan)
    return observe_server(launcher, bench.runner.layout)


def hook_form(place: str, target: Target, environment: Mapping[str, str]) -> HookForm:
    """Return how hooks are written for a place."""
    if place == AGENTCORE:
        return HookForm(has_hooks=False)
    if place != "lwa":
        return HookForm()
    paths = {name: environment.get(name) or path for name, path in DEFAULT_PATHS.items()}
    return HookForm(
        app=target.function or "app",
        before_path=paths[BEFORE],
        after_path=paths[AFTER],
        settings=tuple(f"{name}={path}" for name, path in paths.items()),
    )


def prime_server(
    bench: Bench,
    place: SnapshotPlace,
    request: SentRequest,
    listener: Listener,
    clock: Callable[[], float] = time.monotonic,
) -> PrimingReport:
    """Measure priming with a request, in pairs of a server's starts.

    Raises HandlerError if the app fails with it.
    """
    if place.plan is None:
        raise UsageError("--prime with a request needs a web app: name it as main:app.")
    launcher = ServerLauncher(bench.runner, bench.subject, place.plan, request)

    def launch(mode: str) -> Mapping[str, Any]:
        result = launcher.launch(mode)
        raise_for_answer(result, request)
        return result

    def progress(done: int, total: int) -> None:
        listener.progress(Progress(done, total, RunKind.TIMED, "Priming in pairs"))

    rng = random.Random()  # noqa: S311 - order of launches, not a secret
    pairs = priming_pairs(launch, rng, progress, clock)
    return _report(bench, place, request, pairs)


def _report(
    bench: Bench, place: SnapshotPlace, request: SentRequest, pairs: PrimedPairs
) -> PrimingReport:
    target, layout = bench.subject.target, bench.runner.layout
    steps = pairs.left["steps"]
    state = _state(steps, layout)
    files = {name: layout.on_host(file) for name, file in steps["ready"]["modules"].items()}
    sources = {layout.on_host(file): text for file, text in steps["ready"]["sources"].items()}
    mock = bench.prepared.mock
    network = {"network": steps["watched"]["network"]}
    return PrimingReport(
        event=request.words,
        times=pairs.times,
        loaded=(),
        kept=kept_globals(state),
        caches=(),
        attempts=network_attempts(network, target, layout),
        mocked=() if mock is None else mock.operations(),
        findings=priming_findings(read_project(target, files, sources), state),
        hook=_hook(place, target, request),
    )


def _state(steps: Mapping[str, Any], layout: Layout) -> PrimedState:
    watched, snapshot = steps["watched"], steps["snapshot"]
    known = len(steps["ready"]["events"])
    stateful = {kind.value for kind in STATEFUL}
    events = tuple(
        traced_event(
            item,
            (number in watched["open"], number in snapshot["open"])
            if item["kind"] in stateful
            else None,
            layout,
        )
        for number, item in enumerate(watched["events"])
        if number >= known
    )
    return PrimedState(
        events=events,
        before=held_values(steps["watch"]["held"]),
        after=held_values(watched["held"]),
        at_snapshot=held_values(snapshot["held"]),
        caches=(),
        loaded=(),
        consumes_random=watched["random"],
    )


def _hook(place: SnapshotPlace, target: Target, request: SentRequest) -> str:
    """Return the code, and the setting, that send the request before the snapshot."""
    app = target.function or "app"
    if place.rules.name == AGENTCORE:
        return _agent_hook(request)
    if request.method == "POST" and request.body is None:
        return f"# The app answers {request.words} itself: set\n# {BEFORE}={request.path}\n"
    given = place.request.environment.get(BEFORE)
    path = given or DEFAULT_PATHS[BEFORE]
    body = _send(request, "os.environ.get('AWS_LWA_PORT') or os.environ.get('PORT', '8080')")
    if given:
        return "\n".join([f"# In the function that answers POST {given}:", *body, ""])
    return "\n".join(
        [
            "import os",
            "import urllib.request",
            "",
            "",
            f'@{app}.post("{path}")  # of FastAPI and Flask; the server needs a second thread',
            "def prime_before_snapshot():",
            *body,
            "    return {}",
            "",
            "",
            f"# {BEFORE}={path}",
            "",
        ]
    )


def _agent_hook(request: SentRequest) -> str:
    setting = {"build": {"warmup": {"action": {"httpPost": {"path": WARM_UP, "port": AGENT_PORT}}}}}
    return "\n".join(
        [
            "import urllib.request",
            "",
            "from starlette.responses import JSONResponse",
            "",
            "",
            "def warm_up(request):  # a plain function: it runs in a thread of its own",
            *_send(request, f"'{AGENT_PORT}'"),
            "    return JSONResponse({})",
            "",
            "",
            f'app.add_route("{WARM_UP}", warm_up, methods=["POST"])',
            f"# hooksConfiguration={json.dumps(setting)}",
            "",
        ]
    )


def _send(request: SentRequest, port: str) -> list[str]:
    body = None if request.body is None else request.body.encode()
    lines = [
        f"    port = {port}",
        f'    url = f"http://127.0.0.1:{{port}}{request.path}"',
        "    headers = {'Content-Type': 'application/json'}",
        f"    sent = urllib.request.Request(url, {body!r}, headers, method={request.method!r})",
        "    urllib.request.urlopen(sent).read()",
    ]
    return lines if body is not None else [*lines[:2], *_plain_send(request)]


def _plain_send(request: SentRequest) -> list[str]:
    return [
        f"    sent = urllib.request.Request(url, method={request.method!r})",
        "    urllib.request.urlopen(sent).read()",
    ]
