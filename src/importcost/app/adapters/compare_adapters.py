"""Use case: one web app under Lambda Web Adapter and behind bridges, measured side by side."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from importcost.app.adapters.bridges import BRIDGES, Bridge, as_handler, has_bridge
from importcost.app.bill.place import bill
from importcost.app.profile.bench import Bench, start_bench
from importcost.app.profile.extra_packages import with_asked
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.billing.estimate import Estimate
from importcost.errors import Audience, HandlerError, MeasurementError, UsageError, worded
from importcost.measure.assemble import assemble
from importcost.measure.pairs import PairedSubject, RoundLimits, verify
from importcost.measure.plan import QUICK, Plan
from importcost.measure.session import Progress, Session, measure
from importcost.measure.web.servers import app_name
from importcost.model.profile import Profile, RunKind
from importcost.model.results.adapters import AdapterComparison, AdapterForm, FirstRequest
from importcost.model.stats import median
from importcost.model.web import AppKind, WebRequest

LWA = "lwa"
FORM_NAMES = (LWA, *BRIDGES)
RUNS = 9
"""Launches of each form for its estimate: three or four of them are timed."""
PAIR_LAUNCHES = 36
PAIR_SECONDS = 90.0
INVOCATIONS = 3


@dataclass(frozen=True, slots=True)
class AdaptersRequest:
    """The app, the forms in the order of the report, and the request that is sent first."""

    measure: ProfileRequest
    names: tuple[str, ...]
    first: WebRequest


def form_names(text: str) -> tuple[str, ...]:
    """Return the forms that `lwa,mangum` names. Raises UsageError for others, or fewer than two."""
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
    unknown = [name for name in names if name not in FORM_NAMES]
    if unknown:
        raise UsageError(
            f"--adapters names {unknown[0]}, which is not known: name {', '.join(FORM_NAMES)}."
        )
    if len(names) < 2:
        raise UsageError(
            f"--adapters '{text}' names nothing to compare: name two of {', '.join(FORM_NAMES)}."
        )
    return names


def compare_adapters(request: AdaptersRequest, listener: Listener) -> AdapterComparison:
    """Measure the app in each form, and the forms against the first one in interleaved pairs.

    Bridges that are not deployed are installed for the comparison. Raises HandlerError or
    MeasurementError if the app does not start under its server, or no two forms can be measured.
    """
    wanted = replace(request.measure, adapter=LWA, requests=(request.first,), compares_forms=False)
    with open_rehearsed(wanted, listener) as bench:
        kind = _kind_of(bench)
        usable, refused = _usable(request.names, kind, bench)
        with _with_bridges(
            bench, [BRIDGES[one] for one in usable if one != LWA], listener
        ) as found:
            opened, installed = found
            forms = [_Form(name, opened, request.first, listener) for name in usable]
            measured = {form.name: form.measured(name_installed=installed) for form in forms}
            _pair([one for one in forms if measured[one.name].reason is None], measured, listener)
    every = {**measured, **refused}
    server = bench.subject.server
    result = AdapterComparison(
        app=app_name(bench.subject.target),
        server=server.name if server else "",
        kind=kind,
        request=str(request.first),
        memory_mb=bench.subject.settings.memory_mb,
        forms=tuple(every[name] for name in request.names),
    )
    if not result.measured:
        reasons = "; ".join(f"{one.name}: {one.reason}" for one in result.forms)
        raise MeasurementError(f"No form of {result.app} could be measured ({reasons}).")
    return result


def _kind_of(bench: Bench) -> AppKind | None:
    """Return the app's kind as its first launch found it, else as its source says."""
    launch = bench.rehearsed.launch if bench.rehearsed else None
    found = (launch.result or {}).get("app_kind") if launch else None
    server = bench.subject.server
    return AppKind(found) if found else (server.kind if server else None)


def _usable(
    names: Sequence[str], kind: AppKind | None, bench: Bench
) -> tuple[list[str], dict[str, AdapterForm]]:
    """Return the forms that can be measured, and the others with their reasons."""
    usable, refused = [], {}
    for name in names:
        bridge = BRIDGES.get(name)
        why = None
        if bridge is not None and kind is not None and bridge.kind is not kind:
            why = f"{name} bridges {bridge.kind.name} apps, and this is a {kind.name} app"
            why = why.replace("a ASGI", "an ASGI")
        elif bridge is not None and not has_bridge(bench, bridge) and not bench.request.installs:
            why = f"{name} is not deployed, and --no-install rules out installing it"
        if why is None:
            usable.append(name)
        else:
            refused[name] = AdapterForm(name, reason=why)
    return usable, refused


@contextmanager
def _with_bridges(
    bench: Bench, bridges: Sequence[Bridge], listener: Listener
) -> Iterator[tuple[Bench, frozenset[str]]]:
    """Open a bench that has all bridges, so that every form runs with the same packages.

    Raises MeasurementError if one cannot be installed.
    """
    absent = [one.package for one in bridges if not has_bridge(bench, one)]
    if not absent:
        yield bench, frozenset()
        return
    added = with_asked(absent, bench.prepared.place.install_target(), listener.note)
    extra = replace(bench.extra, folders=(*bench.extra.folders, *added.folders))
    with start_bench(bench.prepared, bench.request, extra, listener) as opened:
        yield opened, frozenset(absent)


class _Form:
    """One form of the app on the bench."""

    def __init__(self, name: str, bench: Bench, first: WebRequest, listener: Listener) -> None:
        self.name = name
        self._bench, self._first, self._listener = bench, first, listener
        self.runner, self.subject = bench.runner, bench.subject
        if name != LWA:
            self.subject = as_handler(bench, BRIDGES[name])

    def measured(self, name_installed: frozenset[str]) -> AdapterForm:
        """Return the form's init and its first request, or the reason for none."""
        try:
            profile, estimate = self._profile()
            first = self._first_request(profile)
        except HandlerError as error:
            lines = [line for line in error.traceback_text.splitlines() if line.strip()]
            why = lines[-1].strip() if lines else worded(error, Audience.OPTIONS)
            return AdapterForm(self.name, reason=f"the app behind {self.name} fails: {why}")
        except MeasurementError as error:
            return AdapterForm(self.name, reason=worded(error, Audience.OPTIONS).rstrip("."))
        return AdapterForm(
            name=self.name,
            init_ms=estimate.init_ms,
            parts=tuple((one.kind.value, round(one.ms)) for one in estimate.parts),
            local_us=round(profile.function_init.local_us),
            modules=len(profile.tree.names),
            first_request=first,
            is_installed=self.name in name_installed,
        )

    def _profile(self) -> tuple[Profile, Estimate]:
        bench = self._bench

        def told(progress: Progress) -> None:
            label = f"Measuring the app: {self.name}"
            self._listener.progress(replace(progress, label=label, runs=()))

        plan = Plan(min(bench.request.runs or RUNS, RUNS), QUICK)
        order = random.Random()  # noqa: S311 - order of runs, not a secret
        found = measure(bench.runner, self.subject, plan, told, order)
        profile = assemble(found, self.subject, bench.provenance)
        return profile, bill(profile, bench.handler).estimate

    def _first_request(self, profile: Profile) -> FirstRequest | None:
        if profile.web is not None:
            answers = [answer for one in profile.web.requests for answer in one.answers]
            good = [one for one in answers if one.error is None]
            if not good:
                return FirstRequest(0, 0, answers[0].error) if answers else None
            return FirstRequest(round(median([one.last_byte_us for one in good])), good[-1].status)
        session = Session(self._bench.runner, self.subject)
        event = json.loads(json.dumps(http_event(self._first)))
        calls = [
            session.launch_probe(RunKind.INVOKE, event=event)["invocation"]
            for _ in range(INVOCATIONS)
        ]
        failed = [one["error"] for one in calls if one["error"]]
        if failed:
            return FirstRequest(0, 0, f"{failed[0]['type']}: {failed[0]['message']}")
        wall_us = median([one["span"]["wall_ns"] / 1000 for one in calls])
        return FirstRequest(round(wall_us), _status(calls[-1]["result"]))


def _status(result: str | None) -> int:
    try:
        answer = json.loads(result or "")
    except ValueError:
        return 0
    status = answer.get("statusCode") if isinstance(answer, dict) else None
    return status if isinstance(status, int) else 0


def http_event(request: WebRequest) -> dict[str, object]:
    """Return a request as a function URL or an HTTP API sends it (payload format 2.0)."""
    parts = urlsplit(request.path)
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": {"host": "localhost", "accept": "*/*", "user-agent": "importcost"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "api",
            "domainName": "localhost",
            "domainPrefix": "localhost",
            "http": {
                "method": request.method,
                "path": parts.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "importcost",
            },
            "requestId": "id",
            "routeKey": "$default",
            "stage": "$default",
            "time": "01/Jan/2026:00:00:00 +0000",
            "timeEpoch": 1767225600000,
        },
        "isBase64Encoded": False,
    }


def _pair(forms: Sequence[_Form], measured: dict[str, AdapterForm], listener: Listener) -> None:
    """Add what each form takes off the first one's init, from interleaved pairs."""
    if len(forms) < 2:
        return
    base, *others = forms
    handler = base.subject.target.handler_file

    def told(done: int, total: int) -> None:
        label = "Comparing the forms in pairs"
        listener.progress(Progress(done, total, RunKind.TIMED, label=label, handler=handler))

    plain = base.subject
    if plain.server is not None:
        plain = replace(plain, server=replace(plain.server, requests=()))
    found = verify(
        base.runner,
        plain,
        [PairedSubject(one.name, one.subject) for one in others],
        limits=RoundLimits(PAIR_LAUNCHES, PAIR_SECONDS),
        random=random.Random(),  # noqa: S311 - order of runs, not a secret
        on_progress=told,
    )
    for name, one in found.items():
        measured[name] = replace(measured[name], saving_us=one.saving_us, pairs=one.pairs)
