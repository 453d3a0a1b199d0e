"""Effects of importing a module on objects that are not its own, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class EffectKind(str, Enum):
    """The kind of an effect of importing a module."""

    REGISTERS = "registers"
    """A call or decorator changes an object of another module."""
    ASSIGNS = "assigns"
    """An attribute or item of another module's object is set or deleted."""
    SUBCLASSES = "subclasses"
    """A class is defined under a base class that keeps track of its subclasses."""
    PROCESS = "process"
    """State of the process changes: environment, sys.path, hooks, filters, seeds, handlers."""
    STARTS = "starts"
    """A thread or another program is started."""
    KNOWN = "known"
    """The package is known for it; its source was not read."""


@dataclass(frozen=True, slots=True)
class ImportEffect:
    """One thing that a module's body does to an object that is not its own.

    `line` counts from 1 in the module's file and is None if the source was not read. `does` is a
    verb phrase such as "calls register() of app.plugins". `target` is the dotted name of the
    changed object and `target_module` the module that owns it, empty for the process itself.
    """

    kind: EffectKind
    module: str
    line: int | None
    does: str
    target: str
    target_module: str = ""

    @property
    def sentence(self) -> str:
        """Return the effect as a clause: the module, the line, what it does and to what."""
        where = f", line {self.line}," if self.line is not None else ""
        return f"{self.module}{where} {self.does}"
