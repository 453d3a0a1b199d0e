"""All facts that the source of a project states about a snapshot of it."""

from __future__ import annotations

from importcost.snapstart.hooks import read_hooks
from importcost.snapstart.model import SourceFacts
from importcost.snapstart.modules import Project
from importcost.snapstart.source import generator_uses, read_source


def source_facts(project: Project) -> SourceFacts:
    """Return all facts that the source of the project states."""
    hooks = read_hooks(project)
    return SourceFacts(
        consumptions=read_source(project),
        cleared=hooks.cleared,
        frozen_again=hooks.frozen_again,
        renewed=hooks.renewed,
        renewed_alike=hooks.renewed_alike,
        late_hooks=hooks.late,
        generator_uses=() if hooks.reseeds else generator_uses(project, hooks.functions),
        registered=hooks.registered,
    )
