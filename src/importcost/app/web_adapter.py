"""Use case: measure the cold start of a web app under Lambda Web Adapter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from importcost.app.profile.bench import Bench
from importcost.app.profile.from_log import profile_log
from importcost.app.profile.rehearsal import on_bench
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.errors import UsageError
from importcost.measure.session import Progress
from importcost.measure.web_adapter import SERVERS, WebRun, launch_server, parse_request
from importcost.model.profile import RunKind
from importcost.model.results.web_adapter import RequestFigures, WebProfile, WebRequest
from importcost.model.supplies import Supplies

DEFAULT_RUNS = 5
ASGI_WORDS = ("fastapi", "starlette", "quart", "litestar", "get_asgi_application", "async def app")


def web_target(text: str) -> str:
    """Return the handler file form of `package.main:app`; other forms unchanged."""
    module, colon, name = text.partition(":")
    if colon and not module.endswith(".py") and name.isidentifier():
        return f"{module.replace('.', '/')}.py:{name}"
    return text


def parse_requests(texts: tuple[str, ...]) -> tuple[WebRequest, ...]:
    """Return the requests. Raises UsageError for an invalid one."""
    return tuple(_request(text) for text in texts)


def _request(text: str) -> WebRequest:
    try:
        return parse_request(text)
    except ValueError:
        raise UsageError(
            f"--request '{text}' is not a request: write it like 'GET /chat'."
        ) from None


def profile_web(
    request: ProfileRequest,
    server: str | None,
    requests: tuple[WebRequest, ...],
    listener: Listener,
) -> WebProfile:
    """Start the app's server again and again, until ready, once of it traced.

    Raises UsageError for a target that is not an app, HandlerError if it does not get ready,
    MeasurementError if the server or the engine is not available.
    """
    target = web_target(request.target)
    if request.task_root and not Path(target.partition(":")[0]).is_file():
        target = str(Path(request.task_root, target))
    request = replace(request, target=target)
    runs = request.runs or DEFAULT_RUNS

    def measured(bench: Bench) -> WebProfile:
        chosen, reason = choose_server(server, bench.subject.target.task_root, target)
        listener.note(f"Server: {chosen} ({reason}).")
        label = f"Starting {Path(bench.subject.target.handler_file).name} under {chosen}"
        listener.progress(Progress(0, runs + 1, RunKind.TRACED, label))
        traced = launch_server(bench.runner, bench.subject, chosen, (), is_traced=True)
        _tell_deprecated(traced.deprecated, listener)
        timed: list[WebRun] = []
        for done in range(runs):
            listener.progress(Progress(done + 1, runs + 1, RunKind.TIMED, label))
            timed.append(
                launch_server(bench.runner, bench.subject, chosen, requests, is_traced=False)
            )
        log_request = replace(request, runtime=bench.subject.settings.runtime)
        app = f"{bench.subject.target.module}:{bench.subject.target.function or 'app'}"
        profile = profile_log(log_request, traced.rows_text, f"{chosen} {app}")
        return WebProfile(
            app=app,
            server=chosen,
            server_reason=reason,
            ready_us=tuple(run.ready_us for run in timed),
            status=timed[-1].status,
            ready_when=timed[-1].ready_when,
            profile=replace(profile, supplies=_supplies(bench)),
            requests=tuple(
                RequestFigures(one, tuple(run.answers[number] for run in timed))
                for number, one in enumerate(requests)
            ),
        )

    return on_bench(request, listener, measured)


def _tell_deprecated(names: tuple[str, ...], listener: Listener) -> None:
    for name in names:
        listener.note(
            f"Lambda Web Adapter 2.0 no longer reads {name}: its settings are named AWS_LWA_"
            "READINESS_CHECK_PATH, _PORT, _PROTOCOL and _HEALTHY_STATUS."
        )


def _supplies(bench: Bench) -> Supplies:
    """Return the supplies, with places below the task root: this profile has no target."""
    supplies, root = bench.provenance.supplies, Path(bench.subject.target.task_root)
    placeholders = tuple(
        replace(one, file=str(Path(one.file).relative_to(root)))
        if one.file is not None and Path(one.file).is_relative_to(root)
        else one
        for one in supplies.placeholders
    )
    return replace(supplies, placeholders=placeholders)


def choose_server(wanted: str | None, task_root: str, target: str) -> tuple[str, str]:
    """Return the server and the reason: as asked, as in run.sh, or as the app's source needs."""
    if wanted is not None:
        return wanted, "asked for"
    script = _text(Path(task_root, "run.sh"))
    for name in SERVERS:
        if name in script:
            return name, "run.sh starts it"
    source = _text(Path(target.partition(":")[0]))
    if any(word in source.lower() for word in ASGI_WORDS):
        return "uvicorn", "the app is ASGI by its source"
    return "gunicorn", "the app is WSGI by its source"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
