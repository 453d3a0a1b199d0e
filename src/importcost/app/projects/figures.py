"""Reduce one function's report to the figures that a project's index shows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from importcost.app.profile.report import ProfileReport
from importcost.billing.curve import saved_ms
from importcost.billing.estimate import file_costs
from importcost.billing.figures.platforms import load_platforms
from importcost.billing.file_loads import FileCosts
from importcost.measure.runtime_dates import runtime_ending, utc_today
from importcost.model.advice import SourcePlace
from importcost.model.graph import FUNCTION, UNKNOWN_DISTRIBUTION
from importcost.model.module_facts import ModuleFacts, startup_phase_ids
from importcost.model.package.size import BYTES_PER_MB
from importcost.model.profile import Settings
from importcost.model.results.facts import PackageFacts
from importcost.model.results.project import (
    FunctionFigures,
    FunctionPackage,
    LayerCost,
    OwnModuleCost,
    PackageCost,
    PackageWeight,
    SuggestedChange,
    layer_owner,
)
from importcost.projects.functions import ProjectFunction

MOST_WEIGHTS = 10
LEAST_OWN_MS = 0.5
"""Own modules below this are not kept: a change in them saves nothing that anybody measures."""


def figures_of(function: ProjectFunction, report: ProfileReport, folder: str) -> FunctionFigures:
    """Return a function's figures; `folder` is the project's, for the names of shared files."""
    profile, bill = report.profile, report.estimate
    settings, advice = profile.settings, profile.advice
    per_us = _lambda_ms_per_us(report)
    peaks = [one.peak_rss_kb for one in profile.runs if one.peak_rss_kb is not None]
    layers = _Layers(function, report, folder)
    files = file_costs(profile, bill)
    times = _times(report, per_us, files)
    deferral = report.facts.savings.deferral
    verdict = report.verdict
    return FunctionFigures(
        name=function.name,
        handler=function.handler or "",
        runtime=settings.runtime,
        memory_mb=bill.memory_mb,
        arch=bill.arch,
        package_type=bill.package_type,
        billed_init_ms=bill.shown_ms,
        own_ms=bill.function_init_ms.value,
        dollars_per_million=bill.dollars_per_million,
        modules=len(report.facts.modules),
        memory_used_mb=max(peaks) / 1024 if peaks else None,
        packages=_packages(report, times, layers),
        own_modules=_own_modules(report, per_us, layers),
        layers=_layer_costs(report, times, layers),
        changes=tuple(
            SuggestedChange(
                _place(one.place, folder),
                one.code,
                one.exclusive_us * per_us + files.ms_of(one.modules),
            )
            for one in (advice.findings if advice else ())
            if one.is_suggested
        ),
        saved_ms=saved_ms(profile, deferral, bill).value if deferral else 0.0,
        runtime_ends=_runtime_ends(settings),
        warnings=tuple(one.message for one in profile.warnings),
        verdict=None if verdict is None else str(verdict.status.value),
        package=_package(report.facts.package),
        platform=bill.platform,
    )


def _runtime_ends(settings: Settings) -> str | None:
    """Return the sentence on the end of Lambda's support, None where it goes on or is not used."""
    is_there = load_platforms()[settings.platform].runs_lambda_runtime
    return runtime_ending(settings.runtime, utc_today()) if is_there else None


def _package(found: PackageFacts | None) -> FunctionPackage | None:
    """Return the size of what is deployed, with its largest distributions."""
    if found is None:
        return None
    size, bytecode = found.size, found.size.bytecode
    return FunctionPackage(
        size_mb=round(size.size_mb, 3),
        limit_mb=found.limit_mb,
        is_least=bool(size.lacking),
        unloaded_share=round(size.unloaded_share, 4),
        largest=tuple(
            PackageWeight(
                one.name, round(one.size_bytes / BYTES_PER_MB, 3), round(one.unloaded_share, 4)
            )
            for one in size.distributions[:MOST_WEIGHTS]
        ),
        stale_modules=None if bytecode is None else bytecode.compiled,
    )


def _lambda_ms_per_us(report: ProfileReport) -> float:
    """Return the milliseconds on Lambda of one microsecond of a tree's self time here."""
    return report.estimate.speed_ratio.value / 1000


class _Layers:
    """The layers of one function, and the files that lie in them."""

    def __init__(self, function: ProjectFunction, report: ProfileReport, folder: str) -> None:
        target = report.profile.target
        paths = target.layers if target is not None else ()
        named = [one.name for one in function.layers if one.path is not None]
        # Layers given as options replace the project's, and have no names but those of their files.
        names = named if len(named) == len(paths) else [Path(path).name for path in paths]
        self._folders = tuple(zip(map(Path, paths), names, strict=True))
        self._project = folder

    def layer_of(self, file: str | None) -> str | None:
        """Return the name of the layer that a file lies in, or None."""
        found = (name for path, name in self._folders if file and Path(file).is_relative_to(path))
        return next(found, None)

    def owner_of(self, module: ModuleFacts) -> str:
        """Return a module's distribution; a layer owns its modules that belong to none."""
        file = module.module.file if module.module is not None else None
        if module.distribution == UNKNOWN_DISTRIBUTION and (layer := self.layer_of(file)):
            return layer_owner(layer)
        return module.distribution

    def shown(self, file: str) -> str:
        """Return a file as the project names it: a layer's ZIP is unpacked elsewhere."""
        shown = _relative(file, self._project)
        if shown != file:
            return shown
        for path, name in self._folders:
            if Path(file).is_relative_to(path):
                return f"{name}/{Path(file).relative_to(path).as_posix()}"
        return file


def _times(
    report: ProfileReport, per_us: float, files: FileCosts
) -> Mapping[int, tuple[float, int]]:
    """Return milliseconds and rows of each module by its id, the files that Lambda reads included.

    Those of the startup phases are left out.
    """
    tree = report.profile.tree
    startup = startup_phase_ids(tree)
    loads = dict(files.loads)
    found: dict[int, tuple[float, int]] = {}
    for node in range(len(tree)):
        if tree.phase_ids[node] in startup:
            continue
        load = loads.pop(tree.name(node), None)  # a module's files count once
        files_ms = files.ms(load) if load is not None else 0.0
        ms, rows = found.get(tree.name_ids[node], (0.0, 0))
        found[tree.name_ids[node]] = (ms + tree.self_us[node] * per_us + files_ms, rows + 1)
    return found


def _packages(
    report: ProfileReport, times: Mapping[int, tuple[float, int]], layers: _Layers
) -> tuple[PackageCost, ...]:
    """Return what each distribution's modules take."""
    sums: dict[str, tuple[float, int]] = {}
    for number, (ms, rows) in times.items():
        owner = layers.owner_of(report.facts.modules[number])
        whole, count = sums.get(owner, (0.0, 0))
        sums[owner] = (whole + ms, count + rows)
    found = [PackageCost(name, ms, count) for name, (ms, count) in sums.items()]
    return tuple(sorted(found, key=lambda one: -one.self_ms))


def _layer_costs(
    report: ProfileReport, times: Mapping[int, tuple[float, int]], layers: _Layers
) -> tuple[LayerCost, ...]:
    """Return what all modules of each layer take, of whatever distribution."""
    sums: dict[str, tuple[float, int]] = {}
    for number, (ms, rows) in times.items():
        module = report.facts.modules[number].module
        layer = layers.layer_of(module.file if module is not None else None)
        if layer is not None:
            whole, count = sums.get(layer, (0.0, 0))
            sums[layer] = (whole + ms, count + rows)
    found = [LayerCost(name, ms, count) for name, (ms, count) in sums.items()]
    return tuple(sorted(found, key=lambda one: -one.self_ms))


def _own_modules(
    report: ProfileReport, per_us: float, layers: _Layers
) -> tuple[OwnModuleCost, ...]:
    found = []
    for facts in report.facts.modules:
        module = facts.module
        if module is None or module.file is None:
            continue
        is_own = module.distribution == FUNCTION
        if not is_own and module.distribution != UNKNOWN_DISTRIBUTION:
            continue
        ms = report.facts.exclusive_us.get(module.name, 0) * per_us
        if ms >= LEAST_OWN_MS and (is_own or layers.layer_of(module.file)):
            found.append(OwnModuleCost(module.name, layers.shown(module.file), ms))
    return tuple(sorted(found, key=lambda one: -one.exclusive_ms))


def _place(place: SourcePlace, folder: str) -> str:
    return f"{_relative(place.file, folder)}:{place.line}"


def _relative(file: str, folder: str) -> str:
    try:
        return Path(file).relative_to(folder).as_posix()
    except ValueError:
        return file
