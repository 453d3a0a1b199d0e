"""Hooks that the source registers during init or too late, and the names that they change."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from importcost.snapstart.calls import GENERATOR_CALLS, call_kind
from importcost.snapstart.model import GlobalName, HazardKind, LateHook
from importcost.snapstart.modules import (
    AnyFunction,
    Project,
    SourceModule,
    evaluated,
    init_statements,
    own_expressions,
    resolve,
    targets_of,
)
from importcost.snapstart.source import (
    MAX_DEPTH,
    consumed_in,
    function_statements,
    local_names,
    released,
)

REGISTERS = {
    "snapshot_restore_py.register_before_snapshot": "before",
    "snapshot_restore_py.register_after_restore": "after",
}
MUTATORS = frozenset(
    "clear update append extend insert add pop popitem remove discard setdefault connect "
    "reconnect refresh renew reset seed".split()
)


@dataclass(frozen=True, slots=True)
class _Hook:
    when: str
    module: SourceModule
    function: AnyFunction | None
    released: tuple[GlobalName, ...] = ()


@dataclass(slots=True)
class _Effects:
    """The effect of one kind of hook on globals; `fresh` are names set to consumed values."""

    touched: set[GlobalName] = field(default_factory=set)
    fresh: dict[GlobalName, set[str]] = field(default_factory=dict)
    reseeds: bool = False


@dataclass(frozen=True, slots=True)
class HookFacts:
    """The effect of the hooks; `functions` are the ids of functions run at init or in hooks."""

    cleared: frozenset[GlobalName]
    frozen_again: frozenset[GlobalName]
    renewed: frozenset[GlobalName]
    renewed_alike: frozenset[GlobalName]
    late: tuple[LateHook, ...]
    registered: int
    reseeds: bool
    functions: frozenset[int]


def read_hooks(project: Project) -> HookFacts:
    """Read the hooks and their effects."""
    at_init = frozenset(_run_at_init(project))
    hooks = list(_registered(project, at_init))
    before, after = _Effects(), _Effects()
    for hook in hooks:
        effects = before if hook.when == "before" else after
        effects.touched.update(hook.released)
        if hook.function is not None:
            _run(project, hook.module, hook.function, effects, frozenset())
    in_hooks = {id(hook.function) for hook in hooks if hook.function is not None}
    alike = {
        name
        for name, labels in after.fresh.items()
        if not after.reseeds and labels and labels <= GENERATOR_CALLS
    }
    return HookFacts(
        cleared=frozenset(before.touched - set(before.fresh)),
        frozen_again=frozenset(before.fresh),
        renewed=frozenset(after.touched | set(after.fresh)),
        renewed_alike=frozenset(alike),
        late=tuple(_late(project, at_init)),
        registered=len(hooks),
        reseeds=after.reseeds,
        functions=at_init | in_hooks,
    )


def _calls_at_init(module: SourceModule) -> Iterator[ast.Call]:
    for statement in init_statements(module.tree.body):
        for expression in own_expressions(statement):
            for node in evaluated(expression):
                if isinstance(node, ast.Call):
                    yield node


def _run_at_init(project: Project) -> Iterator[int]:
    """Yield the ids of the own functions that run during init."""
    waiting: list[tuple[SourceModule, AnyFunction]] = []
    for module in project.modules.values():
        for call in _calls_at_init(module):
            dotted = resolve(module, call.func)
            waiting += project.functions_called(dotted) if dotted else []
    seen: set[int] = set()
    while waiting:
        module, function = waiting.pop()
        if id(function) in seen:
            continue
        seen.add(id(function))
        yield id(function)
        for node in ast.walk(function):
            dotted = resolve(module, node.func) if isinstance(node, ast.Call) else None
            waiting += project.functions_called(dotted) if dotted else []


def _registered(project: Project, at_init: frozenset[int]) -> Iterator[_Hook]:
    for module in project.modules.values():
        scopes: list[Iterator[ast.stmt]] = [init_statements(module.tree.body)]
        scopes += [
            function_statements(node)
            for node in ast.walk(module.tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and id(node) in at_init
        ]
        for statements in scopes:
            for statement in statements:
                yield from _hooks_of(project, module, statement)


def _hooks_of(project: Project, module: SourceModule, statement: ast.stmt) -> Iterator[_Hook]:
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for decorator in statement.decorator_list:
            when = REGISTERS.get(resolve(module, decorator) or "")
            if when:
                yield _Hook(when, module, statement)
    for expression in own_expressions(statement):
        for node in evaluated(expression):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            when = REGISTERS.get(resolve(module, node.func) or "")
            if when:
                yield from _hook_argument(project, module, when, node.args[0])


def _hook_argument(
    project: Project, module: SourceModule, when: str, argument: ast.expr
) -> Iterator[_Hook]:
    if isinstance(argument, ast.Lambda):
        yield _Hook(when, module, argument)
        return
    gone = tuple(released(module, ast.Call(func=argument, args=[], keywords=[]), project))
    dotted = resolve(module, argument)
    functions = project.functions_called(dotted) if dotted else []
    for other, function in functions:
        yield _Hook(when, other, function, gone)
    if not functions:
        yield _Hook(when, module, None, gone)


def _run(
    project: Project,
    module: SourceModule,
    function: AnyFunction,
    effects: _Effects,
    seen: frozenset[int],
) -> None:
    if id(function) in seen or len(seen) > MAX_DEPTH:
        return
    seen = seen | {id(function)}
    local = local_names(function)
    if isinstance(function, ast.Lambda):
        _calls(project, module, function.body, effects, seen, local)
        return
    for statement in function_statements(function):
        values = list(own_expressions(statement))
        labels = set(_labels(project, module, values))
        for target in targets_of(statement):
            for name in _names_behind(project, module, target, function, local):
                effects.touched.add(name)
                if labels:
                    effects.fresh.setdefault(name, set()).update(labels)
        for expression in values:
            _calls(project, module, expression, effects, seen, local)


def _names_behind(
    project: Project,
    module: SourceModule,
    target: ast.expr,
    function: AnyFunction,
    local: frozenset[str],
) -> Iterator[GlobalName]:
    """Yield the globals that an assignment in a hook reaches; `self.x` reaches each instance."""
    node = target
    while isinstance(node, (ast.Attribute, ast.Subscript)):
        node = node.value
    arguments = function.args.args
    if isinstance(node, ast.Name) and arguments and node.id == arguments[0].arg:
        yield from _instances(project, module, function)
        return
    name = project.global_behind(module, target, local)
    if name is not None:
        yield name


def _instances(
    project: Project, module: SourceModule, function: AnyFunction
) -> Iterator[GlobalName]:
    owners = {
        f"{module.name}.{name}()"
        for name, node in module.classes.items()
        if any(item is function for item in node.body)
    }
    for other in project.modules.values():
        for name, made in other.values.items():
            if made in owners:
                yield GlobalName(other.name, name)


def _labels(project: Project, module: SourceModule, values: list[ast.expr]) -> Iterator[str]:
    for value in values:
        for node in evaluated(value):
            if not isinstance(node, ast.Call):
                continue
            dotted = resolve(module, node.func)
            kind = call_kind(node, dotted)
            if kind is not None and kind[0] is not HazardKind.CONNECTION:
                yield kind[1]
            elif dotted is not None:
                for other, function in project.functions_called(dotted):
                    for found in consumed_in(project, other, function):
                        if found.kind is not HazardKind.CONNECTION:
                            yield found.label


def _calls(
    project: Project,
    module: SourceModule,
    expression: ast.expr,
    effects: _Effects,
    seen: frozenset[int],
    local: frozenset[str],
) -> None:
    for node in evaluated(expression):
        if not isinstance(node, ast.Call):
            continue
        dotted = resolve(module, node.func)
        if dotted in ("random.seed", "random.setstate"):
            effects.reseeds = effects.reseeds or not node.args
        effects.touched.update(released(module, node, project))
        if isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            name = project.global_behind(module, node.func.value, local)
            if name is not None:
                effects.touched.add(name)
        for other, function in project.functions_called(dotted) if dotted else []:
            _run(project, other, function, effects, seen)


def _late(project: Project, at_init: frozenset[int]) -> Iterator[LateHook]:
    """Yield the registrations in functions that do not run during init."""
    for module in project.modules.values():
        for function in ast.walk(module.tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            if id(function) in at_init:
                continue
            for statement in function_statements(function):
                expressions = list(own_expressions(statement))
                for expression in expressions:
                    for node in evaluated(expression):
                        name = resolve(module, node) or ""
                        if name in REGISTERS:
                            register = name.rpartition(".")[2]
                            yield LateHook(module.file, function.lineno, function.name, register)
