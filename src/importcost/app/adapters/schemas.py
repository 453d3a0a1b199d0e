"""Use case: what building schemas takes in a web app's init, and what known remedies save."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from importcost.app.adapters.lazy_edits import with_lazy_engines, with_lazy_includes
from importcost.app.adapters.schema_edits import (
    SchemaEdit,
    with_deferred_build,
    with_lazy_routers,
    without_response_models,
)
from importcost.app.adapters.schema_source import (
    model_classes,
    schema_statements,
    tree_or_none,
)
from importcost.app.profile.bench import Bench
from importcost.app.profile.request import Listener
from importcost.errors import HandlerError, MeasurementError
from importcost.files.read import text_found
from importcost.measure.pairs import PairedSubject, RoundLimits, verify
from importcost.measure.session import Measurement, Progress, Session, Subject, Variant
from importcost.measure.statements import function_files, statement_times
from importcost.model.advice import StatementTime, Verification
from importcost.model.profile import Profile, RunKind
from importcost.model.ranks.signed_ranks import hodges_lehmann
from importcost.model.schema_costs import (
    SchemaCosts,
    SchemaRemedy,
    SchemaRemedyKind,
    SchemaStatement,
)
from importcost.model.stats import median
from importcost.model.web import WebRequest

SCHEMA_LAUNCHES = 48
SCHEMA_SECONDS = 150.0
STATEMENT_LAUNCHES = 3
REQUEST_ROUNDS = 6
REQUEST_CONFIDENCE = 0.95
EVERYTHING = WebRequest("GET", "/openapi.json")
"""FastAPI's own description of all routes, which needs every schema."""
FIRST_REFUSED = 400


def with_schemas(
    bench: Bench, measurement: Measurement, profile: Profile, listener: Listener
) -> Profile:
    """Return a web app's profile with the costs of its schemas, if the request asks for them.

    Each remedy is applied to a copy, launched against the original in pairs, and claimed only if a
    saving shows. Where one does, the first request is timed with and without it.
    """
    if profile.web is None or not bench.request.schemas:
        return profile
    layout = bench.runner.layout
    files = [layout.on_host(one) for one in function_files(measurement.graph, layout)]
    sources = {file: text for file in files if (text := _text(file)) is not None}
    statements = _statements(sources, measurement.statements or _timed(bench, measurement))
    edits = _edits(sources, bench)
    asked = bench.request.requests
    first = asked[0] if asked else EVERYTHING
    remedies = _tried(bench, edits, first, listener) if edits else ()
    costs = SchemaCosts(statements, remedies, str(first))
    return replace(profile, web=replace(profile.web, schemas=costs))


def _text(file: str) -> str | None:
    try:
        return text_found(Path(file))
    except (OSError, UnicodeDecodeError):
        return None


def _timed(bench: Bench, measurement: Measurement) -> tuple[StatementTime, ...]:
    """Return the times of the top-level statements, of launches of their own.

    A measurement of few launches has none of these.
    """
    session = Session(bench.runner, bench.subject)
    layout = bench.runner.layout
    for _ in range(STATEMENT_LAUNCHES):
        session.launch_statements(function_files(measurement.graph, layout))
    return statement_times(session.statements, layout)


def _statements(
    sources: Mapping[str, str], timed: Sequence[StatementTime]
) -> tuple[SchemaStatement, ...]:
    """Return the statements that build schemas with their times, most expensive first."""
    parsed = {file: tree_or_none(text) for file, text in sources.items()}
    trees = {file: tree for file, tree in parsed.items() if tree is not None}
    models, mapped = model_classes(list(trees.values()))
    times = {(one.place.file, one.place.end_line): one for one in timed}
    found = []
    for file, tree in trees.items():
        for kind, node, name in schema_statements(tree, models, mapped):
            time = times.get((file, node.end_lineno or node.lineno))
            if time is not None:
                own = SchemaStatement(kind, file, node.lineno, name, time.own_us)
                found.append(own)
    return tuple(sorted(found, key=lambda one: -one.own_us))


def _edits(
    sources: Mapping[str, str], bench: Bench
) -> dict[SchemaRemedyKind, tuple[dict[str, bytes], int]]:
    """Return the changed files of each remedy that has something to change, with the places."""
    target = bench.subject.target
    checked = bench.request.environment.get("AWS_LWA_READINESS_CHECK_PATH") or "/"
    found: dict[SchemaRemedyKind, tuple[dict[str, bytes], int]] = {}

    def keep(kind: SchemaRemedyKind, file: str, edit: SchemaEdit | None) -> None:
        if edit is not None:
            files, places = found.get(kind, ({}, 0))
            found[kind] = ({**files, file: edit[0].encode()}, places + edit[1])

    for file, text in sources.items():
        keep(SchemaRemedyKind.DEFER_BUILD, file, with_deferred_build(text))
        keep(SchemaRemedyKind.NO_RESPONSE_MODEL, file, without_response_models(text))
        if os.path.realpath(file) == os.path.realpath(target.handler_file):
            lazy = with_lazy_routers(text, target.function or "app", checked)
            keep(SchemaRemedyKind.LAZY_ROUTERS, file, lazy)
        keep(SchemaRemedyKind.LAZY_INCLUDES, file, with_lazy_includes(text, sources))
        keep(SchemaRemedyKind.LAZY_ENGINES, file, with_lazy_engines(text))
    return found


def _tried(
    bench: Bench,
    edits: Mapping[SchemaRemedyKind, tuple[dict[str, bytes], int]],
    first: WebRequest,
    listener: Listener,
) -> tuple[SchemaRemedy, ...]:
    original = _asking(bench.subject, ())
    subjects = {
        kind: replace(original, variant=Variant(f"schemas-{kind.name.lower()}", files))
        for kind, (files, _) in edits.items()
    }
    handler = bench.subject.target.handler_file

    def told(done: int, total: int) -> None:
        label = "Trying remedies for schemas in pairs"
        listener.progress(Progress(done, total, RunKind.TIMED, label=label, handler=handler))

    try:
        found = verify(
            bench.runner,
            original,
            [PairedSubject(kind, subject) for kind, subject in subjects.items()],
            limits=RoundLimits(SCHEMA_LAUNCHES, SCHEMA_SECONDS),
            random=random.Random(),  # noqa: S311 - order of runs, not a secret
            on_progress=told,
        )
    except MeasurementError as error:
        return tuple(
            SchemaRemedy(kind, places, None, 0, f"it could not be measured: {error}".rstrip("."))
            for kind, (_, places) in edits.items()
        )
    held = {kind: subjects[kind] for kind, one in found.items() if one.failure is None}
    asked = _first_requests(bench, original, held, first)
    return tuple(_remedy(kind, edits[kind][1], one, asked) for kind, one in found.items())


def _remedy(
    kind: SchemaRemedyKind,
    places: int,
    found: Verification,
    asked: Mapping[SchemaRemedyKind | None, list[int]],
) -> SchemaRemedy:
    first_us, extra = 0, None
    if kind in asked and None in asked:
        first_us = round(median(asked[None]))
        longer = [after - before for before, after in zip(asked[None], asked[kind], strict=True)]
        extra = hodges_lehmann(longer, REQUEST_CONFIDENCE)
    return SchemaRemedy(kind, places, found.saving_us, found.pairs, found.failure, first_us, extra)


def _asking(subject: Subject, requests: tuple[WebRequest, ...]) -> Subject:
    server = subject.server
    return replace(subject, server=replace(server, requests=requests) if server else None)


def _first_requests(
    bench: Bench,
    original: Subject,
    held: Mapping[SchemaRemedyKind, Subject],
    first: WebRequest,
) -> dict[SchemaRemedyKind | None, list[int]]:
    """Return the times of the first request by round, of the original (None) and each remedy.

    One whose answers are errors is left out: they say nothing about the app.
    """
    if not held:
        return {}
    sessions: dict[SchemaRemedyKind | None, Session] = {
        kind: Session(bench.runner, _asking(original if kind is None else held[kind], (first,)))
        for kind in (None, *held)
    }
    try:
        for _ in range(REQUEST_ROUNDS):
            for session in sessions.values():
                session.launch_probe(RunKind.TIMED)
    except HandlerError:
        return {}
    found: dict[SchemaRemedyKind | None, list[int]] = {}
    for kind, session in sessions.items():
        answers = [one for start in session.starts for one in start.answers]
        if answers and all(one.error is None and one.status < FIRST_REFUSED for one in answers):
            found[kind] = [one.last_byte_us for one in answers]
    return found
