"""The hook skeleton for the findings: clears before the snapshot, renews after the restore."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from importcost.snapstart.model import HazardKind, Severity, Skeleton, SnapshotHazard
from importcost.snapstart.modules import (
    Project,
    SourceModule,
    init_statements,
    targets_of,
)

CLOSERS = {HazardKind.CONNECTION: "{name}.close()"}
LATE = (HazardKind.LATE_HOOK, HazardKind.ADAPTER_HOOK)


@dataclass(frozen=True, slots=True)
class HookForm:
    """The form in which a platform takes hooks: functions registered, routes, or none at all.

    With paths, hooks are routes of `app`; `settings` are the variables that name them.
    """

    has_hooks: bool = True
    app: str = ""
    before_path: str = ""
    after_path: str = ""
    settings: tuple[str, ...] = ()

    @property
    def head(self) -> list[str]:
        """Return the lines before the hooks."""
        if self.app:
            return [f"# {line}" for line in self.settings]
        names = "register_after_restore, register_before_snapshot"
        return [f"from snapshot_restore_py import {names}"]

    def function(self, when: str, name: str, body: list[str]) -> list[str]:
        """Return the lines of one hook; `when` is "before" or "after"."""
        if not self.app:
            register = "before_snapshot" if when == "before" else "after_restore"
            return ["", "", f"@register_{register}", f"def {name}():", *body]
        path = self.before_path if when == "before" else self.after_path
        route = f'@{self.app}.post("{path}")  # of FastAPI and Flask'
        return ["", "", route, f"def {name}():", *body, "    return {}"]


REGISTERED = HookForm()


def skeletons(
    project: Project, findings: tuple[SnapshotHazard, ...], form: HookForm = REGISTERED
) -> tuple[Skeleton, ...]:
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
        if mine and form.has_hooks:
            found.append(_skeleton(module, mine, form))
        elif mine:
            found.append(_without_hooks(module, mine))
    return tuple(found)


def _without_hooks(module: SourceModule, findings: list[SnapshotHazard]) -> Skeleton:
    """Return the points to change by hand where nothing runs after a restore."""
    points = tuple(
        f"line {item.line}: {item.code} ({item.reason}): take it in the entrypoint, at each request"
        for item in findings
    )
    return Skeleton(module.file, "".join(f"# TODO {point}\n" for point in points), points)


def _skeleton(module: SourceModule, findings: list[SnapshotHazard], form: HookForm) -> Skeleton:
    names: dict[str, tuple[str, str, SnapshotHazard]] = {}
    points = []
    for item in findings:
        simple = _simple_statement(module, item)
        if simple is None:
            points.append(f"line {item.line}: {item.code} ({item.reason})")
            continue
        for name in item.names:
            names.setdefault(name.name, (simple[0], simple[1], item))
    lines = form.head
    if names:
        told = f"    global {', '.join(names)}"
        closing = [
            f"    {CLOSERS[item.kind].format(name=name)}"
            for name, (_, _, item) in names.items()
            if item.kind in CLOSERS
        ]
        clearing = [told, *closing, *(f"    {name} = None" for name in names)]
        renewing = [told]
        if any(item.kind is HazardKind.RANDOM for _, _, item in names.values()):
            renewing += ["    import random", "", "    random.seed()"]
        values = {target: value for target, value, _ in names.values()}
        renewing += [f"    {target} = {value}" for target, value in values.items()]
        lines += form.function("before", "clear_before_snapshot", clearing)
        lines += form.function("after", "renew_after_restore", renewing)
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
