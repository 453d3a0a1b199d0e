"""Refuse imports of dependencies whose modules other code reaches without importing them.

`import a` and then `a.b.c()` works as long as something else has imported `a.b`. If that import
waits, the attribute is missing.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.lazy.module_text import ModuleTexts
from importcost.app.defer.measured_costs import MeasuredCosts
from importcost.deferral.rewrite.lazy import FIRST_LAZY
from importcost.deferral.source.imports import absolute_name, loaded_by
from importcost.deferral.source.names import attribute_chains
from importcost.model.advice import DeferVerdict, VerdictKind
from importcost.model.graph import STDLIB


@dataclass(frozen=True, slots=True)
class _Reliance:
    """A place that reaches a module through its package."""

    importer: str
    line: int


class Reliances:
    """Finds the modules that reach others through their packages; each file is read once."""

    def __init__(self, costs: MeasuredCosts) -> None:
        self._costs = costs
        self._texts = ModuleTexts(costs.graph)
        self._readers = tuple(
            module.name for module in costs.graph.modules if module.distribution != STDLIB
        )
        self._reached: dict[str, Mapping[str, int]] = {}

    def refuse(self, findings: Sequence[JudgedImport]) -> list[JudgedImport]:
        """Return the findings without changes that take a module away from code relying on it.

        All of them are looked at together, and again without those that stay.
        """
        judged = list(findings)
        while True:
            movable = [number for number, one in enumerate(judged) if one.changes]
            found = self._first(judged, movable)
            if found is None:
                return judged
            number, module, place = found
            reason = (
                f"{place.importer}, line {place.line}, uses {module} without importing it, and "
                "this import is what loads it"
            )
            verdict = DeferVerdict(VerdictKind.NOT_DEFERRABLE, reason)
            finding = replace(judged[number].finding, verdict=verdict)
            judged[number] = replace(judged[number], finding=finding, changes=())

    def _first(
        self, judged: Sequence[JudgedImport], movable: Sequence[int]
    ) -> tuple[int, str, _Reliance] | None:
        keys = [key for number in movable for key in judged[number].keys]
        gone = frozenset(self._costs.imports.modules_of(keys))
        waiting: frozenset[str] = frozenset()
        if self._costs.python < FIRST_LAZY:
            # One that waits is there under its name; Python 3.15 binds the importer's name only.
            waiting = waiting.union(*(judged[number].waits_for for number in movable))
        lost = {
            name for name in gone - waiting if "." in name and name.rpartition(".")[0] not in gone
        }
        for module, place in self._places(lost, gone):
            for number in movable:
                if module in self._costs.imports.loaded_by(judged[number].keys):
                    return number, module, place
        return None

    def _places(
        self, lost: Collection[str], gone: Collection[str]
    ) -> Iterator[tuple[str, _Reliance]]:
        tails = {f".{name.rpartition('.')[2]}" for name in lost}
        for reader in self._readers if lost else ():
            text = self._texts.text(reader) if reader not in gone else None
            if text is None or not any(tail in text for tail in tails):
                continue
            if reader not in self._reached:
                self._reached[reader] = _reached(reader, text, self._texts.files[reader] or "")
            for module in sorted(lost & self._reached[reader].keys()):
                yield module, _Reliance(reader, self._reached[reader][module])


def _reached(module: str, text: str, path: str) -> Mapping[str, int]:
    """Return what a file reaches through attributes and imports nowhere itself, with the line.

    Scopes are ignored on purpose: a name that is an import anywhere in the file counts everywhere.
    """
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    package = module if path.endswith("/__init__.py") else module.rpartition(".")[0]
    targets: dict[str, str] = {}
    loaded: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                loaded |= loaded_by(alias.name)
                top = alias.name.partition(".")[0]
                targets[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            base = absolute_name(node, package)
            loaded |= loaded_by(base)
            for alias in node.names:
                target = f"{base}.{alias.name}" if base else alias.name
                loaded.add(target)
                targets[alias.asname or alias.name] = target
    found: dict[str, int] = {}
    for chain_node, (name, *attributes) in attribute_chains(tree):
        dotted = targets.get(name)
        for attribute in attributes if dotted else ():
            dotted = f"{dotted}.{attribute}"
            if dotted not in loaded:
                found.setdefault(dotted, chain_node.lineno)
    return found
