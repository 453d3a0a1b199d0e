"""Check a profile read from a file, once: what reads it later relies on shapes and references.

A file may be cut, edited, or made by another program. Types are checked while it is read (codec);
here are the rules that types do not express.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Sized
from typing import NoReturn

from importcost.declaration import (
    ARCHES,
    LARGEST_MEMORY_MB,
    MAX_MEMORY_MB,
    MIN_MEMORY_MB,
    PACKAGE_TYPES,
    PLATFORMS,
)
from importcost.errors import UsageError
from importcost.model.advice import Advice, SourcePlace
from importcost.model.graph import ImportGraph
from importcost.model.interval import Interval
from importcost.model.profile import Profile, Run, Timing
from importcost.model.rows import RowTable
from importcost.model.tree import NO_PARENT, ImportTree

_LONGEST_US = 1 << 53
"""285 years: times below it add up without leaving 64 bits."""
_VERSION = re.compile(r"[0-9]{1,3}\.[0-9]{1,3}(\D.*)?", re.DOTALL | re.ASCII)
_MOST_US = 2**53
_RUNTIME = re.compile(r"python3\.[0-9]{1,3}", re.ASCII)


def check_profile(profile: Profile) -> None:
    """Raise UsageError naming the first place that no measurement can have written."""
    _check_tree(profile.tree)
    for index, run in enumerate(profile.runs):
        _check_run(run, f"profile.runs[{index}]")
    _check_settings(profile)
    _check_figures(profile)
    _check_sums(profile)
    for index, warning in enumerate(profile.warnings):
        if not warning.message.strip():
            _refuse(f"profile.warnings[{index}].message", "is empty, and must be a sentence")
    if profile.graph is not None:
        _check_files(profile.graph)
    if profile.advice is not None:
        _check_advice(profile.advice)


def _check_files(graph: ImportGraph) -> None:
    """Refuse sizes below 0: each costs time on Lambda."""
    for index, module in enumerate(graph.modules):
        _check_least(f"profile.graph.modules[{index}]", ("read_bytes", module.read_bytes))
    for index, file in enumerate(graph.files or ()):
        sizes = (("file_bytes", file.file_bytes), ("resident_bytes", file.resident_bytes))
        _check_least(f"profile.graph.files[{index}]", *sizes)


def _refuse(place: str, trouble: str) -> NoReturn:
    raise UsageError(f"{place} {trouble}")


def _check_lengths(place: str, columns: Sequence[tuple[str, Sized]]) -> None:
    first, column = columns[0]
    for name, other in columns[1:]:
        if len(other) != len(column):
            _refuse(
                f"{place}.{name}",
                f"has {len(other)} entries and {place}.{first} has {len(column)}: a column is cut",
            )


def _check_range(place: str, values: Sequence[int], low: int, end: int, what: str) -> None:
    if values and not low <= min(values) <= max(values) < end:
        wrong = next(index for index, value in enumerate(values) if not low <= value < end)
        _refuse(f"{place}[{wrong}]", f"is {values[wrong]}, which is not {what}")


def _check_tree(tree: ImportTree) -> None:
    place = "profile.tree"
    columns = ("name_ids", "parents", "self_us", "cumulative_us", "phase_ids")
    _check_lengths(place, [(name, getattr(tree, name)) for name in columns])
    _check_range(f"{place}.name_ids", tree.name_ids, 0, len(tree.names), "the number of a name")
    unused = set(range(len(tree.names))).difference(tree.name_ids)
    if unused:
        _refuse(f"{place}.names[{min(unused)}]", "is the name of no node")
    _check_range(f"{place}.phase_ids", tree.phase_ids, 0, len(tree.phases), "a phase's number")
    if sum(map(abs, tree.self_us)) > _LONGEST_US:
        _refuse(f"{place}.self_us", "adds up to more time than a launch can take")
    above: list[int] = []
    for node, parent in enumerate(tree.parents):
        # In preorder, a parent is the node before or one above that: a cycle cannot be.
        while above and above[-1] != parent:
            above.pop()
        if not above and parent != NO_PARENT:
            _refuse(f"{place}.parents[{node}]", f"is {parent}, which is not a node around it")
        above.append(node)


def _check_run(run: Run, place: str) -> None:
    _check_least(place, ("order", run.order), ("total_wall_us", run.total_wall_us))
    _check_least(place, ("peak_rss_kb", run.peak_rss_kb))
    if run.speed_us is not None and run.speed_us < 1:
        _refuse(f"{place}.speed_us", f"is {run.speed_us}, and a workload takes time")
    for name in ("interpreter_start", "runtime", "function_init"):
        timing: Timing | None = getattr(run, name)
        if timing is not None:
            fields = ("wall_us", "cpu_us", "process_cpu_us", "run_delay_us")
            _check_least(f"{place}.{name}", *((field, getattr(timing, field)) for field in fields))
    if run.rows is not None:
        _check_rows(run.rows, f"{place}.rows")


def _check_rows(rows: RowTable, place: str) -> None:
    columns = ("names", "self_us", "cumulative_us", "depth")
    _check_lengths(place, [(name, getattr(rows, name)) for name in columns])
    _check_range(f"{place}.depth", rows.depth, 0, len(rows.depth) + 1, "a depth of that table")


def _check_least(place: str, *values: tuple[str, float | None]) -> None:
    for name, value in values:
        if value is not None and value < 0:
            _refuse(f"{place}.{name}", f"is {value}, and cannot be below 0")


def _check_settings(profile: Profile) -> None:
    settings, environment = profile.settings, profile.environment
    place = "profile.settings"
    most = MAX_MEMORY_MB if settings.platform == PLATFORMS[0] else LARGEST_MEMORY_MB
    if not MIN_MEMORY_MB <= settings.memory_mb <= most:
        where = "Lambda has" if most == MAX_MEMORY_MB else "platforms have"
        _refuse(
            f"{place}.memory_mb",
            f"is {settings.memory_mb}, and {where} {MIN_MEMORY_MB} to {most} MB",
        )
    for name, known in (
        ("arch", ARCHES),
        ("package_type", PACKAGE_TYPES),
        ("platform", PLATFORMS),
    ):
        value = getattr(settings, name)
        if value not in known:
            _refuse(f"{place}.{name}", f"is {value!r}, and must be {' or '.join(known)}")
    if not _RUNTIME.fullmatch(settings.runtime):
        _refuse(f"{place}.runtime", f"is {settings.runtime!r}, and must be like python3.12")
    # A log does not tell which Python wrote it.
    if profile.graph is not None and not _VERSION.fullmatch(environment.python_version):
        _refuse(
            "profile.environment.python_version",
            f"is {environment.python_version!r}, and must be like 3.12.1",
        )
    _check_least("profile.environment", ("cpu_count", environment.cpu_count))


def _check_figures(profile: Profile) -> None:
    init, place = profile.function_init, "profile.function_init"
    _check_interval(init.cpu_us, f"{place}.cpu_us")
    for name in ("process_cpu_us", "wall_us", "blocked_us"):
        _check_least(place, (name, getattr(init, name)))
    _check_least(f"{place}.cpu_us", ("low", init.cpu_us.low))
    for index, phase in enumerate(profile.phases):
        where = f"profile.phases[{index}]"
        _check_least(where, ("wall_us", phase.wall_us), ("cpu_us", phase.cpu_us))
        if max(phase.wall_us, phase.cpu_us) > _LONGEST_US:
            _refuse(where, "lasts longer than a launch can take")
    if profile.speed_us is not None and profile.speed_us < 1:
        _refuse("profile.speed_us", f"is {profile.speed_us}, and a workload takes time")


def _check_sums(profile: Profile) -> None:
    """Refuse times whose sums no column could hold: they are added up in many ways."""
    tree, phases = profile.tree, profile.phases
    columns = {
        "tree.self_us": tree.self_us,
        "tree.cumulative_us": tree.cumulative_us,
        "phases: cpu_us": [phase.cpu_us for phase in phases],
        "phases: wall_us": [phase.wall_us for phase in phases],
    }
    for name, values in columns.items():
        if sum(map(abs, values)) > _MOST_US:
            _refuse(f"profile.{name}", "adds up to centuries, which no measurement takes")


def _check_interval(interval: Interval, place: str) -> None:
    if not interval.low <= interval.value <= interval.high:
        _refuse(place, f"is not in order: {interval.low:g}, {interval.value:g}, {interval.high:g}")
    # One value has 0, two have 0.5; quantiles of what is nearer to 0 or 1 are not numbers.
    if interval.confidence not in (0, 1) and not 0.01 <= interval.confidence <= 0.9999:
        _refuse(
            f"{place}.confidence",
            f"is {interval.confidence:g}, and must lie between 0.01 and 0.9999",
        )


def _check_advice(advice: Advice) -> None:
    place = "profile.advice"
    for name, where in _places(advice):
        if not 1 <= where.line <= where.end_line or where.column < 0:
            _refuse(
                f"{place}.{name}.place",
                f"has line {where.line} to {where.end_line}, column {where.column}: "
                "there are no such lines",
            )
    if advice.best_set is not None:
        ids = advice.best_set.finding_ids
        known = len(advice.findings)
        _check_range(f"{place}.best_set.finding_ids", ids, 0, known, "the number of a finding")


def _places(advice: Advice) -> Iterator[tuple[str, SourcePlace]]:
    for index, finding in enumerate(advice.findings):
        yield f"findings[{index}]", finding.place
    for index, statement in enumerate(advice.statements):
        yield f"statements[{index}]", statement.place
