"""State that a server's start-up functions consume: no statement at module level is behind it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from importcost.snapstart.calls import CREDENTIAL_VARIABLES
from importcost.snapstart.model import (
    STATEFUL,
    Consumption,
    GlobalName,
    HazardKind,
    Observation,
    ObservedCall,
)
from importcost.snapstart.modules import Project, SourceModule, targets_of
from importcost.snapstart.writes import global_writes


def started_consumptions(
    project: Project, seen: Observation
) -> Iterator[tuple[Consumption, tuple[bool, bool] | None]]:
    """Yield the traced events of functions that a server called, and if the thing was still open.

    Values that end in a local variable are left out.
    """
    modules = {module.file: module for module in project.modules.values()}
    found: dict[tuple[str, int, HazardKind], tuple[Consumption, tuple[bool, bool] | None]] = {}
    for event in seen.events:
        if not is_start_up(modules, event):
            continue
        item = _consumption(project, modules, event)
        if item is not None:
            found.setdefault((item.file, item.line, item.kind), (item, event.is_open))
    yield from found.values()


def attribute_notes(project: Project, seen: Observation) -> Iterator[Consumption]:
    """Yield what start-up functions keep in attributes, such as `app.state.id = uuid4()`."""
    modules = {module.file: module for module in project.modules.values()}
    found: dict[tuple[str, int], Consumption] = {}
    for event in seen.events:
        _, file, line = event.frames[0]
        if event.kind in STATEFUL or not is_start_up(modules, event) or file not in modules:
            continue
        if _written(project, modules, event):
            continue
        kept = _attribute_at(modules[file], line)
        if kept is not None:
            found.setdefault(
                (file, line),
                Consumption(_kind(event), file, line, modules[file].line(line), kept, ()),
            )
    yield from found.values()


def _consumption(
    project: Project, modules: Mapping[str, SourceModule], event: ObservedCall
) -> Consumption | None:
    _, file, line = event.frames[0]
    if file not in modules:
        return None
    names = _written(project, modules, event)
    if not names and event.kind not in STATEFUL:
        return None
    return Consumption(
        _kind(event), file, line, modules[file].line(line), event.label, tuple(names)
    )


def is_start_up(modules: Mapping[str, SourceModule], event: ObservedCall) -> bool:
    """Return True if a server or the code of a script made the call, not the import of a module."""
    _, file, line = event.frames[-1]
    return event.is_started or (file in modules and _guard_at(modules[file], line) is not None)


def _guard_at(module: SourceModule, line: int) -> ast.If | None:
    """Return the block at module level that runs as a script only, and holds a line."""
    guards = (node for node in module.tree.body if isinstance(node, ast.If))
    for node in guards:
        if node.lineno <= line <= (node.end_lineno or line) and "__name__" in ast.dump(node.test):
            return node
    return None


def _written(
    project: Project, modules: Mapping[str, SourceModule], event: ObservedCall
) -> list[GlobalName]:
    names: list[GlobalName] = []
    for _, file, line in event.frames:
        if file in modules:
            names += global_writes(project, modules[file], line)
            names += _written_by_script(modules[file], line)
    return list(dict.fromkeys(names))


def _written_by_script(module: SourceModule, line: int) -> list[GlobalName]:
    guard = _guard_at(module, line)
    found = []
    for node in ast.walk(guard) if guard is not None else ():
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.lineno <= line <= (
            node.end_lineno or line
        ):
            targets = targets_of(node)
            found += [
                GlobalName(module.name, one.id) for one in targets if isinstance(one, ast.Name)
            ]
    return found


def _kind(event: ObservedCall) -> HazardKind:
    if event.kind is HazardKind.ENVIRONMENT and event.label in CREDENTIAL_VARIABLES:
        return HazardKind.CREDENTIALS
    return event.kind


def _attribute_at(module: SourceModule, line: int) -> str | None:
    """Return the attribute that the assignment at a line writes, None for another statement."""
    for node in ast.walk(module.tree):
        if not isinstance(node, (ast.Assign, ast.AnnAssign)):
            continue
        if not node.lineno <= line <= (node.end_lineno or line):
            continue
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            if isinstance(target, ast.Attribute):
                return ast.unparse(target)
    return None
