"""The tree and its modules as columns of small numbers: most of a page's bytes are these."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from importcost.model.graph import ImportEdge, ImportGraph
from importcost.model.module_facts import ModuleFacts
from importcost.model.profile import Profile
from importcost.model.tree import NO_PARENT, ImportTree
from importcost.reports.facts import BYTECODE_ORDER, importer_word, short_path
from importcost.reports.page.colours import owners_of

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import ModuleColumns, NameColumns, TreeColumns


NONE = -1
OWN_FILE = -2
OWN_INIT = -3
PARENT_IMPORTS = 0
MOST_OTHERS = 4
"""Further importers of a module that the page names; the others it only counts."""


class Interner:
    """Give every distinct string a number, in order of first use."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self.values: list[str] = []
        self._ids: dict[str, int] = {}
        for value in values:
            self.id(value)

    def id(self, value: str) -> int:
        """Return the number of a string."""
        known = self._ids.setdefault(value, len(self.values))
        if known == len(self.values):
            self.values.append(value)
        return known


def tree_columns(tree: ImportTree) -> TreeColumns:
    """Return the tree's columns; `TreeColumns` says what they hold."""
    return {
        **name_columns(tree.names),
        "name_runs": runs(id_steps(tree.name_ids)),
        "parent_steps": parent_steps(tree.parents),
        "self_us": tree.self_us.tolist(),
        "excess_runs": runs(_excess(tree)),
        "phases": list(tree.phases),
        "phase_runs": runs(tree.phase_ids),
    }


def name_columns(names: Sequence[str]) -> NameColumns:
    """Return names relative to their packages, which keeps deep names short.

    A package that is one of the names before needs no entry of its own.
    """
    packages = _Packages()
    tails, parents = [], []
    for number, name in enumerate(names):
        package, dot, tail = name.rpartition(".")
        parent = packages.number(package) if dot else 0
        tails.append(tail)
        # Steps back are shorter than ids: a package mostly loads just before its modules.
        parents.append(parent if parent >= 0 else -parent - 1 - number)
        packages.add_name(name, number)
    return {
        "packages": packages.tails,
        "package_parents": packages.parents,
        "name_tails": tails,
        "name_parents": parents,
    }


class _Packages:
    """Number packages: n for the nth that is not a name, -n for the nth name."""

    def __init__(self) -> None:
        self.tails: list[str] = []
        self.parents: list[int] = []
        self._numbers: dict[str, int] = {}

    def add_name(self, name: str, number: int) -> None:
        """Let later names refer to this one as their package."""
        self._numbers.setdefault(name, -number - 1)

    def number(self, package: str) -> int:
        """Return the number of a package, after adding what it is in."""
        missing = []
        # A loop, not recursion: a name may have thousands of dots.
        while package not in self._numbers:
            above, dot, tail = package.rpartition(".")
            missing.append((package, tail))
            if not dot:
                break
            package = above
        parent = self._numbers.get(package, 0)
        for name, tail in reversed(missing):
            self.tails.append(tail)
            self.parents.append(parent)
            parent = self._numbers[name] = len(self.tails)
        return parent


def id_steps(ids: Iterable[int]) -> list[int]:
    """Return 0 if an id follows the one before it, else the id plus one: mostly zeros."""
    steps, previous = [], NONE
    for value in ids:
        steps.append(0 if value == previous + 1 else value + 1)
        previous = value
    return steps


def parent_steps(parents: Iterable[int]) -> list[int]:
    """Return the distance from each node back to its parent; 0 for a root."""
    return [0 if up == NO_PARENT else node - up for node, up in enumerate(parents)]


def runs(values: Iterable[int]) -> list[int]:
    """Return a column as value, count, value, count ...: for columns that seldom change."""
    pairs: list[int] = []
    for value in values:
        if pairs and pairs[-2] == value:
            pairs[-1] += 1
        else:
            pairs += (value, 1)
    return pairs


def _excess(tree: ImportTree) -> list[int]:
    excess = [total - own for total, own in zip(tree.cumulative_us, tree.self_us, strict=True)]
    for node, parent in enumerate(tree.parents):
        if parent != NO_PARENT:
            excess[parent] -= tree.cumulative_us[node]
    return excess


def module_columns(
    profile: Profile, facts: Sequence[ModuleFacts], exclusive_us: Mapping[str, int]
) -> ModuleColumns:
    """Return the known facts about each name besides its times; see `ModuleColumns`."""
    if profile.graph is None:
        return _unknown_modules(len(facts))
    tree = profile.tree
    names, files = Interner(tree.names), Interner()
    first = first_nodes(tree)
    importers, file_ids, lines, less = [], [], [], []
    for name, fact in zip(tree.names, facts, strict=True):
        edge, node = fact.edge, first[name]
        importers.append(_importer_id(profile, node, edge, names))
        file = edge.file if edge else None
        file_ids.append(_file_id(short_path(file, profile.target), edge, files) if file else NONE)
        lines.append((edge.line or 0) if edge else 0)
        own = exclusive_us.get(name)
        less.append(None if own is None else tree.cumulative_us[node] - own)
    others = _other_importers(profile.graph, facts, names)
    modules = [fact.module for fact in facts]
    return {
        "bytecode_runs": runs(BYTECODE_ORDER.index(m.bytecode) if m else NONE for m in modules),
        "rss_self_kb": [_kb(m.rss_self_bytes) if m else None for m in modules],
        "rss_cumulative_kb": [_kb(m.rss_cumulative_bytes) if m else None for m in modules],
        "exclusive_less_us": less,
        "importer_ids": importers,
        "others": others,
        "other_importers": names.values[len(tree.names) :],
        "files": files.values,
        "file_ids": file_ids,
        "lines": lines,
    }


def _unknown_modules(count: int) -> ModuleColumns:
    """Return the columns of a log, which has times only."""
    return {
        "bytecode_runs": [NONE, count] if count else [],
        "rss_self_kb": [],
        "rss_cumulative_kb": [],
        "exclusive_less_us": [],
        "importer_ids": [],
        "others": [],
        "other_importers": [],
        "files": [],
        "file_ids": [],
        "lines": [],
    }


def distribution_ids(facts: Sequence[ModuleFacts]) -> list[int]:
    """Return each name's distribution, by its place in `owners_of`."""
    owners = {owner: i for i, owner in enumerate(owners_of(facts))}
    return [owners[fact.distribution] for fact in facts]


def importers_of(
    profile: Profile, facts: Sequence[ModuleFacts], nodes: Iterable[int]
) -> list[list[str]]:
    """Return, for each node, its first importer and the place (file:line); empty if unknown."""
    tree, found = profile.tree, []
    for node in nodes:
        edge, parent = facts[tree.name_ids[node]].edge, tree.parents[node]
        name = tree.name(parent) if parent != NO_PARENT else ""
        place = ""
        if edge is not None:
            name = importer_word(profile, edge)
            place = short_path(edge.file, profile.target) if edge.file else ""
            place += f":{edge.line}" if place and edge.line else ""
        found.append([name, place])
    return found


def first_nodes(tree: ImportTree) -> dict[str, int]:
    """Return the first node of each name."""
    first: dict[str, int] = {}
    for node in range(len(tree)):
        first.setdefault(tree.name(node), node)
    return first


def _importer_id(profile: Profile, node: int, edge: ImportEdge | None, names: Interner) -> int:
    if edge is None:
        return NONE
    tree = profile.tree
    parent = tree.parents[node]
    if parent != NO_PARENT and tree.name(parent) == edge.importer:
        return PARENT_IMPORTS
    return names.id(importer_word(profile, edge)) + 1


def _other_importers(
    graph: ImportGraph | None, facts: Sequence[ModuleFacts], names: Interner
) -> list[list[int]]:
    """Return the other importers of a module, as [name, how many, importer, importer ...].

    They would load it if its first importer did not.
    """
    loaders = {fact.edge.imported: fact.edge.importer for fact in facts if fact.edge}
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for edge in graph.edges if graph else ():
        if edge.cached and loaders.get(edge.imported) not in (None, edge.importer):
            found[edge.imported][edge.importer] = None
    return [
        [names.id(name), len(others), *(names.id(one) for one in list(others)[:MOST_OTHERS])]
        for name, others in found.items()
    ]


def _file_id(path: str, edge: ImportEdge | None, files: Interner) -> int:
    """Return the id of a path, or the marker of one that follows from the importer's name."""
    stem = edge.importer.replace(".", "/") if edge else ""
    if path == f"{stem}.py":
        return OWN_FILE
    if path == f"{stem}/__init__.py":
        return OWN_INIT
    return files.id(path)


def _kb(size_bytes: int | None) -> int | None:
    return None if size_bytes is None else round(size_bytes / 1024)
