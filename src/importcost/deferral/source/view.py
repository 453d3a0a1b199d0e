"""One file's facts, arranged so that rules can ask short questions."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from importcost.deferral.source.exports import Exports
from importcost.deferral.source.facts import Binding, Facts, Occurrence
from importcost.deferral.source.init import InitCall
from importcost.deferral.source.names import dotted_name
from importcost.deferral.source.outside import OutsideUses
from importcost.deferral.source.parse import Parsed
from importcost.deferral.source.reach.reach import Reach
from importcost.deferral.source.surroundings.later import LaterChanges
from importcost.model.advice import DeferVerdict, Obstacle, VerdictKind

Reason = tuple[str, int | None]
"""The reason why something cannot be done, and the line that decides it."""


@dataclass(frozen=True, slots=True)
class View:
    """The facts that the rules look at: `uses` by name, `targets` by name of an import."""

    parsed: Parsed
    facts: Facts
    uses: Mapping[str, list[Occurrence]]
    targets: Mapping[str, str]
    exports: Exports
    outside: OutsideUses
    init_calls: Mapping[int, tuple[InitCall, ...]]
    is_package: bool
    module: str
    reach: Reach
    later: LaterChanges
    obstacles: dict[Reason, Obstacle] = field(default_factory=dict)
    """The values of the reasons that have any; see `with_obstacle`."""

    def with_obstacle(self, reason: Reason, obstacle: Obstacle) -> Reason:
        """Note the values of a reason, and return the reason."""
        self.obstacles[reason] = obstacle
        return reason

    def refusal(self, reason: Reason) -> DeferVerdict:
        """Return the verdict that something stays for a reason."""
        obstacle = self.obstacles.get(reason)
        return DeferVerdict(VerdictKind.NOT_DEFERRABLE, *reason, obstacle=obstacle)

    def rebound(self, name: str, own: ast.AST) -> Reason | None:
        """Return what binds a name again, besides the statement `own`."""
        if name in self.facts.globals_:
            line = self.facts.globals_[name]
            return f"{name} is declared global in a function at line {line}", line
        others = self.other_bindings(name, own)
        if others:
            what = others[0].what
            verb = what if what == "deleted" else f"{what} again"
            return f"{name} is {verb} at line {others[0].line}", others[0].line
        star = max(self.facts.stars, default=0)
        if star > getattr(own, "lineno", 0):
            return f"the star import at line {star} may bind {name} again", star
        return None

    def other_bindings(self, name: str, own: ast.AST) -> list[Binding]:
        """Return the bindings of a name besides `own`; one `import a, a` counts as two."""
        found = self.facts.bindings.get(name, [])
        mine = [binding for binding in found if binding.node is own]
        return [binding for binding in found if binding.node is not own] + mine[1:]

    def visible(self, name: str) -> Reason | None:
        """Return who else reaches a name of this module: `__all__`, other files, Lambda."""
        line = self.exports.line_of(name)
        if line is not None:
            computed = "which is computed, may export" if name not in self.exports.names else ""
            says = f"{computed} {name}" if computed else f"exports {name}"
            return f"__all__ at line {line}{',' if computed else ''} {says}", line
        if name in self.outside.names:
            return f"{self.outside.names[name]} uses {name} of this module", None
        if self.outside.everything:
            return f"{self.outside.everything} may use every name of this module", None
        if name in self.outside.entry or name.endswith("handler"):
            return f"{name} may be what Lambda calls", None
        return None

    def dynamic(self) -> Reason | None:
        """Return the code that reaches names of this file without naming them."""
        if self.facts.dynamic is None:
            return None
        name, line = self.facts.dynamic
        return f"{name} at line {line} may reach every name of this file", line

    def dotted(self, node: ast.expr) -> str | None:
        """Return the absolute dotted name of an expression, as far as imports show it."""
        return dotted_name(node, self.targets)
