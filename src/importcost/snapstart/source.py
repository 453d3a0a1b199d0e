"""Values that init consumes, and the effect of hooks on them, from the source alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from importcost.snapstart.calls import (
    GENERATOR_CALLS,
    call_kind,
    constant_path,
    variable_kind,
)
from importcost.snapstart.model import (
    STATEFUL,
    Consumption,
    GlobalName,
    HazardKind,
)
from importcost.snapstart.modules import (
    AnyFunction,
    Project,
    SourceModule,
    evaluated,
    init_statements,
    own_expressions,
    resolve,
    root_of,
    targets_of,
)

MAX_DEPTH = 6
CONTAINERS = frozenset(
    "dict() list() set() bytearray() collections.deque() collections.OrderedDict() "
    "collections.defaultdict()".split()
)
ENVIRON = "os.environ"


@dataclass(frozen=True, slots=True)
class Found:
    """A call that consumes something, its place, and the global names set around it."""

    kind: HazardKind
    label: str
    names: tuple[GlobalName, ...]


def read_source(project: Project) -> tuple[Consumption, ...]:
    """Return what the init of the project's modules consumes and keeps, in order."""
    found: list[Consumption] = []
    for module in project.modules.values():
        for statement, owner in owned_statements(module.tree.body):
            found += statement_consumptions(project, module, statement, owner)
    return tuple(found)


def owned_statements(body: list[ast.stmt]) -> Iterator[tuple[ast.stmt, str | None]]:
    """Yield init's statements with the outermost class around each, None at module level."""
    owner_end, owner = 0, None
    for statement in init_statements(body):
        if statement.lineno > owner_end:
            owner = None
        yield statement, owner
        if isinstance(statement, ast.ClassDef) and owner is None:
            owner, owner_end = statement.name, statement.end_lineno or statement.lineno


def statement_consumptions(
    project: Project, module: SourceModule, statement: ast.stmt, owner: str | None
) -> list[Consumption]:
    """Return the consumptions of one statement, one of each kind."""
    names = held_names(project, module, statement, owner)
    merged: dict[HazardKind, Consumption] = {}
    for expression in own_expressions(statement):
        for found in _consumed(project, module, expression, frozenset()):
            if is_ended_by(statement, found.kind):
                continue
            held = tuple(dict.fromkeys((*names, *found.names)))
            if found.kind is HazardKind.TEMPORARY_FILE and constant_path(ast.Constant(found.label)):
                held = (*held, GlobalName("", found.label))
            if not held and found.kind not in STATEFUL:
                continue
            item = Consumption(
                found.kind,
                module.file,
                statement.lineno,
                module.line(statement.lineno),
                found.label,
                held,
            )
            known = merged.setdefault(found.kind, item)
            extra = tuple(name for name in held if name not in known.names)
            merged[found.kind] = replace(known, names=known.names + extra)
    return [item for item in merged.values() if not _is_given_up(module, item)]


def is_ended_by(statement: ast.stmt, kind: HazardKind) -> bool:
    """Return True if an opened connection or file is closed by its own `with` statement."""
    return kind in STATEFUL and isinstance(statement, (ast.With, ast.AsyncWith))


def _is_given_up(module: SourceModule, item: Consumption) -> bool:
    """Return True if every name is set again, deleted or closed by a later statement of init."""
    return bool(item.names) and all(
        is_given_up_later(module, name, item.line, item.kind) for name in item.names
    )


def is_given_up_later(
    module: SourceModule, name: GlobalName, line: int, kind: HazardKind | None = None
) -> bool:
    """Return True if a later top-level statement sets `name` to something else, or deletes it."""
    for statement in module.tree.body:
        if statement.lineno <= line:
            continue
        if isinstance(statement, (ast.Assign, ast.Delete)):
            plain = [item.id for item in targets_of(statement) if isinstance(item, ast.Name)]
            value = getattr(statement, "value", None)
            reads = (
                {node.id for node in ast.walk(value) if isinstance(node, ast.Name)} if value else ()
            )
            if name.name in plain and name.name not in reads:
                return True
        elif (
            kind in STATEFUL
            and isinstance(statement, ast.Expr)
            and name in set(released(module, statement.value))
        ):
            return True
    return False


def held_names(
    project: Project, module: SourceModule, statement: ast.stmt, owner: str | None
) -> tuple[GlobalName, ...]:
    """Return the globals that keep the result of a statement of init."""
    if owner is not None:
        return (GlobalName(module.name, owner),)
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return (GlobalName(module.name, statement.name),)
    found = [project.global_behind(module, target) for target in targets_of(statement)]
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        call = statement.value
        receiver = [call.func.value] if isinstance(call.func, ast.Attribute) else []
        found += [
            project.global_behind(module, item)
            for item in (*receiver, *call.args)
            if _is_mutable(project, module, root_of(item))
        ]
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _is_mutable(project: Project, module: SourceModule, node: ast.expr) -> bool:
    """Return True if a name holds a container or an object of the function's own classes."""
    made = module.values.get(node.id) if isinstance(node, ast.Name) else None
    if made is None:
        return False
    found = project.module_of(made.removesuffix("()"))
    return made in CONTAINERS or (found is not None and found[1] in found[0].classes)


def _consumed(
    project: Project, module: SourceModule, expression: ast.expr, seen: frozenset[int]
) -> Iterator[Found]:
    for node in evaluated(expression):
        variable = _variable_read(module, node)
        if variable is not None:
            yield Found(variable_kind(variable), variable, ())
        if not isinstance(node, ast.Call):
            continue
        dotted = resolve(module, node.func)
        kind = call_kind(node, dotted)
        if kind is not None:
            yield Found(*kind, ())
        elif dotted is not None and len(seen) < MAX_DEPTH:
            for other, function in project.functions_called(dotted):
                if id(function) not in seen:
                    yield from consumed_in(project, other, function, seen)


def consumed_in(
    project: Project,
    module: SourceModule,
    function: AnyFunction,
    seen: frozenset[int] = frozenset(),
) -> Iterator[Found]:
    """Yield the values that running an own function consumes, with the globals that get them."""
    seen = seen | {id(function)}
    if isinstance(function, ast.Lambda):
        yield from _consumed(project, module, function.body, seen)
        return
    written = globals_declared(function)
    for statement in function_statements(function):
        names = tuple(
            name for name in _written(project, module, statement, function) if name is not None
        )
        names = tuple(name for name in names if name.name in written or name.module != module.name)
        for expression in own_expressions(statement):
            for found in _consumed(project, module, expression, seen):
                if not is_ended_by(statement, found.kind):
                    yield replace(found, names=(*found.names, *names))


def globals_declared(function: AnyFunction) -> frozenset[str]:
    """Return the names that a function declares global."""
    found = [node.names for node in ast.walk(function) if isinstance(node, ast.Global)]
    return frozenset(name for names in found for name in names)


def local_names(function: AnyFunction) -> frozenset[str]:
    """Return the names that are local to a function."""
    bound = {
        node.id
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    args = function.args
    every = [*args.posonlyargs, *args.args, *args.kwonlyargs]
    every += [one for one in (args.vararg, args.kwarg) if one is not None]
    return frozenset(bound | {one.arg for one in every}) - globals_declared(function)


def function_statements(function: AnyFunction) -> Iterator[ast.stmt]:
    """Yield a function's statements in order, with those of nested blocks."""
    if not isinstance(function, ast.Lambda):
        yield from init_statements(function.body)


def _written(
    project: Project, module: SourceModule, statement: ast.stmt, function: AnyFunction
) -> list[GlobalName | None]:
    local = local_names(function)
    return [project.global_behind(module, target, local) for target in targets_of(statement)]


def _variable_read(module: SourceModule, node: ast.expr) -> str | None:
    """Return the environment variable that is read (`*`: all, `?`: one), or None."""
    is_read = isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.Subscript) and is_read and resolve(module, node.value) == ENVIRON:
        return _text(node.slice)
    if isinstance(node, ast.Call):
        dotted = resolve(module, node.func)
        if dotted in (f"{ENVIRON}.get", "os.getenv", f"{ENVIRON}.setdefault") and node.args:
            return _text(node.args[0])
        if dotted in (f"{ENVIRON}.copy", f"{ENVIRON}.items", f"{ENVIRON}.values"):
            return "*"
        if dotted == "dict" and node.args and resolve(module, node.args[0]) == ENVIRON:
            return "*"
    return None


def _text(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "?"


RELEASES = frozenset(
    "close cleanup clear unlink shutdown disconnect release rmdir terminate stop".split()
)
REMOVERS = frozenset(("os.unlink", "os.remove", "shutil.rmtree", "os.rmdir", "os.close"))


def released(
    module: SourceModule, node: ast.expr, project: Project | None = None
) -> Iterator[GlobalName]:
    """Yield the globals (or constant paths) that a call closes, removes or empties."""
    project = project or Project({module.name: module})
    if not isinstance(node, ast.Call):
        return
    dotted = resolve(module, node.func)
    subjects: list[ast.expr] = []
    if isinstance(node.func, ast.Attribute) and node.func.attr in RELEASES:
        subjects = [node.func.value]
    if dotted in REMOVERS and node.args:
        subjects = [node.args[0]]
    for subject in subjects:
        inner = subject
        if (
            isinstance(inner, ast.Call)
            and inner.args
            and resolve(module, inner.func) == "pathlib.Path"
        ):
            inner = inner.args[0]
        path = constant_path(inner)
        if path is not None:
            yield GlobalName("", path)
            continue
        name = project.global_behind(module, inner)
        if name is not None:
            yield name


def generator_uses(project: Project, at_init: frozenset[int]) -> tuple[Consumption, ...]:
    """Return the calls of the shared `random` generator in functions that run after a restore."""
    found: list[Consumption] = []
    for module in project.modules.values():
        for function in ast.walk(module.tree):
            if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
                continue
            if id(function) in at_init:
                continue
            for node in ast.walk(function):
                dotted = resolve(module, node.func) if isinstance(node, ast.Call) else None
                if isinstance(node, ast.Call) and dotted in GENERATOR_CALLS:
                    line = node.lineno
                    found.append(
                        Consumption(
                            HazardKind.RANDOM, module.file, line, module.line(line), dotted, ()
                        )
                    )
    return tuple(dict.fromkeys(found))
