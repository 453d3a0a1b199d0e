"""Analyses small programs of several files, as `defer` does, without measuring them."""

from __future__ import annotations

import textwrap

from importcost.deferral.source.analyse import OutsideUses, analyse, outside_uses, reach_of
from importcost.deferral.source.model import SourceFile, SourceText
from importcost.deferral.source.surroundings.later import LaterChanges
from importcost.model.advice import DeferVerdict

ROOT = "/var/task"


def source_of(text, module="app", folder=ROOT):
    path = f"{folder}/{module.replace('.', '/')}.py"
    return SourceText(path, textwrap.dedent(text), "utf-8", False)


def analysed(text, *, folders=None, installed=None, waits=(), **others) -> dict[str, SourceFile]:
    """Return every file of a program whose `app.handler` is the entry, by module name."""
    folders = folders or {}
    sources = {
        name: source_of(body, name, folders.get(name, ROOT))
        for name, body in {"app": text, **others}.items()
    }
    later = LaterChanges(reach_of(sources, ["app.handler"], waits=waits), installed)
    uses = outside_uses(sources)
    found = {}
    for name, source in sources.items():
        outside = uses[name] if name != "app" else OutsideUses(entry=frozenset(["handler"]))
        found[name] = analyse(source, name, False, (3, 12), outside, later)
        assert isinstance(found[name], SourceFile), found[name]
    return found


def import_verdict(files, imported, module="app") -> DeferVerdict:
    """Return the verdict on the only import of a module in one of the files."""
    (verdict,) = (item.verdict for item in files[module].imports if item.imported[0] == imported)
    return verdict


def object_verdict(files, name, module="app") -> DeferVerdict:
    """Return the verdict on a module-level object of one of the files."""
    (verdict,) = (item.verdict for item in files[module].objects if item.name == name)
    return verdict
