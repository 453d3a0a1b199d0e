"""Measure what a cold read adds to init: launches with and without files in the page cache.

Before each cold launch the files that init opened or mapped are dropped from the page cache, which
needs no privilege. Warm and cold launches alternate, both traced: their rows say which
distribution waited for the disk.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importcost.errors import MeasurementError
from importcost.measure.programs import read_program
from importcost.measure.runners.base import Runner
from importcost.measure.session import Session, Subject
from importcost.model.graph import UNKNOWN_DISTRIBUTION
from importcost.model.importtime.nest import build_tree
from importcost.model.machine.cold_disk import ColdDisk, ColdRead
from importcost.model.profile import Profile, RunKind
from importcost.model.stats import median, median_interval

PAIRS = 4
MOST_KEPT = 0.5
"""If more of the files stays in the page cache, a launch after dropping is not a cold one."""
_FUNCTION = "function"
"""The probe's marker before the handler, which is the phase's label in a traced tree."""


@dataclass(frozen=True, slots=True)
class _Pages:
    """Resident bytes of each file before and after a run of the program; None if unknown."""

    files: tuple[tuple[str, int, int | None, int | None], ...]

    @property
    def before(self) -> Mapping[str, int]:
        return {path: held or 0 for path, _, held, _ in self.files}

    @property
    def after(self) -> Mapping[str, int]:
        return {path: held or 0 for path, _, _, held in self.files}

    @property
    def is_known(self) -> bool:
        return any(held is not None for _, _, held, _ in self.files)


@dataclass(frozen=True, slots=True)
class _Spent:
    """One launch's function init, microseconds: without waiting for a processor, and by module."""

    total_us: float
    own_us: Mapping[str, int]


def measure_cold_disk(
    runner: Runner,
    subject: Subject,
    profile: Profile,
    graph: Mapping[str, Any],
    on_pair: Callable[[int], None],
) -> ColdDisk:
    """Return what cold reads add; `graph` is the probe's graph result, which names the files.

    `on_pair` is called with the number of each pair. Raises HandlerError if init fails,
    MeasurementError if the interpreter or the engine does.
    """
    files = _files_of(graph)
    session = Session(runner, subject)
    spent: list[tuple[_Spent, _Spent]] = []
    read: dict[str, int] = {}
    kept = 0
    for pair in range(PAIRS):
        on_pair(pair)
        warm = _launch(session)
        dropped = _pages(runner, subject, files, "drop")
        reason = _why_not(dropped)
        if reason is not None:
            return ColdDisk(pair, None, 0, sum(dropped.after.values()), (), reason)
        spent.append((warm, _launch(session)))
        now, left = _pages(runner, subject, files, "look").before, dropped.after
        read = {path: max(0, held - left.get(path, 0)) for path, held in now.items()}
        kept = sum(left.values())
    return _result(profile, runner, spent, read, kept)


def _files_of(graph: Mapping[str, Any]) -> list[str]:
    recorded = graph.get("files") or {"read": (), "mapped": ()}
    rows = (*recorded["read"], *(recorded["mapped"] or ()))
    return list(dict.fromkeys(row[0] for row in rows))


def _pages(runner: Runner, subject: Subject, files: Sequence[str], kind: str) -> _Pages:
    launch = runner.launch(
        ("{scratch}/page_cache.py", "{scratch}/files.json", "{scratch}/result.json", kind),
        {"page_cache.py": read_program("page_cache.py"), "files.json": json.dumps(files)},
        subject.timeout_s,
        (subject.bytecode_dir,) if subject.bytecode_dir else (),
    )
    if launch.result is None:
        raise MeasurementError("The program that drops files from the page cache failed.")
    return _Pages(tuple(tuple(row) for row in launch.result["files"]))


def _why_not(dropped: _Pages) -> str | None:
    """Return why no cold launch is possible, as a sentence, or None."""
    if not dropped.files:
        return "No file that init reads could be opened, so none was dropped from the page cache."
    if not dropped.is_known:
        return (
            "This platform does not tell which files are in the page cache, so a cold read cannot"
            " be told from a warm one."
        )
    was, stays = sum(dropped.before.values()), sum(dropped.after.values())
    if stays > MOST_KEPT * was:
        return (
            f"The file system keeps its pages ({stays / 1e6:,.1f} of {was / 1e6:,.1f} MB stayed in"
            " memory), as tmpfs does, or other processes use the files: a cold read cannot be"
            " measured here."
        )
    return None


def _launch(session: Session) -> _Spent:
    session.launch_probe(RunKind.TRACED)
    timing = session.runs[-1].function_init
    if timing is None:  # a launch that went well has it; for the type checker
        raise MeasurementError("The probe left no timing.")
    blocked = timing.blocked_us
    total = timing.wall_us if blocked is None else timing.cpu_us + blocked
    tree = build_tree(session.logs[-1])
    own: dict[str, int] = defaultdict(int)
    for node in range(len(tree)):
        if tree.phases[tree.phase_ids[node]] == _FUNCTION:
            own[tree.name(node)] += tree.self_us[node]
    return _Spent(float(total), own)


def _result(
    profile: Profile,
    runner: Runner,
    spent: Sequence[tuple[_Spent, _Spent]],
    read: Mapping[str, int],
    kept: int,
) -> ColdDisk:
    added = median_interval([cold.total_us - warm.total_us for warm, cold in spent])
    modules = profile.graph.modules if profile.graph else ()
    owners = {module.name: module.distribution for module in modules}
    of_file = {module.file: module.distribution for module in modules if module.file}
    others = (profile.graph.files if profile.graph else None) or ()
    of_file |= {file.path: file.distribution for file in others}
    bytes_of: dict[str, int] = defaultdict(int)
    for path, count in read.items():
        bytes_of[_owner(runner.layout.on_host(path), of_file)] += count
    shares = _shares(spent, owners)
    names = {*bytes_of, *shares}
    whole = sum(shares.values()) or 1.0
    total = max(added.value, 0.0)
    rows = [
        ColdRead(name, bytes_of.get(name, 0), total * shares.get(name, 0.0) / whole)
        for name in names
        if bytes_of.get(name) or shares.get(name)
    ]
    rows.sort(key=lambda row: (-row.added_us, -row.read_bytes, row.distribution))
    return ColdDisk(len(spent), added, sum(read.values()), kept, tuple(rows))


def _owner(path: str, of_file: Mapping[str, str]) -> str:
    """Return the distribution of a file; bytecode belongs to the source beside it."""
    if path in of_file:
        return of_file[path]
    if path.endswith(".pyc"):
        folder, _, name = path.rpartition("/")
        source = f"{folder.removesuffix('/__pycache__')}/{name.split('.')[0]}.py"
        for known in (source, path.removesuffix(".pyc")):
            if known in of_file:
                return of_file[known]
        # Bytecode made for this measurement lies below a folder of its own: folder, path, tag.
        stem = path.removesuffix(".pyc").rpartition(".")[0]
        parts = stem.split("/")
        for start in range(1, len(parts)):
            if (known := "/" + "/".join(parts[start:])) in of_file:
                return of_file[known]
    return UNKNOWN_DISTRIBUTION


def _shares(
    spent: Sequence[tuple[_Spent, _Spent]], owners: Mapping[str, str]
) -> Mapping[str, float]:
    """Return what each distribution's rows took longer when cold; those that did not are left out.

    Medians over the pairs, microseconds of wall time.
    """
    differences: dict[str, list[float]] = defaultdict(list)
    for warm, cold in spent:
        found: dict[str, float] = defaultdict(float)
        for name in {*warm.own_us, *cold.own_us}:
            owner = owners.get(name, UNKNOWN_DISTRIBUTION)
            found[owner] += cold.own_us.get(name, 0) - warm.own_us.get(name, 0)
        for owner, us in found.items():
            differences[owner].append(us)
    return {owner: us for owner, many in differences.items() if (us := median(many)) > 0}
