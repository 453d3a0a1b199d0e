"""The state of reading one module's body: the module's effects so far, and where it is."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from importcost.deferral.effects.lookup import Lookup
from importcost.deferral.effects.refs import NameScope, Ref, RefForm
from importcost.deferral.effects.subclass_reads import SubclassReaders
from importcost.model.effects import EffectKind, ImportEffect
from importcost.model.graph import FUNCTION, RUNTIME, STDLIB

MAX_DEPTH = 7
"""Calls are followed this deep."""
MAX_STEPS = 20_000
"""Expressions that are evaluated for one module before the rest of its calls is left out."""
MAX_EFFECTS = 40

_MEMO = re.compile(r"cache|memo|warned|_lock\b|counter|_seen\b|lazy|singleton", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CallSite:
    """The arguments of one call; `use` is "value", "statement" or "decorator".

    `node` is None if Python itself makes the call, as it does for the hooks of a class.
    """

    scope: NameScope
    positional: tuple[Ref, ...] = ()
    keywords: Mapping[str, Ref] = field(default_factory=dict)
    use: str = "value"
    node: ast.Call | None = None


@dataclass(frozen=True, slots=True)
class Steps:
    """The three parts of the reader that call each other: expressions, calls and statements."""

    value: Callable[[BodyRun, ast.AST, NameScope, str], Ref]
    call: Callable[[BodyRun, Ref, CallSite], Ref]
    run: Callable[[BodyRun, Sequence[ast.stmt], NameScope], None]


@dataclass(slots=True)
class BodyRun:
    """One reading of a module's body.

    `how` says what the body does at `line`: it calls a function of the module `callee` and uses the
    result as `use` says. `guarded` are global names that the code at hand
    fills only if they are empty. `new_class` is the class whose creation is being followed, and
    `under` the ancestor whose hook it is.
    """

    lookup: Lookup
    module: str
    steps: Steps
    readers: SubclassReaders
    effects: dict[tuple[int, str], ImportEffect] = field(default_factory=dict)
    line: int = 0
    depth: int = 0
    how: str = ""
    use: str = ""
    callee: str = ""
    count: int = 0
    active: list[str] = field(default_factory=list)
    guarded: set[str] = field(default_factory=set)
    doubt: Ref | None = None
    new_class: Ref | None = None
    under: Ref | None = None

    @property
    def python(self) -> tuple[int, int]:
        """The measured Python's version."""
        return self.lookup.codes.python

    def value(self, node: ast.AST, scope: NameScope, use: str = "value") -> Ref:
        """Evaluate an expression; `use` is "value", "statement" or "decorator"."""
        self.count += 1
        if self.count > MAX_STEPS:
            return Ref(RefForm.FRESH)
        return self.steps.value(self, node, scope, use)

    def changes(self, target: Ref, does: str, kind: EffectKind = EffectKind.ASSIGNS) -> None:
        """Record a change of an object, if others can see it."""
        if not target.is_shared or target.module == self.module:
            return
        if target.form is RefForm.FUNCTION and target.scope is not None:
            return  # a function that the call at hand has made
        if target.module and not self.lookup.codes.is_loaded(target.module.partition(".")[0]):
            return  # nobody has what was not loaded
        if self.depth and (_MEMO.search(target.path) or self.fills_once(target.module)):
            return
        is_kept = not target.module or self.is_library(target.module)
        if self.is_asked and self.depth and is_kept:
            return  # what a library keeps for itself while it computes a value
        if self.depth:
            link = "changes" if self.new_class is not None else ", which changes"
            does = f"{self.how} {link} {shown(target.dotted)}".replace(" ,", ",")
            kind = EffectKind.SUBCLASSES if self.new_class is not None else EffectKind.REGISTERS
        elif self.how and kind is EffectKind.REGISTERS:
            does = self.how
        self.record(kind, does, target.dotted, target.module)

    @property
    def is_asked(self) -> bool:
        """True if the outermost call is of a library's function and its value is used."""
        return self.use == "value" and self.new_class is None and self.is_library(self.callee)

    def is_library(self, module: str) -> bool:
        """Return True for an installed package's module, False for own ones and the stdlib."""
        found = self.lookup.codes.loaded.get(module)
        return found is not None and found.distribution not in (FUNCTION, STDLIB, RUNTIME)

    def fills_once(self, module: str) -> bool:
        """Return True if the code at hand fills what a module keeps only while it is empty."""
        return any(name.startswith(f"{module}.") for name in self.guarded)

    def record(self, kind: EffectKind, does: str, target: str, target_module: str) -> None:
        """Record an effect of the module's body at the present line."""
        is_own = target_module == self.module
        is_known = self.lookup.known.is_harmless(target, self.module)
        if is_own or is_known or len(self.effects) >= MAX_EFFECTS:
            return
        effect = ImportEffect(kind, self.module, self.line, does, target, target_module)
        self.effects.setdefault((self.line, shown(target)), effect)


def shown(dotted: str) -> str:
    """Return a dotted name without the marks of items."""
    return dotted.replace("[]", "")
