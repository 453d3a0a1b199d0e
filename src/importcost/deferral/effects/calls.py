"""Follow calls: into functions whose source is at hand, else by what is known of them."""

from __future__ import annotations

import ast
import re
from dataclasses import replace

from importcost.deferral.effects.expressions import attribute_of
from importcost.deferral.effects.held import ANY_CHANGER, LOGGING_METHODS, outputs
from importcost.deferral.effects.known_effects import KnownCall
from importcost.deferral.effects.lookup import SERVICE_MAKERS
from importcost.deferral.effects.refs import FRESH, FunctionDef, NameScope, Ref, RefForm, item_of
from importcost.deferral.effects.run import MAX_DEPTH, BodyRun, CallSite, shown
from importcost.model.effects import EffectKind

_REGISTERS = re.compile(
    r"^(un)?(register|subscribe|connect|install|patch|hook|listen|attach|bind|enable|instrument)"
    r"|^(add|append|push|remove|reset|clear|update)(_|$)|^set[_A-Z]|^include_|^use$|_register$|^configure|^mount"
)
_PASSING = frozenset(
    ("acquire", "release", "debug", "info", "warning", "error", "log", "write", "flush", "join")
)
"""Methods of the standard library's objects that leave them as they were."""
_DRAWS = frozenset({"random.Random"})
"""Classes whose every method changes what the object gives next."""
_LOCAL_METHODS = frozenset(
    (
        "can_paginate", "get_paginator", "get_waiter", "close", "register", "unregister",
        "generate_presigned_url", "generate_presigned_post", "batch_writer",
    )
)  # fmt: skip
"""Methods of clients and resources that ask no service, `meta.events.register()` included."""
_TAKES_CLASS = frozenset({"classmethod"})


def looks_registering(path: str) -> bool:
    """Return True if a function's name says that it registers or configures something."""
    return _REGISTERS.search(path.rpartition(".")[2].lstrip("_")) is not None


def follow_call(run: BodyRun, callee: Ref, site: CallSite) -> Ref:
    """Return what a call gives, and record what it changes."""
    named = callee.of or callee
    if named.dotted in SERVICE_MAKERS or (_service(named.dotted) and not _last(named).islower()):
        return Ref(RefForm.FRESH, of=named)
    if callee.form is RefForm.FUNCTION:
        return _function(run, callee, site)
    if callee.form is RefForm.CLASS:
        return _construct(run, callee, site)
    if callee.form is RefForm.OBJECT:
        return _object(run, callee, site)
    if callee.form is RefForm.FRESH:
        return _unknown(run, callee, site)
    return FRESH


def _unknown(run: BodyRun, callee: Ref, site: CallSite) -> Ref:
    """Call something new: a method of a new object of a class without source, for example."""
    if callee.of is not None and callee.of.form is RefForm.CLASS and callee.of == run.new_class:
        return callee.of
    if callee.of is not None and callee.of.form is RefForm.CLASS:
        method = run.lookup.member(callee.of, "__call__", callee)
        return follow_call(run, method, site) if method is not None else FRESH
    known = _known(run, callee)
    if known is not None and callee.of is not None:
        _record_known(run, known, callee.of, site)
    elif site.use == "decorator" and callee.of is not None and _is_method(run, callee.of):
        holder = callee.of.path.rpartition(".")[0]
        run.changes(replace(callee.of, path=holder), "", EffectKind.REGISTERS)
    return FRESH


def _is_method(run: BodyRun, callee: Ref) -> bool:
    """Return True for a method of an object whose class has no source to read."""
    is_stdlib = run.lookup.codes.is_stdlib(callee.module) or callee.module == "builtins"
    return callee.form is RefForm.OBJECT and "." in callee.path and not is_stdlib


def _known(run: BodyRun, callee: Ref) -> KnownCall | None:
    calls = run.lookup.known.calls
    found = calls.get(callee.dotted)
    found = found or (calls.get(callee.of.dotted) if callee.of is not None else None)
    return found or _service_call((callee.of or callee).dotted)


def _service(dotted: str) -> bool:
    return dotted.startswith(tuple(f"{one}." for one in SERVICE_MAKERS))


def _last(ref: Ref) -> str:
    return ref.dotted.rpartition(".")[2]


def _service_call(dotted: str) -> KnownCall | None:
    """Return what a method of a client of boto3 does, None if it only makes or tells something."""
    if not _service(dotted) or dotted.rpartition(".")[2] in _LOCAL_METHODS:
        return None
    return KnownCall("calls AWS", EffectKind.PROCESS, True, False, True)


def _record_known(run: BodyRun, known: KnownCall, target: Ref, site: CallSite) -> None:
    is_own = not run.is_library(run.module)
    if (run.depth and run.fills_once(site.scope.module)) or (known.is_own_only and not is_own):
        return
    how = f"{run.how}, which {known.does}" if run.depth else known.does
    category = _category(site) if target.module == "warnings" else None
    if category is not None:
        # Only those who raise a warning of this class can see its filter.
        run.record(known.kind, f"{how} of {category.dotted}", category.dotted, category.module)
        return
    owner = "" if known.is_process else target.module
    if known.is_of_argument:
        shared = [one for one in site.positional if one.is_shared]
        owner = shared[0].module if shared else run.module
    run.record(known.kind, how, target.dotted, owner)


def _category(site: CallSite) -> Ref | None:
    """Return the class of warnings that a filter is for, if its source shows it."""
    category = site.keywords.get("category")
    if category is None and len(site.positional) > 1:
        category = site.positional[-1]
    return category if category is not None and category.form is RefForm.CLASS else None


def _object(run: BodyRun, callee: Ref, site: CallSite) -> Ref:
    """Call an object or method whose definition is not at hand."""
    if callee.module == "builtins":
        return _builtin(run, callee.path, site)
    known = _known(run, callee)
    if known is not None:
        _record_known(run, known, callee, site)
        return FRESH
    if callee.dotted in run.lookup.known.shared_results:
        return callee
    special = _special(run, callee, site)
    if special is not None:
        return special
    if run.lookup.codes.is_stdlib(callee.module):
        return _stdlib(run, callee, site)
    if not run.lookup.known.is_trusted(callee.module):
        _unresolved(run, callee, site)
    return Ref(RefForm.FRESH, of=callee)


def _special(run: BodyRun, callee: Ref, site: CallSite) -> Ref | None:
    """Call an instance with `__call__()`, or a function of which more is known than its name."""
    if callee.of is not None and callee.of.form is RefForm.CLASS:
        method = run.lookup.member(callee.of, "__call__", callee)
        return None if method is None else follow_call(run, method, site)
    if callee.dotted == "logging.getLogger":
        return run.lookup.logger(site.positional[0].text if site.positional else "")
    if callee.module == "logging" and callee.path in LOGGING_METHODS:
        outputs(run, site, "writes to the log", callee.dotted)
    if callee.dotted == "types.new_class":
        _make_class(run, site)
        return FRESH
    if callee.dotted in ("importlib.import_module", "sys.modules.get"):
        name = site.positional[0].text if site.positional else None
        return Ref(RefForm.MODULE, name) if name else FRESH
    return None


def _stdlib(run: BodyRun, callee: Ref, site: CallSite) -> Ref:
    holder, _, last = callee.path.rpartition(".")
    if holder and last in ANY_CHANGER:
        target = replace(callee, path=holder)
        run.changes(target, f"calls {shown(callee.dotted)}()", EffectKind.PROCESS)
    elif holder and last == "register":
        _register_type(run, callee.of or replace(callee, path=holder), site)
    return Ref(RefForm.FRESH, of=callee)


def _register_type(run: BodyRun, base: Ref, site: CallSite) -> None:
    """Register a type with an abstract base class: only code that knows both can notice."""
    if base.module == run.module:
        return
    for argument in site.positional:
        is_known = argument.module == "builtins" or run.lookup.codes.is_stdlib(argument.module)
        does = f"registers {shown(argument.dotted)} with {shown(base.dotted)}"
        run.changes(base if is_known else argument, does)


def _unresolved(run: BodyRun, callee: Ref, site: CallSite) -> None:
    """Judge a call by its name and place: nobody calls for nothing and drops the result."""
    holder, _, last = callee.path.rpartition(".")
    target = replace(callee, path=holder, of=None) if holder else callee
    if callee.of is not None and run.lookup.codes.is_stdlib(callee.of.module):
        is_draw = callee.of.dotted.rpartition(".")[0] in _DRAWS
        if last not in ANY_CHANGER and not is_draw and (site.use == "value" or last in _PASSING):
            return
    elif last not in ANY_CHANGER and not looks_registering(last):
        # A decorator that is no method has nothing to register with.
        is_plain = site.use == "value" or (site.use == "decorator" and not holder)
        if run.depth and site.use == "statement" and holder:
            run.doubt = run.doubt or target
        if run.depth or is_plain:
            return
    run.changes(target, f"calls {shown(callee.dotted)}()", EffectKind.REGISTERS)


def _builtin(run: BodyRun, name: str, site: CallSite) -> Ref:
    first = site.positional[0] if site.positional else FRESH
    text = site.positional[1].text if len(site.positional) > 1 else None
    if name in ("setattr", "delattr"):
        verb = "sets" if name == "setattr" else "deletes"
        attribute = f".{text}" if text else ""
        run.changes(first, f"{verb} {shown(first.dotted)}{attribute}")
    elif name == "getattr" and first.is_shared:
        return attribute_of(run, first, text) if text else item_of(first)
    elif name in ("print", "open", "next"):
        _of_stream(run, name, site)
    elif name == "vars":
        return first
    elif name == "globals":
        return Ref(RefForm.OBJECT, site.scope.module, "globals()", type="dict")
    elif name == "__import__" and first.text:
        return Ref(RefForm.MODULE, first.text.partition(".")[0])
    elif name in ("map", "filter"):
        run.steps.call(run, first, CallSite(site.scope, (FRESH,), use="value"))
    elif name == "type" and len(site.positional) == 3:
        _make_class(run, site)
    elif name == "type.__new__" and run.new_class is not None:
        return run.new_class
    return FRESH


def _of_stream(run: BodyRun, name: str, site: CallSite) -> None:
    """Record a printed line, a file that is opened to write, and a value that is taken out."""
    if name == "next" and site.positional:
        taken = site.positional[0]
        run.changes(taken, f"takes the next value of {shown(taken.dotted)}")
        return
    mode = site.positional[1] if len(site.positional) > 1 else site.keywords.get("mode", FRESH)
    if name == "print" or set(mode.text or "") & set("wax+"):
        outputs(run, site, "prints" if name == "print" else "writes a file", name)


def _make_class(run: BodyRun, site: CallSite) -> None:
    """Make a class as `type("Name", (Base,), {})` does."""
    bases = site.node.args[1] if site.node is not None else None
    if not isinstance(bases, ast.Tuple) or site.node is None:
        return
    name = site.positional[0].text or "type()"
    made = ast.ClassDef(name=name, bases=list(bases.elts), keywords=[], body=[], decorator_list=[])
    run.lookup.made.append(ast.copy_location(made, site.node))
    run.steps.run(run, [made], site.scope)


def _construct(run: BodyRun, class_: Ref, site: CallSite) -> Ref:
    made = Ref(RefForm.FRESH, of=class_)
    known = run.lookup.known.calls.get(class_.dotted)
    if known is not None:
        _record_known(run, known, class_, site)
        return made
    for name, receiver in (("__new__", class_), ("__init__", made)):
        method = run.lookup.member(class_, name, receiver)
        if method is not None and method.form is RefForm.FUNCTION:
            follow(run, method, replace(site, node=None))
    return made


def _function(run: BodyRun, function: Ref, site: CallSite) -> Ref:
    known = _known(run, function)
    if known is not None:
        _record_known(run, known, function, site)
        return FRESH
    return follow(run, function, site)


def follow(run: BodyRun, function: Ref, site: CallSite) -> Ref:
    """Run a function's body with these arguments, if its source is at hand and not too deep."""
    node = function.node
    if not isinstance(node, FunctionDef) or isinstance(node, ast.AsyncFunctionDef):
        return FRESH
    is_known = run.lookup.known.is_trusted(function.module)
    if is_known or run.depth >= MAX_DEPTH or function.dotted in run.active:
        return FRESH
    scope = NameScope(function.module, outer=function.scope)
    _bind(function, node, site, scope)
    outermost = run.how, run.use, run.callee
    run.how = run.how or f"calls {shown(function.dotted)}()"
    if not run.depth or (site.use == "value" and _is_elsewhere(run, function)):
        run.use, run.callee = site.use, function.module
        if looks_registering(function.path):
            run.use = "statement"
    run.active.append(function.dotted)
    run.depth += 1
    try:
        if isinstance(node, ast.Lambda):
            return run.value(node.body, scope)
        run.steps.run(run, node.body, scope)
    finally:
        run.depth -= 1
        run.active.pop()
        run.how, run.use, run.callee = outermost
    return scope.result[0] if scope.result else FRESH


def _take_kept(name: str, outer: NameScope, receiver: Ref, scope: NameScope) -> None:
    """Hand over what the caller has set on the same object, as `__init__()` does."""
    for known, value in outer.names.items():
        holder, _, attribute = known.partition(".")
        if attribute and outer.names.get(holder) == receiver:
            scope.names[f"{name}.{attribute}"] = value


def _defaults(node: ast.FunctionDef | ast.Lambda) -> dict[str, Ref]:
    """Return the parameters that are empty unless they are given: flags of what is not wanted."""
    places = [*node.args.posonlyargs, *node.args.args]
    pairs = [*zip(reversed(places), reversed(node.args.defaults), strict=False)]
    pairs += [
        (place, default)
        for place, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if default is not None
    ]
    return {
        place.arg: Ref(RefForm.FRESH, type="none" if default.value is None else "false")
        for place, default in pairs
        if isinstance(default, ast.Constant) and default.value in (None, False)
    }


def _is_elsewhere(run: BodyRun, function: Ref) -> bool:
    """Return True if a call leaves the package that the outermost call went into."""
    return not _is_same_package(function.module, run.callee)


def _is_same_package(first: str, second: str) -> bool:
    return first.partition(".")[0] == second.partition(".")[0]


def _bind(
    function: Ref,
    node: ast.FunctionDef | ast.Lambda,
    site: CallSite,
    scope: NameScope,
) -> None:
    names = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
    defaults = _defaults(node)
    scope.names["(method)"] = function
    decorators = {ast.unparse(one) for one in getattr(node, "decorator_list", ())}
    receiver = function.of
    if receiver is not None and "staticmethod" not in decorators and names:
        is_class = decorators & _TAKES_CLASS and receiver.form is not RefForm.CLASS
        class_ = receiver.of if is_class and receiver.of is not None else receiver
        is_plain = receiver.form is RefForm.CLASS and not decorators & _TAKES_CLASS
        # `Class.method(instance)` passes the instance itself.
        if not is_plain or site.node is None:
            _take_kept(names[0], site.scope, class_, scope)
            scope.names[names.pop(0)] = class_
    for name, value in zip(names, site.positional, strict=False):
        scope.names[name] = value
    every = {*names, *(one.arg for one in node.args.kwonlyargs)}
    for name in every - set(scope.names):
        scope.names[name] = site.keywords.get(name, defaults.get(name, FRESH))
    if node.args.vararg is not None:
        rest = [one for one in site.positional[len(names) :] if one.is_shared]
        scope.names[node.args.vararg.arg] = rest[0] if rest else FRESH
    if node.args.kwarg is not None:
        scope.names[node.args.kwarg.arg] = FRESH


def _is_held(run: BodyRun, given: Ref) -> bool:
    """Return True for an object that a module holds, and that the callee can change."""
    is_stdlib = given.module == "builtins" or run.lookup.codes.is_stdlib(given.module)
    is_thing = given.form in (RefForm.OBJECT, RefForm.CLASS)
    return is_thing and not given.type and not is_stdlib


def doubtful(run: BodyRun, node: ast.Call, scope: NameScope, use: str = "statement") -> None:
    """Judge a call at module level that returns nothing of use, if following it has shown nothing.

    It is there for what it does: to the object whose method could not be followed, to the objects
    of other modules that it is given, or to its own module if its name says so.
    """
    callee = run.value(node.func, scope)
    target = run.doubt
    is_library = callee.form is RefForm.FUNCTION and run.is_library(callee.module)
    is_library = is_library and not _is_same_package(callee.module, run.module)
    if is_library and not run.lookup.known.is_trusted(callee.module):
        given = [run.value(one, scope) for one in node.args]
        held = [one for one in given if _is_held(run, one)]
        registers = looks_registering(callee.path)
        if use == "statement":
            own = callee.of or callee
            target = target or next(iter(held), own if registers else None)
        elif registers:
            target = next(iter(held), None)
    if target is not None:
        run.changes(target, f"calls {shown(callee.dotted)}()", EffectKind.REGISTERS)
