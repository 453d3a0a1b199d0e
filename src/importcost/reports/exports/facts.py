"""What exports say about a module beside its times: its distribution, file and importer."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.model.graph import UNKNOWN_DISTRIBUTION, LoadedModule
from importcost.model.profile import Profile
from importcost.reports.exports.frames import NO_NODE, Frames
from importcost.reports.page.data import first_edges, short_path


@dataclass(frozen=True, slots=True)
class ModuleFacts:
    """Facts about one name; an empty string or None where the graph run told nothing.

    `file` is the module's own, `importer` the module that imported it first, and
    `importer_file`:`line` the statement that did. Paths are shortened. `from_runtime` says that
    Lambda's runtime brings the module.
    """

    distribution: str
    file: str
    importer: str
    importer_file: str
    line: int | None
    bytecode: str
    rss_self_kb: int | None
    from_runtime: bool = False

    @property
    def imported_at(self) -> str:
        """Return `file:line` of the import, empty where it is not known."""
        return f"{self.importer_file}:{self.line}" if self.importer_file and self.line else ""


NO_FACTS = ModuleFacts("", "", "", "", None, "", None)


def module_facts(profile: Profile) -> list[ModuleFacts]:
    """Return the facts for every entry of the tree's name table, in its order."""
    graph, target = profile.graph, profile.target
    modules: dict[str, LoadedModule] = {}
    for module in graph.modules if graph else ():
        modules.setdefault(module.name, module)
    edges = first_edges(graph)
    result = []
    for name in profile.tree.names:
        found, edge = modules.get(name), edges.get(name)
        rss = found.rss_self_bytes if found else None
        result.append(
            ModuleFacts(
                distribution=found.distribution if found else UNKNOWN_DISTRIBUTION,
                file=short_path(found.file, target) if found and found.file else "",
                importer=edge.importer if edge else "",
                importer_file=short_path(edge.file, target) if edge and edge.file else "",
                line=edge.line if edge else None,
                bytecode=found.bytecode.value if found else "",
                rss_self_kb=None if rss is None else round(rss / 1024),
                from_runtime=found is not None and found.from_runtime,
            )
        )
    return result


def frame_owners(profile: Profile, frames: Frames) -> list[str]:
    """Return each frame's distribution; for a log, the top-level package; empty for a phase."""
    facts, tree = module_facts(profile), profile.tree
    owners = []
    for name, node in zip(frames.names, frames.nodes, strict=True):
        if node == NO_NODE:
            owners.append("")
        elif profile.graph is None:
            owners.append(name.partition(".")[0] or UNKNOWN_DISTRIBUTION)
        else:
            owners.append(facts[tree.name_ids[node]].distribution)
    return owners


def owner_labels(profile: Profile, frames: Frames) -> list[str]:
    """Return each frame's distribution in words: what Lambda's runtime brings is marked."""
    facts, ids = module_facts(profile), profile.tree.name_ids
    owners = frame_owners(profile, frames)
    return [
        f"{owner} (runtime)" if node != NO_NODE and facts[ids[node]].from_runtime else owner
        for owner, node in zip(owners, frames.nodes, strict=True)
    ]
