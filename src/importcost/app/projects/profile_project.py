"""Use case: measure every function of a project, and find what they have in common."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from importcost.app.profile.bench import now
from importcost.app.profile.in_common import end_of_run
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.configured import settings_of_functions
from importcost.app.projects.contents import Contents
from importcost.app.projects.listing import list_functions, shown_place
from importcost.app.projects.local_workers import local_workers, usable_cores
from importcost.app.projects.measured_by import MeasuredBy
from importcost.app.projects.run import (
    FunctionResult,
    FunctionTask,
    ProjectListener,
    ResultCache,
    Work,
    Workers,
    left_out,
    planned,
    run_tasks,
)
from importcost.config.read import HandlerConfig, load_config
from importcost.errors import Audience, UsageError, worded
from importcost.files.read import read_named, reason_of
from importcost.model.results.project import (
    FunctionFigures,
    MonthlyTraffic,
    NotMeasured,
    ProjectFigures,
    culprits_of,
    with_traffic,
)
from importcost.projects.functions import DeployedProject, ProjectFunction


class Shard(NamedTuple):
    """The part of a project's functions that one of several machines measures; from 1."""

    number: int
    parts: int


WHOLE = Shard(1, 1)
LARGEST_TRAFFIC_BYTES = 64_000_000
"""A line for each of hundreds of thousands of functions."""


@dataclass(frozen=True, slots=True)
class ProjectRun:
    """The choices for measuring a project.

    `given` are the request's fields that the user set. `workers` replaces the processes of this
    machine. `traffic` is by function, `*` for all others. `project` is what the target names if it
    has been read already.
    """

    given: Collection[str] = ()
    parameters: tuple[str, ...] = ()
    stage: str | None = None
    jobs: int = 1
    shard: Shard = WHOLE
    traffic: Mapping[str, MonthlyTraffic] | None = None
    workers: Workers | None = None
    cache: ResultCache | None = None
    project: DeployedProject | None = None


@dataclass(frozen=True, slots=True)
class MeasuredProject:
    """A project's figures, and the file of each function's page in the cache."""

    figures: ProjectFigures
    pages: Mapping[str, Path]


def profile_project(
    request: ProfileRequest, run: ProjectRun, work: Work, listener: ProjectListener
) -> MeasuredProject:
    """Measure the functions of the project that `request.target` names, those of one shard.

    `work` measures one function; results that are kept and still hold are taken. Raises UsageError
    for a place that cannot be read or has no function. A function that fails is left out with its
    reason.
    """
    project = run.project or list_functions(
        request.target, parameters=run.parameters, stage=run.stage
    )
    project = replace(project, functions=in_shard(project, run.shard))
    cache = run.cache or ResultCache()
    contents = Contents(MeasuredBy(listener.note))
    configured = _configured(project, listener)
    if "memory_mb" in run.given:
        configured = _at_size(configured, request.memory_mb, listener)
    everything = list(planned(project, request, run.given, contents, configured))
    tasks = [one for one in everything if isinstance(one, FunctionTask)]
    without = [one for one in everything if isinstance(one, FunctionResult)]
    workers = run.workers or local_workers(run.jobs)
    if run.workers is None and run.jobs > (cores := len(usable_cores())):
        listener.note(
            f"{run.jobs} functions at once share {cores} core{'' if cores == 1 else 's'}, so they"
            f" wait for each other: --jobs {cores} measures as many in the same time."
        )
    try:
        results = run_tasks(tasks, workers, work, cache, listener)
    finally:
        end_of_run()  # of functions that were measured in this process
    measured = _gathered(project, [*results, *without], cache, run.traffic or {})
    if run.shard == WHOLE:
        return measured
    shard = f"{run.shard.number}/{run.shard.parts}"
    return replace(measured, figures=replace(measured.figures, shard=shard))


def _configured(project: DeployedProject, listener: ProjectListener) -> Mapping[str, HandlerConfig]:
    """Return the functions' handlers in the nearest configuration, here or around the project.

    One that is wrong judges nothing, which is told: the functions can be measured all the same.
    """
    try:
        config = load_config() or load_config(folder=project.folder)
        return settings_of_functions(config, project) if config is not None else {}
    except UsageError as error:
        listener.note(f"No budget is judged: {worded(error, Audience.SETTINGS)}")
        return {}


def _at_size(
    configured: Mapping[str, HandlerConfig], memory_mb: int, listener: ProjectListener
) -> Mapping[str, HandlerConfig]:
    """Return the functions' handlers with the memory size that the user asks for.

    Their budgets are judged at the size that the figures beside them have; the user is told.
    """
    if any(one.memory_mb != memory_mb for one in configured.values()):
        listener.note(
            f"Budgets are judged at {memory_mb:,} MB, which --memory names, not at the configured "
            "sizes."
        )
    return {
        name: replace(one, memory_mb=memory_mb, given=one.given | {"memory_mb"})
        for name, one in configured.items()
    }


def in_shard(project: DeployedProject, shard: Shard) -> tuple[ProjectFunction, ...]:
    """Return every n-th function, so that neighbours that share code are spread evenly."""
    return project.functions[shard.number - 1 :: shard.parts]


def parsed_shard(text: str) -> Shard:
    """Return the shard that `3/10` names. Raises UsageError for anything else."""
    number, _, count = text.partition("/")
    if number.isdecimal() and count.isdecimal() and 1 <= int(number) <= int(count) <= 10_000:
        return Shard(int(number), int(count))
    raise UsageError(f"The shard {text[:40]} is not one of several: write --shard 3/10.")


def read_traffic(file: Path) -> Mapping[str, MonthlyTraffic]:
    """Return the traffic in a CSV file with the columns function, invocations and cold_rate.

    The function `*` stands for all others. Raises UsageError for a file that is not so.
    """
    try:
        text = read_named(file, LARGEST_TRAFFIC_BYTES).decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(text)))
    except csv.Error as error:
        raise UsageError(f"The traffic {file} is not CSV ({error}): correct it.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The traffic {file} cannot be read ({reason_of(error)}): name a CSV file."
        ) from error
    return dict(_traffic_of(row, f"{file} line {line}") for line, row in enumerate(rows, 2))


def _traffic_of(row: Mapping[str, str | None], where: str) -> tuple[str, MonthlyTraffic]:
    try:
        name = row["function"] or ""
        found = MonthlyTraffic(float(row["invocations"] or ""), float(row["cold_rate"] or ""))
        is_traffic = found.invocations >= 0 and 0 <= found.cold_rate <= 1
    except (KeyError, TypeError, ValueError):
        is_traffic = False
    if not is_traffic:
        raise UsageError(
            f"The traffic {where} is not a function, its invocations a month and its cold rate from"
            " 0 to 1: write function,invocations,cold_rate."
        )
    return name, found


def merged(parts: Sequence[ProjectFigures]) -> ProjectFigures:
    """Return the figures of several shards of a project as one.

    A function that several parts have is taken from the last one. Raises UsageError without any
    part, for parts of several projects, and if a shard is missing.
    """
    if not parts:
        raise UsageError("There is nothing to merge: name the JSON files of the shards.")
    _check_shards(parts)
    functions = {one.name: one for part in parts for one in part.functions}
    missing = {one.name: one for part in parts for one in part.left_out}
    notes = tuple(dict.fromkeys(note for part in parts for note in part.notes))
    left = tuple(one for name, one in missing.items() if name not in functions)
    measured = _ranked(functions.values())
    return replace(
        parts[0],
        functions=measured,
        left_out=left,
        notes=notes,
        culprits=culprits_of(measured),
        shard=None,
    )


def _check_shards(parts: Sequence[ProjectFigures]) -> None:
    places = list(dict.fromkeys(part.place for part in parts))
    if len(places) > 1:
        raise UsageError(
            f"These are figures of several projects ({', '.join(places[:3])}): merge the shards of"
            " one."
        )
    known = [parsed_shard(part.shard) for part in parts if part.shard is not None]
    for total in {one.parts for one in known}:
        missing = sorted(set(range(1, total + 1)) - {one.number for one in known})
        if missing:
            names = ", ".join(f"{number}/{total}" for number in missing[:5])
            raise UsageError(
                f"Shards of {places[0]} are missing ({names}): name the files of all {total}."
            )


def _ranked(functions: Iterable[FunctionFigures]) -> tuple[FunctionFigures, ...]:
    """Return functions, the most expensive first, by the month if there is traffic."""
    return tuple(
        sorted(functions, key=lambda one: (-(one.dollars_a_month or 0), -one.billed_init_ms.value))
    )


def figures_in(
    project: DeployedProject, functions: Sequence[FunctionFigures], left: Mapping[str, str]
) -> ProjectFigures:
    """Return the figures of a project: those of its functions, and the reasons of those left out.

    The most expensive function comes first, by the month if there is traffic.
    """
    ranked = _ranked(functions)
    return ProjectFigures(
        place=shown_place(project),
        tool=project.tool,
        created_at=now(),
        functions=ranked,
        left_out=tuple(NotMeasured(name, reason) for name, reason in left.items()),
        culprits=culprits_of(ranked),
        notes=project.notes,
    )


def _gathered(
    project: DeployedProject,
    results: Sequence[FunctionResult],
    cache: ResultCache,
    traffic: Mapping[str, MonthlyTraffic],
) -> MeasuredProject:
    found = with_traffic([one.figures for one in results if one.figures is not None], traffic)
    left = {one.name: one.reason for one in left_out(results)}
    figures = figures_in(project, found, left)
    pages = {one.name: cache.page(one.key) for one in results if one.key is not None}
    return MeasuredProject(figures, pages)
