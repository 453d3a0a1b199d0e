"""The data that the HTML page draws: a finished profile and its estimate as plain JSON values.

Everything that recurs is interned and every table is columnar: 20,000 nodes stay near a megabyte.
Tree figures are local CPU microseconds, the headline is modelled on Lambda; the page labels both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from zlib import crc32

from importcost.billing.estimate import FLOOR_LABEL, Estimate
from importcost.model.graph import (
    FUNCTION,
    RUNTIME,
    STDLIB,
    UNKNOWN_DISTRIBUTION,
    BytecodeState,
    EdgeKind,
    ImportEdge,
    ImportGraph,
    LoadedModule,
)
from importcost.model.interval import Interval
from importcost.model.profile import Phase, Profile, Target
from importcost.model.tree import NO_PARENT, ImportTree

PAGE_SCHEMA = 1
MOST_EXPENSIVE = 10
HUES = 6
NEUTRALS = 4
NONE = -1
OWN_FILE = -2
OWN_INIT = -3
STARTUP_PHASES = (Phase.INTERPRETER_START.value, Phase.RUNTIME.value)
FIXED_COLOURS = {FUNCTION: "function", STDLIB: "stdlib", RUNTIME: "runtime"}
BYTECODE_ORDER = tuple(BytecodeState)

PHASE_EXPLANATIONS = {
    FLOOR_LABEL: "What any hello-world function pays before your first import: the sandbox, the "
    "interpreter and the Lambda runtime. No change in your code removes it.",
    Phase.INTERPRETER_START.value: "Starting Python itself, before any code of yours.",
    Phase.RUNTIME.value: "What the Lambda runtime loads for itself before your handler.",
    Phase.HANDLER_IMPORTS.value: "Every module that importing your handler loads. "
    "Deferring or dropping imports shortens this part.",
    Phase.MODULE_BODY.value: "Code at the top level of your handler: clients created, files "
    "read, models loaded.",
}


def page_data(profile: Profile, estimate: Estimate) -> dict[str, Any]:
    """Return the JSON value behind the page.

    `*_us` are microseconds of CPU on the measuring machine, `*_ms` milliseconds modelled on
    Lambda. Strings are those of the profile, lone surrogates included: serialize as ASCII.
    """
    facts = _module_facts(profile)
    return {
        "schema": PAGE_SCHEMA,
        "generator": f"importcost {profile.importcost_version}",
        "created_at": profile.created_at,
        "source": profile.source,
        "function": _function(profile, estimate),
        "headline": _headline(estimate),
        "local": _local(profile),
        "phases": _phases(profile, estimate),
        "startup_phases": list(STARTUP_PHASES),
        "tree": _tree(profile.tree),
        "modules": _modules(profile, facts),
        "bytecode_states": [state.value for state in BYTECODE_ORDER],
        "distributions": _distributions(profile.tree, facts),
        "most_expensive": most_expensive(profile),
        "bytecode": _bytecode(profile),
        "warnings": [{"code": w.code.value, "message": w.message} for w in profile.warnings],
        "environment": _environment(profile),
        "notes": list(estimate.notes),
        "sources": [[s.figure, s.source, s.date] for s in estimate.sources],
    }


def most_expensive(profile: Profile, limit: int = MOST_EXPENSIVE) -> list[int]:
    """Return the nodes of the costliest imports of function init, the most expensive first.

    An import counts where it enters a distribution: what a package imports of itself already
    stands in the figure of the import that brought the package in, and would crowd out the
    other packages. A name counts once, where it loaded.
    """
    tree = profile.tree
    distributions = _distribution_by_name(profile)
    startup = _startup_phase_ids(tree)
    body = profile.target.module if profile.target else None
    best: dict[str, int] = {}
    for node in range(len(tree)):
        name, parent = tree.name(node), tree.parents[node]
        if tree.phase_ids[node] in startup or (parent == NO_PARENT and name == body):
            continue
        owner = distributions.get(name, UNKNOWN_DISTRIBUTION)
        if _stays_inside(tree, node, owner, distributions):
            continue
        if name not in best or tree.cumulative_us[node] > tree.cumulative_us[best[name]]:
            best[name] = node
    return sorted(best.values(), key=lambda node: -tree.cumulative_us[node])[:limit]


def short_path(file: str, target: Target | None) -> str:
    """Return the part of a path that tells a reader where the file is.

    Below the task root or a layer: relative to it. Elsewhere: what follows site-packages or
    the standard library's folder. A page that is passed on need not tell the writer's folders.
    """
    path = file.replace("\\", "/")
    roots = (target.task_root, *target.layers) if target else ()
    parts = path.split("/")
    for marker in ("site-packages", "dist-packages"):
        if marker in parts:
            at = len(parts) - parts[::-1].index(marker)
            return "/".join(parts[at:])
    for root in roots:
        prefix = root.replace("\\", "/").rstrip("/") + "/"
        if path.startswith(prefix):
            return path[len(prefix) :]
    for at, part in enumerate(parts[:-1]):
        if part.startswith("python3") and at and parts[at - 1] == "lib":
            return "/".join(parts[at:])
    return "/".join(parts[-3:])


@dataclass(frozen=True, slots=True)
class BytecodeAdvice:
    """Modules that a ZIP package compiles at every cold start, and the command that stops it."""

    compiled_modules: int
    own_modules: int
    command: str


def bytecode_advice(profile: Profile) -> BytecodeAdvice | None:
    """Return advice for a ZIP whose modules come as source, None where nothing is to be gained.

    The state on the measured disk does not matter: a ZIP's timestamps never match.
    """
    if profile.graph is None or profile.settings.package_type != "zip":
        return None
    timestamped = (BytecodeState.VALID, BytecodeState.STALE, BytecodeState.ABSENT)
    owners = [
        module.distribution
        for module in profile.graph.modules
        if module.bytecode in timestamped
        and module.phase not in STARTUP_PHASES
        and module.distribution not in (STDLIB, RUNTIME)
    ]
    if not owners:
        return None
    version = profile.settings.runtime.removeprefix("python")
    command = f"python{version} -m compileall -q --invalidation-mode unchecked-hash BUILD_FOLDER"
    return BytecodeAdvice(len(owners), owners.count(FUNCTION), command)


def _stays_inside(tree: ImportTree, node: int, owner: str, distributions: dict[str, str]) -> bool:
    """Tell whether an import stays in its distribution; function code never does."""
    parent = tree.parents[node]
    if parent == NO_PARENT or owner == FUNCTION:
        return False
    name, above = tree.name(node), tree.name(parent)
    if owner == UNKNOWN_DISTRIBUTION:
        return name.partition(".")[0] == above.partition(".")[0]
    return owner == distributions.get(above)


@dataclass(frozen=True, slots=True)
class _ModuleFacts:
    """What the graph run told about one name; None where it told nothing."""

    module: LoadedModule | None
    edge: ImportEdge | None
    distribution: str


def _module_facts(profile: Profile) -> list[_ModuleFacts]:
    """Return the facts for every entry of the tree's name table, in its order."""
    modules, edges = _first_modules(profile.graph), first_edges(profile.graph)
    distributions = _distribution_by_name(profile)
    return [
        _ModuleFacts(
            modules.get(name), edges.get(name), distributions.get(name, UNKNOWN_DISTRIBUTION)
        )
        for name in profile.tree.names
    ]


def _first_modules(graph: ImportGraph | None) -> dict[str, LoadedModule]:
    modules: dict[str, LoadedModule] = {}
    for module in graph.modules if graph else ():
        modules.setdefault(module.name, module)
    return modules


def first_edges(graph: ImportGraph | None) -> dict[str, ImportEdge]:
    """Return the edge that loaded each module, by the module's name.

    An edge with a line beats the implied load of a parent package, which has none.
    """
    edges: dict[str, ImportEdge] = {}
    for edge in graph.edges if graph else ():
        if edge.cached:
            continue
        known = edges.get(edge.imported)
        if known is None or (known.kind is EdgeKind.PARENT and edge.kind is not EdgeKind.PARENT):
            edges[edge.imported] = edge
    return edges


def _distribution_by_name(profile: Profile) -> dict[str, str]:
    """Return each known module's distribution.

    Without a graph (a profile from a log) a top-level package's name stands in for it, so that
    colours and totals still tell packages apart.
    """
    if profile.graph is not None:
        return {module.name: module.distribution for module in profile.graph.modules}
    names = profile.tree.names
    packages = Counter(name.partition(".")[0] for name in names)
    return {name: top for name in names if (top := name.partition(".")[0]) and packages[top] > 1}


def _startup_phase_ids(tree: ImportTree) -> set[int]:
    return {i for i, label in enumerate(tree.phases) if label in STARTUP_PHASES}


def _function(profile: Profile, estimate: Estimate) -> dict[str, Any]:
    target = profile.target
    return {
        "handler": target.handler if target else None,
        "module": target.module if target else None,
        "file": short_path(target.handler_file, target) if target else None,
        "runtime": estimate.runtime,
        "arch": estimate.arch,
        "package_type": estimate.package_type,
        "memory_mb": estimate.memory_mb,
    }


def _bytecode(profile: Profile) -> dict[str, Any] | None:
    advice = bytecode_advice(profile)
    return asdict(advice) if advice else None


def _interval(interval: Interval) -> dict[str, float]:
    return {
        "low": interval.low,
        "value": interval.value,
        "high": interval.high,
        "confidence": interval.confidence,
    }


def _headline(estimate: Estimate) -> dict[str, Any]:
    return {
        "billed_init_ms": _interval(estimate.billed_init_ms),
        "init_ms": _interval(estimate.init_ms),
        "floor_ms": _interval(estimate.floor_ms),
        "function_init_ms": _interval(estimate.function_init_ms),
        "dollars_per_million": _interval(estimate.dollars_per_million),
        "speed_ratio": _interval(estimate.speed_ratio),
        "limit": estimate.limit.value,
    }


def _local(profile: Profile) -> dict[str, Any]:
    init = profile.function_init
    return {
        "cpu_us": _interval(init.cpu_us),
        "wall_us": init.wall_us,
        "process_cpu_us": init.process_cpu_us,
        "blocked_us": init.blocked_us,
        "unattributed_share": init.unattributed_share,
    }


def _phases(profile: Profile, estimate: Estimate) -> list[dict[str, Any]]:
    """Return the modelled phases, each with what was measured here under the same label."""
    measured = {time.phase.value: time.cpu_us for time in profile.phases}
    return [
        {
            "label": phase.label,
            "init_ms": phase.init_ms,
            "share": phase.share,
            "local_us": measured.get(phase.label),
            "explanation": PHASE_EXPLANATIONS.get(phase.label, ""),
        }
        for phase in estimate.phases
    ]


def _tree(tree: ImportTree) -> dict[str, Any]:
    """Return the tree's columns; names split into package and last part, which halves them."""
    packages, tails = _split_names(tree.names)
    return {
        "packages": packages,
        "name_packages": [package for package, _ in tails],
        "name_tails": [tail for _, tail in tails],
        "name_steps": _steps(tree.name_ids),
        "parents": tree.parents.tolist(),
        "self_us": tree.self_us.tolist(),
        "cumulative_us": tree.cumulative_us.tolist(),
        "phases": list(tree.phases),
        "phase_ids": tree.phase_ids.tolist(),
    }


def _steps(ids: Iterable[int]) -> list[int]:
    """Return 0 where an id follows the one before it, else the id plus one: mostly zeros."""
    steps, previous = [], NONE
    for value in ids:
        steps.append(0 if value == previous + 1 else value + 1)
        previous = value
    return steps


def _split_names(names: Sequence[str]) -> tuple[list[str], list[tuple[int, str]]]:
    packages = _Interner()
    tails = []
    for name in names:
        package, dot, tail = name.rpartition(".")
        tails.append((packages.id(package) if dot else NONE, tail))
    return packages.values, tails


class _Interner:
    """Give every distinct string a number, in order of first use."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.values: list[str] = []
        self._ids: dict[str, int] = {}
        for value in values:
            self.id(value)

    def id(self, value: str) -> int:
        known = self._ids.setdefault(value, len(self.values))
        if known == len(self.values):
            self.values.append(value)
        return known


def _modules(profile: Profile, facts: list[_ModuleFacts]) -> dict[str, Any]:
    """Return, for every name: distribution, bytecode, memory, and who imported it first where."""
    names, files = _Interner(profile.tree.names), _Interner()
    owners = {owner: i for i, owner in enumerate(_owners(facts))}
    known = len(names.values)
    importers, file_ids, lines = [], [], []
    for fact in facts:
        edge = fact.edge
        importers.append(names.id(edge.importer) if edge else NONE)
        file = edge.file if edge else None
        file_ids.append(_file_id(short_path(file, profile.target), edge, files) if file else NONE)
        lines.append((edge.line or 0) if edge else 0)
    modules = [fact.module for fact in facts]
    return {
        "distribution_ids": [owners[fact.distribution] for fact in facts],
        "bytecode_ids": [BYTECODE_ORDER.index(m.bytecode) if m else NONE for m in modules],
        "rss_self_kb": [_kb(m.rss_self_bytes) if m else None for m in modules],
        "rss_cumulative_kb": [_kb(m.rss_cumulative_bytes) if m else None for m in modules],
        "importer_ids": importers,
        "other_importers": names.values[known:],
        "files": files.values,
        "file_ids": file_ids,
        "lines": lines,
    }


def _file_id(path: str, edge: ImportEdge | None, files: _Interner) -> int:
    """Return the id of a path, or the marker of one that follows from the importer's name."""
    stem = edge.importer.replace(".", "/") if edge else ""
    if path == f"{stem}.py":
        return OWN_FILE
    if path == f"{stem}/__init__.py":
        return OWN_INIT
    return files.id(path)


def _kb(size_bytes: int | None) -> int | None:
    return None if size_bytes is None else round(size_bytes / 1024)


def _owners(facts: list[_ModuleFacts]) -> list[str]:
    return list(dict.fromkeys(fact.distribution for fact in facts))


def _distributions(tree: ImportTree, facts: list[_ModuleFacts]) -> list[dict[str, Any]]:
    """Return each distribution with its colour and its own time in function init."""
    startup = _startup_phase_ids(tree)
    totals: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for node, name_id in enumerate(tree.name_ids):
        if tree.phase_ids[node] not in startup:
            owner = facts[name_id].distribution
            totals[owner] += tree.self_us[node]
            counts[owner] += 1
    owners = _owners(facts)
    colours = colours_by_distribution({owner: totals[owner] for owner in owners})
    return [
        {"name": o, "colour": colours[o], "self_us": totals[o], "modules": counts[o]}
        for o in owners
    ]


def colours_by_distribution(totals_us: dict[str, int]) -> dict[str, str]:
    """Return the colour name of every distribution.

    The six largest get the strong hues, the next six the light ones. Which hue comes from the
    name, so a package keeps its colour from report to report unless a larger one of the same
    group holds it: then it takes the next free one. The others share neutral steps.
    """
    colours = {name: FIXED_COLOURS[name] for name in totals_us if name in FIXED_COLOURS}
    ranked = sorted(totals_us.items(), key=lambda item: (-item[1], item[0]))
    names = [name for name, _ in ranked if name not in colours]
    hued = [name for name in names if name != UNKNOWN_DISTRIBUTION][: 2 * HUES]
    for first in (0, HUES):
        free = list(range(first, first + HUES))
        for name in hued[first : first + HUES]:
            wanted = first + _seed(name) % HUES
            hue = min(free, key=lambda h: (h - wanted) % HUES)
            free.remove(hue)
            colours[name] = f"hue-{hue}"
    for name in names:
        colours.setdefault(name, f"neutral-{_seed(name) % NEUTRALS}")
    return colours


def _seed(name: str) -> int:
    """Return a number that is the same on every machine and in every run."""
    return crc32(name.encode("utf-8", "surrogatepass"))


def _environment(profile: Profile) -> list[list[str]]:
    """Return what measured, as pairs of label and value in reading order."""
    env, kinds = profile.environment, Counter(run.kind.value for run in profile.runs)
    runs = ", ".join(f"{count} {kind}" for kind, count in kinds.items()) or "none"
    cpu = f"{env.cpu_model or env.machine}, {env.cpu_count} CPUs"
    rows: list[tuple[str, str | None]] = [
        ("Measured", profile.created_at),
        ("By", f"importcost {profile.importcost_version}"),
        ("Source", profile.source),
        ("Runner", f"{env.runner} ({env.runner_reason})" if env.runner_reason else env.runner),
        ("Image", env.image),
        ("Python", f"{env.python_implementation} {env.python_version}"),
        ("Platform", env.platform),
        ("Processor", cpu),
        ("Lambda runtime", env.runtime_source),
        ("Bytecode", env.bytecode),
        ("Requirements", env.requirements),
        ("Runs", runs),
        ("Variables passed", ", ".join(profile.settings.environment_names) or None),
    ]
    return [[label, value] for label, value in rows if value]
