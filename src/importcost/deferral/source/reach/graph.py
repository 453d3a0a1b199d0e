"""The call graph over all of a function's own files: which unit may run which.

It errs towards too many calls. A method is matched by its name alone if its receiver is unknown, a
function that is passed to a call counts as called there, and code that calls a parameter may call
every function that is passed or kept anywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from importcost.deferral.source.reach.units import (
    ClassFacts,
    CodeUnit,
    FileCode,
    MentionedAs,
    NameMention,
    UnitFacts,
)

_CONSTRUCTORS = ("__init__", "__new__", "__post_init__")
ANY_PASSED = "*"
"""Stands for every function that is passed on or kept anywhere."""

_DEPTH = 6
"""Names that stand for names of other files are followed this far."""

Reached = CodeUnit | str
"""A unit, or a name that stands for many: ".close" for every method and kept function of that name,
"module:NAME" for what a module-level variable may hold."""


@dataclass(frozen=True, slots=True)
class CallEdge:
    """A unit or name may run `target`, mentioned at a line."""

    target: Reached
    kind: MentionedAs
    line: int


@dataclass(slots=True)
class CallGraph:
    """The edges from each unit and from each name that stands for many units."""

    files: Mapping[str, FileCode]
    edges: dict[Reached, list[CallEdge]] = field(default_factory=dict)
    open_calls: set[CodeUnit] = field(default_factory=set)
    """Units that call a parameter, a local variable or an attribute of unknown value."""

    def facts(self, unit: CodeUnit) -> UnitFacts:
        """Return the content of a unit of this graph."""
        return self.files[unit.module].units[unit]

    def units(self) -> Iterator[UnitFacts]:
        """Yield the units of all files."""
        for code in self.files.values():
            yield from code.units.values()

    def reached(
        self, roots: Iterable[CodeUnit], follows: Callable[[CallEdge], bool] | None = None
    ) -> dict[CodeUnit, CodeUnit | None]:
        """Return all that the roots may run, each with the unit that runs it (None for a root).

        With `follows`, only those edges count, and calls of unknown functions reach nothing.
        """
        before: dict[Reached, CodeUnit | None] = dict.fromkeys(roots)
        queue = list(before)
        for place in queue:  # grows while it is read
            edges = self.edges.get(place, ())
            targets = [edge.target for edge in edges if follows is None or follows(edge)]
            if follows is None and place in self.open_calls:
                targets.append(ANY_PASSED)
            caller = place if isinstance(place, CodeUnit) else before[place]
            for target in targets:
                if target not in before:
                    before[target] = caller
                    queue.append(target)
        return {unit: caller for unit, caller in before.items() if isinstance(unit, CodeUnit)}

    def units_of(self, targets: Iterable[Reached]) -> list[CodeUnit]:
        """Return the units among `targets`, and those that names among them stand for."""
        queue = list(dict.fromkeys(targets))
        seen = set(queue)
        for place in queue:  # grows while it is read
            for edge in self.edges.get(place, ()) if isinstance(place, str) else ():
                if edge.target not in seen:
                    seen.add(edge.target)
                    queue.append(edge.target)
        return [place for place in queue if isinstance(place, CodeUnit)]


def call_graph(files: Mapping[str, FileCode]) -> tuple[CallGraph, Linker]:
    """Link the units of all files, by module name."""
    linker = Linker(files)
    graph = CallGraph(files)
    for facts in graph.units():
        linker.link(facts, graph)
    escaped = (
        edge.target
        for edges in graph.edges.values()
        for edge in edges
        if edge.kind is not MentionedAs.CALL
    )
    decorated = (facts.unit for facts in graph.units() if linker.is_decorated(facts))
    graph.edges[ANY_PASSED] = _edges(dict.fromkeys((*escaped, *decorated)))
    graph.edges.update(linker.names())
    return graph, linker


class Linker:
    """Finds the units that a mention may stand for."""

    def __init__(self, files: Mapping[str, FileCode]) -> None:
        self._files = files
        self._methods: dict[str, list[CodeUnit]] = {}
        self._classes: dict[str, list[tuple[FileCode, ClassFacts]]] = {}
        self._kept: dict[str, list[tuple[CodeUnit, NameMention]]] = {}
        self._derived: dict[str, list[ClassFacts]] = {}
        self._families: dict[int, list[ClassFacts]] = {}
        self._making: set[int] = set()
        self._code_of: dict[int, FileCode] = {}
        for code in files.values():
            for found in code.classes.values():
                self._code_of[id(found)] = code
                simple = found.name.rpartition(".")[2]
                self._classes.setdefault(simple, []).append((code, found))
                for base in found.bases:
                    self._derived.setdefault(base[-1], []).append(found)
                for name, units in found.methods.items():
                    self._methods.setdefault(name, []).extend(units)
            for name, kept in code.attributes.items():
                self._kept.setdefault(name, []).extend(kept)

    def names(self) -> Iterator[tuple[Reached, list[CallEdge]]]:
        """Yield each name that stands for many units, with its edges."""
        for name in {**self._methods, **self._kept}:
            targets: dict[Reached, None] = dict.fromkeys(self._methods.get(name, ()))
            for unit, mention in self._kept.get(name, ()):
                facts = self._files[unit.module].units[unit]
                targets.update(dict.fromkeys(self.resolve(facts, mention)))
            yield f".{name}", _edges(targets)
        for code in self._files.values():
            for name, mentions in code.values.items():
                targets = {}
                for mention in mentions:
                    targets.update(dict.fromkeys(self.resolve(code.body, mention)))
                yield f"{code.module}:{name}", _edges(targets)

    def link(self, facts: UnitFacts, graph: CallGraph) -> None:
        """Add the edges of one unit to a graph."""
        unit = facts.unit
        edges: dict[tuple[Reached, MentionedAs], CallEdge] = {}
        for mention in facts.mentions:
            targets = self.resolve(facts, mention)
            if mention.kind is MentionedAs.CALL:
                is_open = self._is_open(facts, mention)
                graph.open_calls |= {unit} if is_open else set()
                if is_open or any(isinstance(each, str) and ":" in each for each in targets):
                    targets += self._by_name(["__call__"])  # it may be an instance
            for target in targets:
                # The last line counts: until then something may come in between.
                edges[target, mention.kind] = CallEdge(target, mention.kind, mention.line)
        for place in (*self._by_name(sorted(facts.protocols)), *self._wrappers(facts)):
            edge = CallEdge(place, MentionedAs.CALL, unit.line)
            edges.setdefault((place, MentionedAs.CALL), edge)
        for module, line in facts.loads.items():
            if module in self._files and module != unit.module:
                body = self._files[module].body.unit
                edges.setdefault((body, MentionedAs.CALL), CallEdge(body, MentionedAs.CALL, line))
        graph.edges[unit] = list(edges.values())

    def is_decorated(self, facts: UnitFacts) -> bool:
        """Return True if a decorator of the function's own files is given this unit."""
        return next(self._wrappers(facts), None) is not None

    def _wrappers(self, facts: UnitFacts) -> Iterator[Reached]:
        """Yield what a function's decorators make it: calling it runs them."""
        parent = facts.parent
        lines = {node.lineno for node in facts.decorators}
        if parent is None or not lines:
            return
        for mention in parent.mentions:
            if mention.line in lines:
                found = [each for each in self.resolve(parent, mention) if each != facts.unit]
                yield from (*found, *_inside(self._files, found))

    def resolve(self, facts: UnitFacts, mention: NameMention) -> list[Reached]:
        """Return the units and names that a mention in a unit may stand for."""
        root, rest = mention.chain[0], mention.chain[1:]
        code = self._files[facts.unit.module]
        if root == "<lambda>":
            return [unit for unit in code.units if unit.name == rest[0]]
        scope: UnitFacts | None = facts if root else None
        while scope is not None:
            if root == scope.first and rest:
                return self._members(code, scope.owner or "", rest)
            if root in scope.functions and not self._is_class(code, root):
                return [scope.functions[root]]
            if root in scope.targets:
                return self.dotted((*scope.targets[root].split("."), *rest))
            if root in scope.bound and scope.parent is not None:
                if f"{scope.unit.name}.{root}" in code.classes:
                    break
                return self._by_name(rest)
            scope = scope.parent
        return self._global(code, mention) if root else self._by_name(rest)

    def _global(self, code: FileCode, mention: NameMention) -> list[Reached]:
        root, rest = mention.chain[0], mention.chain[1:]
        if mention.in_class in code.classes:
            own = code.classes[mention.in_class].methods.get(root)
            if own:
                return list(own)
        if self._is_class(code, root):
            return self._members(code, root, rest or _CONSTRUCTORS[:1])
        held: list[Reached] = [f"{code.module}:{root}"] if root in code.values else []
        return [*held, *self._by_name(rest)]

    def _is_class(self, code: FileCode, name: str) -> bool:
        return any(own is code for own, _ in self._classes.get(name, ()))

    def dotted(self, parts: tuple[str, ...], depth: int = 0) -> list[Reached]:
        """Return what an absolute dotted name stands for; nothing if it is not the function's."""
        for size in range(len(parts) - 1, 0, -1):
            code = self._files.get(".".join(parts[:size]))
            if code is None:
                continue
            name, rest = parts[size], parts[size + 1 :]
            if name in code.body.functions:
                return [code.body.functions[name]]
            target = code.body.targets.get(name)
            if target is not None and depth <= _DEPTH:
                return self.dotted((*target.split("."), *rest), depth + 1)
            return self._global(code, NameMention((name, *rest), MentionedAs.VALUE, 0))
        return []

    def _members(self, code: FileCode, owner: str, names: tuple[str, ...]) -> list[Reached]:
        """Return what attributes of a class or its instance may run."""
        first, rest = names[0], names[1:]
        wanted = _CONSTRUCTORS if first == _CONSTRUCTORS[0] else (first,)
        methods: list[Reached] = [
            unit
            for relative in self.family(code, owner)
            for name in wanted
            for unit in relative.methods.get(name, ())
        ]
        held = self._by_name([first]) if first in self._kept else []
        made = self._made_by(self.family(code, owner)) if wanted is _CONSTRUCTORS else []
        return [*methods, *held, *made, *self._by_name(rest)]

    def _made_by(self, family: Iterable[ClassFacts]) -> Iterator[Reached]:
        """Yield what a call of a class runs beside its constructors.

        That is `__call__()` of its metaclass, and the functions that its decorators made of it.
        """
        for class_ in family:
            if id(class_) in self._making:  # decorated with itself, or with what it decorates
                continue
            self._making.add(id(class_))
            code = self._code_of[id(class_)]
            scope = code.units[class_.inside] if class_.inside is not None else code.body
            for mention in class_.makers:
                if mention.kind is MentionedAs.CALL:
                    yield from _inside(self._files, self.resolve(scope, mention))
                    continue
                call = (*mention.chain, "__call__")
                yield from self.resolve(scope, replace(mention, chain=call))
            self._making.discard(id(class_))

    def family(self, code: FileCode, owner: str) -> list[ClassFacts]:
        """Return a class with its bases and all that derive from any of them, by name."""
        simple = owner.rpartition(".")[2]
        same = self._classes.get(simple, ())
        own = [found for place, found in same if place is code] or [found for _, found in same]
        key = id(own[0]) if own else 0
        if key not in self._families:
            self._families[key] = self._relatives(own)
        return self._families[key]

    def _relatives(self, own: list[ClassFacts]) -> list[ClassFacts]:
        family = {id(found): found for found in own}
        queue = list(own)
        for found in queue:  # grows while it is read
            near = [other for base in found.bases for _, other in self._classes.get(base[-1], ())]
            near += self._derived.get(found.name.rpartition(".")[2], ())
            for other in near:
                if id(other) not in family:
                    family[id(other)] = other
                    queue.append(other)
        return queue

    def _by_name(self, names: Iterable[str]) -> list[Reached]:
        """Return the names, among these, of methods and kept functions."""
        return [f".{name}" for name in names if name in self._methods or name in self._kept]

    def _is_open(self, facts: UnitFacts, mention: NameMention) -> bool:
        """Return True if a call's function is a local name, or an attribute that holds one."""
        name = mention.chain[-1]
        if len(mention.chain) > 1:
            return name in self._kept and name not in self._methods
        scope: UnitFacts | None = facts
        while scope is not None and scope.parent is not None:
            if name in scope.functions or name in scope.targets:
                return False
            if name in scope.bound:
                return f"{scope.unit.name}.{name}" not in self._files[facts.unit.module].classes
            scope = scope.parent
        return name == ""


def _edges(targets: Iterable[Reached]) -> list[CallEdge]:
    return [CallEdge(target, MentionedAs.CALL, 0) for target in targets]


def _inside(files: Mapping[str, FileCode], decorators: Iterable[Reached]) -> Iterator[CodeUnit]:
    """Yield the functions that decorators define, one of which they give back."""
    for each in decorators:
        if isinstance(each, CodeUnit) and each.name:
            units = files[each.module].units
            yield from (unit for unit in units if unit.name.startswith(f"{each.name}."))
