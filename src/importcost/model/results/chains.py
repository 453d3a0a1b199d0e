"""The answer of `importcost why`: chains of imports, and the statements to defer."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.model.advice import DeferVerdict, SourcePlace
from importcost.model.graph import EdgeKind
from importcost.model.profile import Profile


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a chain: while `body` runs, `imported` gets imported.

    The import is in `importer` at `file`:`line`. If it is inside a function, `body` is the module
    whose body called that function, at `body_line`; else both are the same. `file` and `line` are
    None for the load of a parent package, and if no Python source imports.
    """

    body: str
    imported: str
    importer: str
    file: str | None
    line: int | None
    kind: EdgeKind
    body_line: int | None


@dataclass(frozen=True, slots=True)
class Chain:
    """A chain of imports from `start`, a module that the runtime imports, to the module.

    `start` is the handler, or a part of the runtime if `from_runtime`. Without hops the module
    itself is the start.
    """

    start: str
    from_runtime: bool
    hops: tuple[Hop, ...]


@dataclass(frozen=True, slots=True)
class Chains:
    """Every chain that loads a module or its submodules, shortest first.

    `more` is the number of chains beyond those listed, or a lower bound if `more_is_minimum`.
    `preloaded`: the runtime loads it before the handler, so nothing helps. For a module that is not
    loaded, `is_loaded` is False and `close` holds similar names that are loaded.
    """

    module: str
    is_loaded: bool
    preloaded: bool
    chains: tuple[Chain, ...] = ()
    more: int = 0
    more_is_minimum: bool = False
    close: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CutStatement:
    """One statement that would have to be deferred, as its reader sees it.

    `verdict` says if it can be; None if its file could not be analysed.
    """

    place: SourcePlace
    code: str
    verdict: DeferVerdict | None


@dataclass(frozen=True, slots=True)
class Why:
    """The answer: chains of imports, the statements to defer, and their saving.

    `saved_us` is the time that disappears with them, microseconds on the measuring machine.
    """

    profile: Profile
    chains: Chains
    reason: str | None
    statements: tuple[CutStatement, ...]
    saved_us: int
