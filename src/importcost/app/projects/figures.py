"""Reduce one function's report to the figures that a project's index shows."""

from __future__ import annotations

from pathlib import Path

from importcost.app.profile.report import ProfileReport
from importcost.billing.estimate import file_costs
from importcost.billing.file_loads import FileCosts
from importcost.measure.runtime_dates import runtime_ending, utc_today
from importcost.model.advice import SourcePlace
from importcost.model.graph import FUNCTION
from importcost.model.module_facts import startup_phase_ids
from importcost.model.results.project import (
    FunctionFigures,
    OwnModuleCost,
    PackageCost,
    SuggestedChange,
)
from importcost.projects.functions import ProjectFunction

LEAST_OWN_MS = 0.5
"""Own modules below this are not kept: a change in them saves nothing that anybody measures."""


def figures_of(function: ProjectFunction, report: ProfileReport, folder: str) -> FunctionFigures:
    """Return a function's figures; `folder` is the project's, for the names of shared files."""
    profile, bill = report.profile, report.estimate
    settings, advice = profile.settings, profile.advice
    per_us = _lambda_ms_per_us(report)
    peaks = [one.peak_rss_kb for one in profile.runs if one.peak_rss_kb is not None]
    files = file_costs(profile, bill)
    saved_ms = report.facts.architectures[0].saved_ms if report.facts.architectures else None
    verdict = report.verdict
    return FunctionFigures(
        name=function.name,
        handler=function.handler or "",
        runtime=settings.runtime,
        memory_mb=bill.memory_mb,
        arch=bill.arch,
        package_type=bill.package_type,
        billed_init_ms=bill.billed_init_ms,
        own_ms=bill.function_init_ms.value,
        dollars_per_million=bill.dollars_per_million,
        modules=len(report.facts.modules),
        memory_used_mb=max(peaks) / 1024 if peaks else None,
        packages=_packages(report, per_us, files),
        own_modules=_own_modules(report, per_us, folder),
        changes=tuple(
            SuggestedChange(
                _place(one.place, folder),
                one.code,
                one.exclusive_us * per_us + files.ms_of(one.modules),
            )
            for one in (advice.findings if advice else ())
            if one.is_suggested
        ),
        saved_ms=saved_ms or 0.0,
        runtime_ends=runtime_ending(settings.runtime, utc_today()),
        warnings=tuple(one.message for one in profile.warnings),
        verdict=None if verdict is None else str(verdict.status.value),
    )


def _lambda_ms_per_us(report: ProfileReport) -> float:
    """Return the milliseconds on Lambda of one microsecond of a tree's self time here."""
    return report.estimate.speed_ratio.value / 1000


def _packages(report: ProfileReport, per_us: float, files: FileCosts) -> tuple[PackageCost, ...]:
    """Return what each distribution's modules take, the files that Lambda reads included."""
    tree = report.profile.tree
    startup = startup_phase_ids(tree)
    loads = dict(files.loads)
    times: dict[str, float] = {}
    counts: dict[str, int] = {}
    for node in range(len(tree)):
        if tree.phase_ids[node] in startup:
            continue
        owner = report.facts.modules[tree.name_ids[node]].distribution
        load = loads.pop(tree.name(node), None)  # a module's files count once
        files_ms = files.ms(load) if load is not None else 0.0
        times[owner] = times.get(owner, 0.0) + tree.self_us[node] * per_us + files_ms
        counts[owner] = counts.get(owner, 0) + 1
    found = [PackageCost(name, ms, counts[name]) for name, ms in times.items()]
    return tuple(sorted(found, key=lambda one: -one.self_ms))


def _own_modules(report: ProfileReport, per_us: float, folder: str) -> tuple[OwnModuleCost, ...]:
    found = []
    for facts in report.facts.modules:
        module = facts.module
        if module is None or module.distribution != FUNCTION or module.file is None:
            continue
        ms = report.facts.exclusive_us.get(module.name, 0) * per_us
        if ms >= LEAST_OWN_MS:
            found.append(OwnModuleCost(module.name, _relative(module.file, folder), ms))
    return tuple(sorted(found, key=lambda one: -one.exclusive_ms))


def _place(place: SourcePlace, folder: str) -> str:
    return f"{_relative(place.file, folder)}:{place.line}"


def _relative(file: str, folder: str) -> str:
    try:
        return Path(file).relative_to(folder).as_posix()
    except ValueError:
        return file
