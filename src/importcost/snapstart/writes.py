"""The globals that a statement inside a function writes."""

from __future__ import annotations

import ast

from importcost.snapstart.model import GlobalName
from importcost.snapstart.modules import (
    Project,
    SourceModule,
    init_statements,
    targets_of,
)
from importcost.snapstart.source import globals_declared


def global_writes(project: Project, module: SourceModule, line: int) -> tuple[GlobalName, ...]:
    """Return the globals that the statement at a line inside a function writes."""
    for function in ast.walk(module.tree):
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if not function.lineno <= line <= (function.end_lineno or line):
            continue
        declared = globals_declared(function)
        for statement in init_statements(function.body):
            if statement.lineno <= line <= (statement.end_lineno or line):
                found = [project.global_behind(module, one) for one in targets_of(statement)]
                kept = tuple(
                    name
                    for name in found
                    if name and (name.name in declared or name.module != module.name)
                )
                if kept:
                    return kept
    return ()
