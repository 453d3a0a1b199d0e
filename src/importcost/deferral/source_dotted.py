"""Which import answers for which use, where several load parts of one package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from importcost.deferral.source_facts import Occurrence
from importcost.deferral.source_imports import Imported
from importcost.deferral.source_view import Reason, View


@dataclass(frozen=True, slots=True)
class Shares:
    """The uses of each import and what forbids moving it, by the import's identity."""

    uses: Mapping[int, list[Occurrence]]
    refusals: Mapping[int, Reason]
    grouped: frozenset[int]

    def uses_of(self, item: Imported) -> list[Occurrence]:
        """Return the uses that an import answers for, in the order of the file."""
        return self.uses.get(id(item), [])

    def refusal(self, item: Imported) -> Reason | None:
        """Say why an import must stay because of other imports of its package."""
        return self.refusals.get(id(item))

    def shared(self, item: Imported) -> bool:
        """Whether an import is one of several such as `import a.b` that bind the same name."""
        return id(item) in self.grouped


def share(imports: Iterable[Imported], view: View) -> Shares:
    """Attribute every use to the import that it needs.

    Of `import a.b` and `import a.c`, `a.b.x` needs the first. A use that tells no difference,
    such as `a` alone, keeps both where they are.
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
    _add_relied(listed, uses, refusals)
    return Shares(uses, refusals, grouped)


def _groups(imports: list[Imported], view: View) -> dict[str, list[Imported]]:
    """Return the names that several plain dotted imports, and nothing else, bind."""
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


def _add_relied(
    imports: list[Imported], uses: Mapping[int, list[Occurrence]], refusals: dict[int, Reason]
) -> None:
    """Keep `import a.b` where a use of another `a` reaches `a.b` without asking for it."""
    for item in imports:
        for use in uses.get(id(item), ()):
            dotted = item.targets[use.name]
            for attribute in use.chain:
                dotted = f"{dotted}.{attribute}"
                if dotted in item.loads:
                    continue
                for other in imports:
                    if other is not item and dotted in other.loads:
                        text = f"{dotted} at line {use.line} relies on this import to load it"
                        refusals.setdefault(id(other), (text, use.line))
