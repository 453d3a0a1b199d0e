"""Facts about a module in exports besides its times: its distribution, file and importer."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.model.graph import UNKNOWN_DISTRIBUTION
from importcost.model.module_facts import ModuleFacts
from importcost.model.profile import Profile, Target
from importcost.model.results.facts import ProfileFacts
from importcost.reports.exports.frames import NO_NODE, Frames
from importcost.reports.facts import short_path


@dataclass(frozen=True, slots=True)
class ModuleText:
    """Facts about one name as text; an empty string or None if the graph run told nothing.

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
        """Return `file:line` of the import, or an empty string."""
        return f"{self.importer_file}:{self.line}" if self.importer_file and self.line else ""


NO_FACTS = ModuleText("", "", "", "", None, "", None)


def module_texts(profile: Profile, facts: ProfileFacts) -> list[ModuleText]:
    """Return the facts for every entry of the tree's name table, in its order."""
    return [_module_text(fact, profile.target) for fact in facts.modules]


def _module_text(fact: ModuleFacts, target: Target | None) -> ModuleText:
    module, edge = fact.module, fact.edge
    rss = module.rss_self_bytes if module else None
    return ModuleText(
        distribution=module.distribution if module else UNKNOWN_DISTRIBUTION,
        file=short_path(module.file, target) if module and module.file else "",
        importer=edge.importer if edge else "",
        importer_file=short_path(edge.file, target) if edge and edge.file else "",
        line=edge.line if edge else None,
        bytecode=module.bytecode.value if module else "",
        rss_self_kb=None if rss is None else round(rss / 1024),
        from_runtime=module is not None and module.from_runtime,
    )


def frame_owners(profile: Profile, facts: ProfileFacts, frames: Frames) -> list[str]:
    """Return each frame's distribution; for a log, the top-level package; empty for a phase."""
    modules, tree = facts.modules, profile.tree
    owners = []
    for name, node in zip(frames.names, frames.nodes, strict=True):
        if node == NO_NODE:
            owners.append("")
        elif profile.graph is None:
            owners.append(name.partition(".")[0] or UNKNOWN_DISTRIBUTION)
        else:
            owners.append(modules[tree.name_ids[node]].distribution)
    return owners


def owner_labels(profile: Profile, facts: ProfileFacts, frames: Frames) -> list[str]:
    """Return each frame's distribution in words.

    What Lambda's runtime brings is marked, and what a wrapper of the handler loads.
    """
    ids = profile.tree.name_ids
    brought = [fact.module is not None and fact.module.from_runtime for fact in facts.modules]
    wrappers = facts.wrapped.nodes if facts.wrapped is not None else frozenset[int]()
    labels = []
    for owner, node in zip(frame_owners(profile, facts, frames), frames.nodes, strict=True):
        marks = ["runtime"] if node != NO_NODE and brought[ids[node]] else []
        marks += ["wrapper"] if node in wrappers else []
        labels.append(f"{owner} ({', '.join(marks)})" if marks else owner)
    return labels
