"""The hook skeleton for the findings: clears before the snapshot, renews after the restore."""

from __future__ import annotations

import ast

from importcost.snapstart.model import HazardKind, Severity, Skeleton, SnapshotHazard
from importcost.snapstart.modules import (
    Project,
    SourceModule,
    init_statements,
    targets_of,
)

CLOSERS = {HazardKind.CONNECTION: "{name}.close()"}
LATE = (HazardKind.LATE_HOOK, HazardKind.ADAPTER_HOOK)


def skeletons(project: Project, findings: tuple[SnapshotHazard, ...]) -> tuple[Skeleton, ...]:
    """Return a skeleton for each file with hazards that hooks can fix."""
    modules = {module.file: module for module in project.modules.values()}
    found = []
    for file, module in modules.items():
        mine = [
            item
            for item in findings
            if item.file == file
            and item.severity is Severity.HAZARD
            and item.kind not in (*LATE, HazardKind.HOOK_FAILED, HazardKind.HOOK_LIMIT)
        ]
        if mine:
            found.append(_skeleton(module, mine))
    return tuple(found)


def _skeleton(module: SourceModule, findings: list[SnapshotHazard]) -> Skeleton:
    names: dict[str, tuple[str, str, SnapshotHazard]] = {}
    points = []
    for item in findings:
        simple = _simple_statement(module, item)
        if simple is None:
            points.append(f"line {item.line}: {item.code} ({item.reason})")
            continue
        for name in item.names:
            names.setdefault(name.name, (simple[0], simple[1], item))
    lines = ["from snapshot_restore_py import register_after_restore, register_before_snapshot"]
    if names:
        told = ", ".join(names)
        closing = [
            f"    {CLOSERS[item.kind].format(name=name)}"
            for name, (_, _, item) in names.items()
            if item.kind in CLOSERS
        ]
        clearing = [f"    {name} = None" for name in names]
        lines += ["", "", "@register_before_snapshot", "def clear_before_snapshot():"]
        lines += [f"    global {told}", *closing, *clearing]
        lines += ["", "", "@register_after_restore", "def renew_after_restore():"]
        lines += [f"    global {told}"]
        if any(item.kind is HazardKind.RANDOM for _, _, item in names.values()):
            lines += ["    import random", "", "    random.seed()"]
        renewing = dict.fromkeys(target for target, _, _ in names.values())
        values = {target: value for target, value, _ in names.values()}
        lines += [f"    {target} = {values[target]}" for target in renewing]
    lines += [f"# TODO {point}" for point in points]
    return Skeleton(module.file, "\n".join(lines) + "\n", tuple(points))


def _simple_statement(module: SourceModule, item: SnapshotHazard) -> tuple[str, str] | None:
    """Return target and value, as source, of a plain assignment to the finding's names."""
    names = {name.name for name in item.names}
    text = "\n".join(module.lines)
    for statement in init_statements(module.tree.body):
        if statement.lineno != item.line or not isinstance(statement, (ast.Assign, ast.AnnAssign)):
            continue
        targets = targets_of(statement)
        if statement.value is None or not all(isinstance(one, ast.Name) for one in targets):
            return None
        if {one.id for one in targets if isinstance(one, ast.Name)} != names:
            return None
        value = ast.get_source_segment(text, statement.value)
        heads = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        target = " = ".join(ast.unparse(one) for one in heads)
        is_one_line = value is not None and "\n" not in value
        return (
            (target, value)
            if value is not None and is_one_line
            else (
                target,
                ast.unparse(statement.value),
            )
        )
    return None
