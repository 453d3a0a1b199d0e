"""Decide from the source alone whether each import of a file can be deferred."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from importcost.deferral.source.annotations import mark_read
from importcost.deferral.source.dotted import share
from importcost.deferral.source.exports import exports_of, lazy_modules
from importcost.deferral.source.facts import Occurrence
from importcost.deferral.source.imports import Imported, imports_of
from importcost.deferral.source.init import run_during_init
from importcost.deferral.source.model import (
    ImportStatement,
    ModuleObject,
    SourceFile,
    SourceText,
    Unreadable,
    Use,
)
from importcost.deferral.source.names import FunctionNode
from importcost.deferral.source.objects import Objects, objects_of
from importcost.deferral.source.outside import OutsideUses, outside_uses
from importcost.deferral.source.parse import Parsed, parse
from importcost.deferral.source.reach.reach import reach_of
from importcost.deferral.source.surroundings.later import LaterChanges
from importcost.deferral.source.verdicts import name_list, verdict_on
from importcost.deferral.source.view import View
from importcost.deferral.source.walk.file import collect
from importcost.model.advice import DeferStyle, DeferVerdict, VerdictKind

__all__ = ["OutsideUses", "analyse", "outside_uses", "reach_of"]

_LAZY_ANNOTATIONS = (3, 14)


def analyse(
    source: SourceText,
    module: str,
    is_package: bool,
    python: tuple[int, int],
    outside: OutsideUses,
    later: LaterChanges | None = None,
) -> SourceFile | Unreadable:
    """Find the imports of a file that run on import, and decide what can be done with each.

    `module` is the file's dotted name and `python` the version that will import it. `outside` holds
    what the function's other files use of it. `later` knows the call graph of all of them and
    what they change (None: of this file alone). A file that cannot be read is returned with the
    reason.
    """
    parsed = parse(source)
    if isinstance(parsed, Unreadable):
        return parsed
    package = module if is_package else module.rpartition(".")[0]
    if later is None:
        entries = [f"{module}.{name}" for name in outside.entry]
        later = LaterChanges(reach_of({module: source}, entries, [module] if is_package else ()))
    try:
        return _analyse(source, parsed, (module, package), python, (outside, later))
    except RecursionError:
        return Unreadable(
            source.path, "holds an expression nested too deeply to analyse: split the expression"
        )


def _analyse(
    source: SourceText,
    parsed: Parsed,
    names: tuple[str, str],
    python: tuple[int, int],
    program: tuple[OutsideUses, LaterChanges],
) -> SourceFile:
    module, package = names
    outside, later = program
    facts = collect(parsed, python >= _LAZY_ANNOTATIONS or _future_annotations(parsed.tree))
    imports = imports_of(facts.imports, package)
    local = [
        (function, item)
        for function, site in facts.local_imports
        for item in imports_of([site], package)
    ]
    targets = {name: dotted for item in imports for name, dotted in item.targets.items()}
    occurrences = mark_read(facts, targets, outside.values)
    uses: dict[str, list[Occurrence]] = {}
    for found in occurrences:
        uses.setdefault(found.name, []).append(found)
    view = View(
        parsed=parsed,
        facts=facts,
        uses=uses,
        targets=targets,
        exports=exports_of(parsed.tree),
        outside=outside,
        init_calls=run_during_init(facts, occurrences, frozenset(targets)),
        is_package=module == package and bool(module),
        module=module,
        reach=later.reach,
        later=later,
    )
    objects = objects_of(view)
    return SourceFile(
        source=source,
        module=module,
        package=package,
        imports=_statements(imports, local, view, objects),
        objects=_objects(view, objects),
    )


def _future_annotations(tree: ast.Module) -> bool:
    return any(
        isinstance(node, ast.ImportFrom)
        and node.module == "__future__"
        and any(alias.name == "annotations" for alias in node.names)
        for node in tree.body
    )


def _statements(
    imports: list[Imported],
    local: list[tuple[FunctionNode, Imported]],
    view: View,
    objects: Objects,
) -> tuple[ImportStatement, ...]:
    shares = share(imports, local, view)
    lazy = lazy_modules(view.parsed.tree)
    return tuple(
        ImportStatement(
            span=view.parsed.span(item.site.node),
            line=item.line,
            end_line=item.site.node.end_lineno or item.line,
            alias_index=item.alias_index,
            imported=item.imported,
            bound=tuple(item.targets),
            code=item.code,
            verdict=verdict_on(item, view, objects, shares, lazy),
            uses=_public(view, shares.uses_of(item)),
        )
        for item in imports
    )


def _objects(view: View, objects: Objects) -> tuple[ModuleObject, ...]:
    made = {found.name for found in objects.candidates.values()} | set(view.targets)
    result: list[ModuleObject] = []
    for index, found in sorted(objects.candidates.items()):
        node = found.node
        needs = dict.fromkeys(read.name for read in found.reads if read.name in made)
        annotation = node.annotation if isinstance(node, ast.AnnAssign) else None
        result.append(
            ModuleObject(
                name=found.name,
                span=view.parsed.span(node),
                value=view.parsed.span(found.value),
                annotation=view.parsed.span(annotation) if annotation else None,
                line=node.lineno,
                end_line=node.end_lineno or node.lineno,
                needs=tuple(needs),
                uses=_public(view, view.uses.get(found.name, ())),
                verdict=_object_verdict(view, objects, index),
            )
        )
    return tuple(result)


def _object_verdict(view: View, objects: Objects, index: int) -> DeferVerdict:
    if index in objects.refused:
        return view.refusal(objects.refused[index])
    names = tuple(objects.candidates[at].name for at in objects.together(view, index))
    found = objects.candidates[index]
    later = [use for use in view.uses.get(found.name, ()) if use.function is not None]
    line = min((use.line for use in later), default=found.node.lineno)
    others = [
        objects.candidates[at].name
        for at in objects.together(view, index)
        if any(read.name == found.name for read in objects.candidates[at].reads)
    ]
    text = (
        f"only {name_list(('functions', *others))} use {found.name}, so a cached getter can make it"
    )
    return DeferVerdict(VerdictKind.NEEDS_GETTER, text, line, names, DeferStyle.GETTER)


def _public(view: View, uses: Iterable[Occurrence]) -> tuple[Use, ...]:
    """Return uses in the form that the rewriter needs, in source order."""
    return tuple(
        Use(
            name=use.name,
            span=use.span,
            line=use.line,
            kind=use.kind,
            function=view.parsed.span(use.function) if use.function else None,
        )
        for use in sorted(uses, key=lambda use: use.span)
    )
