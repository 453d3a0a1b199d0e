"""Definitions in a body: decorators, and the hooks that run when a class is made."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from importcost.deferral.effects.calls import doubtful, follow
from importcost.deferral.effects.lookup import metaclass_of
from importcost.deferral.effects.refs import FRESH, NameScope, Ref, RefForm
from importcost.deferral.effects.run import BodyRun, CallSite, shown
from importcost.model.effects import EffectKind


def define_function(
    run: BodyRun, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: NameScope
) -> None:
    """Define a function: its defaults and decorators run now, its body later."""
    for default in (*node.args.defaults, *filter(None, node.args.kw_defaults)):
        run.value(default, scope)
    made = Ref(RefForm.FUNCTION, scope.module, node.name, node=node, scope=scope)
    _bind(run, node.name, made, scope)
    _decorate(run, node, made, scope)


def _bind(run: BodyRun, name: str, made: Ref, scope: NameScope) -> None:
    if run.depth or scope.outer is not None:
        scope.names[name] = made


def _decorate(
    run: BodyRun,
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    made: Ref,
    scope: NameScope,
) -> None:
    """Call the decorators, the last one first."""
    for decorator in reversed(node.decorator_list):
        if not run.depth:
            run.line = decorator.lineno
            run.how = f"decorates {node.name} with {_words(run, decorator, scope)}"
        before = len(run.effects)
        found = run.value(decorator, scope, "decorator")
        if found.form not in (RefForm.MODULE, RefForm.LOGGER):
            site = CallSite(scope, (made,), use="decorator", node=_NO_NODE)
            run.steps.call(run, found, site)
        if not run.depth and len(run.effects) == before and isinstance(decorator, ast.Call):
            doubtful(run, decorator, scope, "decorator")
        if not run.depth:
            run.how = ""


_NO_NODE = ast.Call(func=ast.Name(id="", ctx=ast.Load()), args=[], keywords=[])


def _words(run: BodyRun, decorator: ast.expr, scope: NameScope) -> str:
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    dotted = shown(run.value(called, scope).dotted)
    return dotted or ast.unparse(called)


def define_class(run: BodyRun, node: ast.ClassDef, scope: NameScope) -> None:
    """Define a class: its body, then the hooks of bases, metaclass, descriptors, decorators."""
    line = run.line
    local = scope if run.depth or scope.outer is not None else None
    class_ = Ref(RefForm.CLASS, scope.module, node.name, node=node, scope=local)
    for base in (*node.bases, *(one.value for one in node.keywords)):
        run.value(base, scope)
    inner = NameScope(scope.module, outer=scope)
    run.steps.run(run, node.body, inner)
    _bind(run, node.name, class_, scope)
    if run.depth:
        if run.new_class is None:
            _hooks(run, class_, node)
        return
    run.line = line
    _descriptors(run, class_, node, inner)
    run.line = line
    _hooks(run, class_, node)
    _decorate(run, node, class_, scope)


def _hooks(run: BodyRun, class_: Ref, node: ast.ClassDef) -> None:
    """Follow what the making of a class runs: `__init_subclass__()` and the metaclass."""
    ancestors = run.lookup.ancestors(class_)[1:]
    metaclass = metaclass_of(run.lookup, class_)
    if _known_base(run, node.name, ancestors, metaclass):
        return
    for ancestor, reader in run.readers.of(class_, ancestors):
        words = shown(ancestor.dotted)
        does = f"defines class {node.name} under {words}, whose __subclasses__() {reader} reads"
        run.record(EffectKind.SUBCLASSES, does, ancestor.dotted, ancestor.module)
    sources = [one for one in ancestors if isinstance(one.node, ast.ClassDef)]
    run.new_class = class_
    for ancestor in sources:
        run.under = ancestor
        hook = run.lookup.own_member(ancestor, "__init_subclass__", class_)
        if hook is not None:
            words = f"under {ancestor.dotted}, whose __init_subclass__()"
            _follow(run, hook, f"defines class {node.name} {words}", FRESH, FRESH)
    if metaclass is not None and metaclass.form is RefForm.CLASS:
        run.under = _nearest(sources, metaclass, run)
        words = f"under {sources[0].dotted}, whose" if sources else "with"
        _metaclass(run, f"defines class {node.name} {words}", class_, metaclass)
    run.new_class = run.under = None


def _nearest(sources: list[Ref], metaclass: Ref, run: BodyRun) -> Ref:
    """Return the farthest ancestor that has the metaclass: it holds what all of them share."""
    having = [one for one in sources if metaclass_of(run.lookup, one) == metaclass]
    return having[-1] if having else metaclass


def _metaclass(run: BodyRun, how: str, class_: Ref, metaclass: Ref) -> None:
    how = f"{how} metaclass {metaclass.dotted}"
    bases = run.under or FRESH
    for hook, receiver in (("__new__", metaclass), ("__init__", class_)):
        found = run.lookup.member(metaclass, hook, receiver)
        if found is not None:
            _follow(run, found, how, FRESH, bases, FRESH)


def _follow(run: BodyRun, hook: Ref, how: str, *positional: Ref) -> None:
    before = run.how
    run.how = how
    follow(run, hook, CallSite(NameScope(run.module), positional))
    run.how = before


def _known_base(run: BodyRun, name: str, ancestors: list[Ref], metaclass: Ref | None) -> bool:
    """Record a class under a base that is known to keep track of its subclasses."""
    before: Ref | None = None
    metaclasses = run.lookup.ancestors(metaclass) if metaclass is not None else []
    for ancestor in (*ancestors, *metaclasses):
        known = next(filter(None, map(run.lookup.known.bases.get, _names(run, ancestor))), None)
        if known is None:
            before = ancestor if ancestor in ancestors else before
            continue
        if known.is_per_base and ancestor.form is not RefForm.OBJECT:
            ancestor = before if before is not None else ancestor
            if before is None:
                return True  # the class is the base that the others will share
        does = f"defines class {name} under {shown(ancestor.dotted)}, which {known.does}"
        if ancestor.module != run.module:
            run.record(EffectKind.SUBCLASSES, does, ancestor.dotted, ancestor.module)
        return True
    return False


def _names(run: BodyRun, ancestor: Ref) -> Iterator[str]:
    """Yield the names by which a base may be known: its own, its maker's, its holder's."""
    yield ancestor.dotted
    if ancestor.of is not None:
        yield ancestor.of.dotted
    if ancestor.form is RefForm.OBJECT and "." in ancestor.path:
        holder = run.lookup.of_module(ancestor.module, ancestor.path.partition(".")[0])
        if holder is not None and holder.of is not None:
            yield holder.of.dotted


def _descriptors(run: BodyRun, class_: Ref, node: ast.ClassDef, inner: NameScope) -> None:
    """Follow `__set_name__()` of the objects that the class body holds."""
    ancestors = [one for one in run.lookup.ancestors(class_)[1:] if one.form is RefForm.CLASS]
    run.new_class = class_
    run.under = ancestors[0] if ancestors else None
    for child in node.body:
        target = child.targets[0] if isinstance(child, ast.Assign) else None
        target = child.target if isinstance(child, ast.AnnAssign) else target
        held = inner.names.get(target.id) if isinstance(target, ast.Name) else None
        if held is None or held.of is None or held.of.form is not RefForm.CLASS:
            continue
        hook = run.lookup.member(held.of, "__set_name__", held)
        if hook is not None:
            run.line = child.lineno
            how = f"gives class {node.name} a {held.of.dotted}, whose __set_name__()"
            _follow(run, hook, how, class_, FRESH)
    run.new_class = run.under = None
