"""The verdict on each import: the rules, in the order in which they decide."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from importcost.deferral.source.dotted import Shares
from importcost.deferral.source.facts import Occurrence
from importcost.deferral.source.imports import Imported
from importcost.deferral.source.known import side_effect
from importcost.deferral.source.model import UseKind
from importcost.deferral.source.objects import Objects
from importcost.deferral.source.reach.occasions import late_use
from importcost.deferral.source.surroundings.reads import is_stdlib
from importcost.deferral.source.view import Reason, View
from importcost.model.advice import DeferStyle, DeferVerdict, VerdictKind

_TRIES = (ast.Try, *((ast.TryStar,) if hasattr(ast, "TryStar") else ()))
_ANNOTATIONS = (UseKind.ANNOTATION, UseKind.ANNOTATION_EVALUATED)
_SURROUNDINGS = ("os", "sys")
_MAGIC = ("__getattr__", "__dir__")


def verdict_on(
    item: Imported, view: View, objects: Objects, shares: Shares, lazy: frozenset[str]
) -> DeferVerdict:
    """Decide about one import. `lazy` are the modules in `__lazy_modules__`."""
    already = _already_lazy(item, view, lazy)
    if already:
        return already
    uses = shares.uses_of(item)
    refusal = (
        _by_form(item)
        or _by_place(item)
        or _by_occasion(item, view, uses)
        or _by_later_call(item, view, uses)
        or _by_effect(item)
        or _by_later_change(item, view)
        or view.dynamic()
        or _by_binding(item, view, shares)
        or shares.refusal(item)
        or _by_reader(item, view)
        or _by_use(uses)
    )
    if refusal:
        return view.refusal(refusal)
    needed: set[int] = set()
    for use in uses:
        if use.kind in _ANNOTATIONS:
            continue
        reason, statements = objects.blocked_by(view, use)
        if reason:
            return view.refusal(_object_reason(reason, use, view, objects))
        needed |= statements
    beyond = view.later.modules.body_reason(item)
    if beyond and any(use.kind not in _ANNOTATIONS for use in uses):
        return view.refusal(beyond)
    if needed:
        return _getter(objects.required(view, needed), objects)
    return _free(item, uses)


def _already_lazy(item: Imported, view: View, lazy: frozenset[str]) -> DeferVerdict | None:
    node = item.site.node
    text = None
    if view.parsed.span(node).start in view.parsed.lazy:
        text = "it is a lazy import, which Python loads on first use"
    elif item.imported and item.imported[0] in lazy:
        text = "__lazy_modules__ lists it, so Python 3.15 and later load it on first use"
    return DeferVerdict(VerdictKind.ALREADY_LAZY, text, item.line) if text else None


def _by_occasion(item: Imported, view: View, uses: Sequence[Occurrence]) -> Reason | None:
    """Refuse an import that code needs when importing may not work, or amid logging."""
    used = item.imported[0] if item.imported else item.code
    return late_use(view, uses, used, logs=not all(map(is_stdlib, item.imported)))


def _by_form(item: Imported) -> Reason | None:
    node = item.site.node
    if isinstance(node, ast.ImportFrom):
        if node.module == "__future__":
            return "it is an instruction to the compiler", item.line
        if any(alias.name == "*" for alias in node.names):
            return "a star import binds names that the source does not show", item.line
    return None


def _by_place(item: Imported) -> Reason | None:
    """Refuse an import inside a statement: a function does not have the same conditions."""
    for around in reversed(item.site.inside):
        line = getattr(around, "lineno", item.line)
        if isinstance(around, ast.ClassDef):
            return f"it binds an attribute of class {around.name}", line
        if isinstance(around, ast.ExceptHandler):
            return "it is the fallback of another import", line
        if isinstance(around, _TRIES):
            caught = "ImportError is" if _catches_import(around) else "its failure may be"
            return f"{caught} handled by the try statement at line {line}", line
        if isinstance(around, ast.If):
            what = _alternative(around)
            return f"{what} at line {line}", line
        if isinstance(around, (ast.For, ast.AsyncFor, ast.While)):
            return f"it is in the loop at line {line}", line
        if isinstance(around, (ast.With, ast.AsyncWith)):
            return f"it is in the with statement at line {line}", line
        return f"it is in the statement at line {line}", line
    return None


def _catches_import(node: ast.AST) -> bool:
    handlers = getattr(node, "handlers", ())
    names = {
        child.id
        for handler in handlers
        for child in ast.walk(handler.type or ast.Name("ImportError", ast.Load()))
        if isinstance(child, ast.Name)
    }
    return bool(names & {"ImportError", "ModuleNotFoundError"})


def _alternative(node: ast.If) -> str:
    chained = {child.attr for child in ast.walk(node.test) if isinstance(child, ast.Attribute)}
    if chained & {"version_info", "platform", "hexversion"}:
        return "it is one of several alternatives, chosen by the condition"
    return "it runs only under the condition"


def _by_effect(item: Imported) -> Reason | None:
    effect = side_effect(item.imported)
    return (effect, item.line) if effect else None


def _by_later_call(item: Imported, view: View, uses: Sequence[Occurrence]) -> Reason | None:
    """Refuse an import that reads what a function changes before the import would run."""
    if not any(use.kind not in _ANNOTATIONS for use in uses):
        return None  # it would never run
    package = view.module if view.is_package else view.module.rpartition(".")[0]
    own = view.later.modules.reason(item, package)
    if own:
        return own
    targets = item.targets.values()
    found = view.later.import_reason(view.module, item.line, item.imported, targets)
    return view.with_obstacle((found[0], found[1].line), found[1]) if found else None


def _by_later_change(item: Imported, view: View) -> Reason | None:
    """Refuse an import if `sys.path` or the environment changes after it."""
    for name, dotted in view.targets.items():
        if dotted.partition(".")[0] not in _SURROUNDINGS:
            continue
        for change in view.facts.mutated.get(name, ()):
            later = change.statement > item.site.statement and not change.main_only
            if later and change.kind is UseKind.MODULE:
                if view.later.changes_known_parts(view.module, change.line):
                    continue  # who reads those is known: see `_by_later_call`
                text = f"line {change.line} changes {name} afterwards, which it may depend on"
                return text, change.line
    return None


def _by_binding(item: Imported, view: View, shares: Shares) -> Reason | None:
    """Refuse names that are bound elsewhere, and names that other code reaches."""
    for name in item.targets:
        if not shares.shared(item):
            rebound = view.rebound(name, item.site.node)
            if rebound:
                return rebound
        reason = view.visible(name) or _exported(item, name, view)
        if reason:
            return reason
    for module in item.loads:
        if module in view.outside.relied:
            where = view.outside.relied[module]
            return f"{where} uses {module} without importing it", None
    return None


def _exported(item: Imported, name: str, view: View) -> Reason | None:
    node = item.site.node
    if not isinstance(node, ast.ImportFrom):
        return None
    if any(alias.asname == alias.name == name for alias in node.names):
        return f'"{name} as {name}" re-exports it', item.line
    if view.is_package and not name.startswith("_") and not view.uses.get(name):
        return f"the package offers {name} to its importers", item.line
    return None


def _by_reader(item: Imported, view: View) -> Reason | None:
    """Refuse an import that `__getattr__` uses: any attribute look-up may run it."""
    magic = {id(view.facts.functions[name]) for name in _MAGIC if name in view.facts.functions}
    for name in item.targets:
        for use in view.uses.get(name, ()):
            if use.function is not None and id(use.function) in magic:
                text = f"{use.function.name}() uses {name} and may run during init"
                return text, use.line
    return None


def _by_use(uses: Sequence[Occurrence]) -> Reason | None:
    for use in uses:
        if use.kind is UseKind.ANNOTATION_READ:
            owner = f" of {use.holders[-1].name}" if use.holders else ""
            text = f"the annotation at line {use.line}{owner} may be read at run time"
            return text, use.line
        if use.class_conflict:
            text = f"a class body sets and reads {use.name} at line {use.line}"
            return text, use.line
    return None


def _object_reason(reason: Reason, use: Occurrence, view: View, objects: Objects) -> Reason:
    """Name the object that prevents the deferral, if its own reason does not name the import."""
    statements = [use.statement]
    if use.function is not None:
        statements = [call.statement for call in view.init_calls.get(id(use.function), ())]
    for index in statements:
        if objects.refused.get(index) == reason:
            name = objects.candidates[index].name
            line = objects.candidates[index].node.lineno if reason[1] is None else reason[1]
            longer = f"{name} needs it at import and has to stay: {reason[0]}", line
            obstacle = view.obstacles.get(reason)
            return view.with_obstacle(longer, obstacle) if obstacle else longer
    return reason


def _getter(statements: Sequence[int], objects: Objects) -> DeferVerdict:
    names = tuple(objects.candidates[index].name for index in statements)
    first = objects.candidates[statements[0]]
    plural = "become cached getters" if len(names) > 1 else "becomes a cached getter"
    return DeferVerdict(
        VerdictKind.NEEDS_GETTER,
        f"it can move once {name_list(names)} {plural}",
        first.node.lineno,
        names,
        DeferStyle.GETTER,
    )


def _free(item: Imported, uses: Sequence[Occurrence]) -> DeferVerdict:
    """Decide about an import that is not used during init."""
    names = name_list(tuple(item.targets))
    quoted = any(use.kind is UseKind.ANNOTATION_EVALUATED for use in uses)
    also = "; annotations that are evaluated get quoted" if quoted else ""
    functions = dict.fromkeys(use.function.name for use in uses if use.function is not None)
    if functions:
        users = name_list(tuple(f"{name}()" for name in functions))
        first = min(use.line for use in uses if use.function is not None)
        text = f"only functions use {names}: {users}{also}"
        return DeferVerdict(VerdictKind.DEFERRABLE, text, first, (), DeferStyle.FUNCTION)
    if uses:
        text = f"only annotations use {names}{also}"
        return DeferVerdict(
            VerdictKind.ANNOTATIONS_ONLY, text, uses[0].line, (), DeferStyle.TYPE_CHECKING
        )
    text = "no use found; it may be there for its side effects, so it is only removed if asked"
    return DeferVerdict(VerdictKind.UNUSED, text, item.line)


def name_list(names: Sequence[str]) -> str:
    """Join up to three names; more are counted."""
    shown = list(names[:3])
    if len(names) > 3:
        return f"{', '.join(shown)} and {len(names) - 3} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else ""
