"""References: the thing that a name or expression of a module's body leads to."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from enum import Enum

FunctionDef = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda

CONTAINERS = frozenset({"dict", "list", "set", "text", "number"})
"""Types of displays and constants, whose methods are known."""


class RefForm(Enum):
    """The form of thing that a reference leads to."""

    FRESH = "fresh"
    """A new object, which nothing but the code at hand can reach; also anything unknown."""
    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    OBJECT = "object"
    """An object that a module holds, or a part of one."""
    LOGGER = "logger"
    """A logger: `path` is its name."""


@dataclass(slots=True)
class NameScope:
    """The local names of a function or class body; module-level names are looked up by module.

    `module` is the module whose source this is. `globals_` are names declared global, and `guarded`
    are global names that a condition around the statement tests for emptiness.
    """

    module: str
    names: dict[str, Ref] = field(default_factory=dict)
    outer: NameScope | None = None
    globals_: set[str] = field(default_factory=set)
    result: list[Ref] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ref:
    """Something that code refers to: `path` is its dotted name inside `module`, which holds it.

    `node` is the definition of a class or function whose source is at hand. `of` is the class of an
    object, or the object that a method belongs to. `type` is a built-in container's type. `text` is
    the value of a constant string.
    """

    form: RefForm
    module: str = ""
    path: str = ""
    of: Ref | None = None
    type: str = ""
    text: str | None = None
    node: ast.AST | None = field(default=None, compare=False, repr=False)
    scope: NameScope | None = field(default=None, compare=False, repr=False)

    @property
    def dotted(self) -> str:
        """Return the whole dotted name."""
        return f"{self.module}.{self.path}" if self.path else self.module

    @property
    def is_shared(self) -> bool:
        """Return True if other code can reach the same thing."""
        return self.form is not RefForm.FRESH


FRESH = Ref(RefForm.FRESH)
_RANKS = (
    RefForm.FRESH,
    RefForm.CLASS,
    RefForm.MODULE,
    RefForm.LOGGER,
    RefForm.OBJECT,
    RefForm.FUNCTION,
)


def worse(first: Ref, second: Ref) -> Ref:
    """Return the reference of two possible ones through which a change is seen by others."""
    if first.form is second.form is RefForm.FRESH:
        return first if first.of is not None or first.text is not None else second
    return max(first, second, key=lambda ref: _RANKS.index(ref.form))


def item_of(base: Ref) -> Ref:
    """Return an element of a container."""
    if base.form is RefForm.OBJECT:
        return Ref(RefForm.OBJECT, base.module, f"{base.path}[]")
    return base if base.form is RefForm.CLASS else FRESH
