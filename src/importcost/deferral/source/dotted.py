"""Attribute each use to its import when several imports load parts of one package."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from importcost.deferral.source.facts import Occurrence
from importcost.deferral.source.imports import Imported
from importcost.deferral.source.names import FunctionNode, attribute_chains
from importcost.deferral.source.view import Reason, View


@dataclass(frozen=True, slots=True)
class Shares:
    """The uses of each import and the reasons not to move it, by the import's identity."""

    uses: Mapping[int, list[Occurrence]]
    refusals: Mapping[int, Reason]
    grouped: frozenset[int]

    def uses_of(self, item: Imported) -> list[Occurrence]:
        """Return the uses that belong to an import, in source order."""
        return self.uses.get(id(item), [])

    def refusal(self, item: Imported) -> Reason | None:
        """Return the reason why an import must stay because of other imports of its package."""
        return self.refusals.get(id(item))

    def shared(self, item: Imported) -> bool:
        """Return True if an import is one of several like `import a.b` that bind the same name."""
        return id(item) in self.grouped


def share(
    imports: Iterable[Imported], local: Iterable[tuple[FunctionNode, Imported]], view: View
) -> Shares:
    """Attribute every use to the import that it needs.

    `local` are imports inside functions: code that uses them may rely on `imports`. Of `import a.b`
    and `import a.c`, `a.b.x` needs the first. An ambiguous use, such as `a` alone, keeps both in
    place.
    """
    listed = list(imports)
    uses: dict[int, list[Occurrence]] = {}
    refusals: dict[int, Reason] = {}
    groups = _groups(listed, view)
    for name, group in groups.items():
        for use in view.uses.get(name, ()):
            owner = _owner(group, use)
            if owner is None:
                text = f"{use.name} at line {use.line} may need any of the imports that bind it"
                refusals.update((id(item), (text, use.line)) for item in group)
            else:
                uses.setdefault(id(owner), []).append(use)
    grouped = frozenset(id(item) for group in groups.values() for item in group)
    for item in listed:
        if id(item) not in grouped:
            found = [use for name in item.targets for use in view.uses.get(name, ())]
            uses[id(item)] = found
    for key in uses:
        uses[key].sort(key=lambda use: use.span)
    _add_relied(listed, [*_reached(listed, uses), *_reached_locally(local)], refusals)
    return Shares(uses, refusals, grouped)


def _groups(imports: list[Imported], view: View) -> dict[str, list[Imported]]:
    """Return the names that only plain dotted imports bind, and more than one of them."""
    found: dict[str, list[Imported]] = {}
    for item in imports:
        if item.dotted:
            found.setdefault(item.dotted[0], []).append(item)
    return {
        name: group
        for name, group in found.items()
        if len(group) > 1
        and len({item.dotted for item in group}) == len(group)
        and len(view.facts.bindings.get(name, ())) == len(group)
        and name not in view.facts.globals_
    }


def _owner(group: list[Imported], use: Occurrence) -> Imported | None:
    """Return the import with the longest path that a use spells out."""
    if not use.chain:
        return None
    path = (use.name, *use.chain)
    fitting = [item for item in group if item.dotted == path[: len(item.dotted or ())]]
    return max(fitting, key=lambda item: len(item.dotted or ()), default=None)


@dataclass(frozen=True, slots=True)
class _Reached:
    """A dotted name that is used at `line`, and the modules that its own import loads."""

    dotted: str
    line: int
    loads: frozenset[str]
    by: Imported | None


def _reached(imports: list[Imported], uses: Mapping[int, list[Occurrence]]) -> Iterator[_Reached]:
    for item in imports:
        for use in uses.get(id(item), ()):
            for dotted in _prefixes(item.targets[use.name], use.chain):
                yield _Reached(dotted, use.line, item.loads, item)


def _reached_locally(local: Iterable[tuple[FunctionNode, Imported]]) -> Iterator[_Reached]:
    """Yield the names that functions reach through imports of their own. Scopes are ignored."""
    functions: dict[int, tuple[FunctionNode, list[Imported]]] = {}
    for function, item in local:
        functions.setdefault(id(function), (function, []))[1].append(item)
    for function, items in functions.values():
        loads = frozenset().union(*(item.loads for item in items))
        for node, (name, *attributes) in attribute_chains(function):
            targets = [item.targets[name] for item in items if name in item.targets]
            for target in targets:
                for dotted in _prefixes(target, attributes):
                    yield _Reached(dotted, node.lineno, loads, None)


def _prefixes(dotted: str, attributes: Iterable[str]) -> Iterator[str]:
    for attribute in attributes:
        dotted = f"{dotted}.{attribute}"
        yield dotted


def _add_relied(
    imports: list[Imported], reached: Iterable[_Reached], refusals: dict[int, Reason]
) -> None:
    """Keep `import a.b` if a use of another `a` reaches `a.b` without importing it."""
    loading: dict[str, list[Imported]] = {}
    for item in imports:
        for module in item.loads:
            loading.setdefault(module, []).append(item)
    for found in reached:
        if found.dotted in found.loads:
            continue
        for other in loading.get(found.dotted, ()):
            if other is not found.by:
                text = f"{found.dotted} at line {found.line} relies on this import to load it"
                refusals.setdefault(id(other), (text, found.line))
