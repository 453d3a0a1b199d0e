"""Advice as values: verdicts on import statements, their savings, and the proof."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from importcost.model.behaviour import NOTHING_COMPARED, Behaviour
from importcost.model.effects import ImportEffect
from importcost.model.interval import Interval


class VerdictKind(str, Enum):
    """The verdict on one import statement."""

    DEFERRABLE = "deferrable"
    """Only functions use its names: the import can move into them."""
    NEEDS_GETTER = "deferrable with a getter"
    """Module-level objects made from it have to become cached getters first."""
    ANNOTATIONS_ONLY = "annotations only"
    """Its names are in annotations that are never evaluated: it belongs under TYPE_CHECKING."""
    UNUSED = "unused"
    """No use of its names was found; it may be there for its side effects."""
    NOT_DEFERRABLE = "not deferrable"
    NOTHING_TO_GAIN = "nothing to gain"
    """Its modules are loaded by other imports anyway."""
    ALREADY_LAZY = "already lazy"
    ALWAYS_USED = "always used"
    """Each call of the handler uses it: below one vCPU, deferring takes longer than it saves."""


class DeferStyle(str, Enum):
    """The form of an edit that defers."""

    FUNCTION = "function"
    """The import moves into the functions that use it; works on every Python."""
    GETTER = "getter"
    """A module-level object becomes a function with functools.cache; all uses call it."""
    TYPE_CHECKING = "type-checking"
    """The import moves under `if TYPE_CHECKING:`."""
    LAZY = "lazy"
    """PEP 810 `lazy import`, Python 3.15 and later."""
    LAZY_MODULES = "lazy-modules"
    """`__lazy_modules__`: the same, ignored by older versions."""
    LAZY_DEPENDENCY = "lazy-dependency"
    """A generated module makes an import inside a dependency wait; nothing of it is edited."""


@dataclass(frozen=True, slots=True)
class SourcePlace:
    """A statement's place in a file of the function.

    `line` and `end_line` count from 1, both inclusive. `column` is where the statement starts in
    its line, from 0 and in bytes of UTF-8, as Python counts: two statements may share a line.
    """

    file: str
    line: int
    end_line: int
    column: int = 0


@dataclass(frozen=True, slots=True)
class Obstacle:
    """The danger that moved code would meet, as values.

    `kind` is the occasion on which the code runs ("finalizer", "exit handler", "thread started
    during init") or the state that changes before it runs ("environment", "folder", "search path";
    "name" if a name of a module is bound again). `module` and `line` (from 1) say where that
    happens, and `what` what the code needs: the import, the object or the changed name.
    """

    kind: str
    module: str
    line: int
    what: str


@dataclass(frozen=True, slots=True)
class DeferVerdict:
    """The verdict on an import statement, with its reason and the line that decides it.

    `reason` is a sentence without its full stop. `objects` are the module-level names that have to
    become getters, in the order of their definition. `style` is the fitting edit, None if there is
    none. `effects` are what importing the modules does to others' objects, if that is the reason.
    `always_used_by` is the handler's entry function if every ordinary path through it uses
    the import, as the source shows; None if one does not, or may not. `obstacle` is the danger that
    moved code would meet, if that is the reason.
    """

    kind: VerdictKind
    reason: str
    line: int | None = None
    objects: tuple[str, ...] = ()
    style: DeferStyle | None = None
    effects: tuple[ImportEffect, ...] = ()
    always_used_by: str | None = None
    obstacle: Obstacle | None = None


TOO_NOISY = "this machine is too noisy to tell"
"""The failure of a change that may save something or not: its interval is wide and includes 0."""


@dataclass(frozen=True, slots=True)
class Verification:
    """A change applied to a copy and measured against the original in interleaved rounds.

    `saving_us` is the saving of the importing thread's CPU (Hodges-Lehmann shift of the rounds at
    one speed of the machine) with its 95 % interval. `wall_saving_us` is the median saving of wall
    time. `original_us` is the original's median in the same rounds, which are `pairs` in number (a
    machine's speed drifts, so shares are relative to it).
    `gone` are the modules that are no longer loaded at init. `failure` is the reason why the change
    does not hold, else None.
    `is_broken` is True if the change breaks the handler, rather than only saving nothing.
    """

    saving_us: Interval | None
    wall_saving_us: float | None
    pairs: int
    gone: tuple[str, ...]
    failure: str | None = None
    original_us: float | None = None
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Economics:
    """The worth of a change at one memory size. Milliseconds on the platform, US dollars.

    `saved_ms` is per cold start; `waiting_ms` of it wait (sleep, network), at every memory size as
    long. `first_use_ms` is the wait of the first request that needs it, after init, where computing
    is throttled below one vCPU. `break_even_share` is the share (0 to 1, or above) of cold
    starts that may use it before deferring loses time. `dollars_per_million` is the saving of one
    million cold starts that never use it, None without a price. `sentence` explains a loss.
    `is_needed_by_all_events` is True if every event that the handler was called with needs it.
    `net_ms` is what a cold start gains where the share that needs it is known, a loss below zero.
    """

    saved_ms: float
    first_use_ms: float
    break_even_share: float
    dollars_per_million: float | None
    sentence: str | None = None
    is_needed_by_all_events: bool = False
    net_ms: float | None = None
    waiting_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class ImportFinding:
    """One import statement of the function's own files that runs during init.

    `code` is the statement on one line, `imported` the modules that it names. `exclusive_us` is the
    time that disappears if it alone is deferred, and `cumulative_us` the time that the tree shows
    under it. `modules` are those that only it keeps loaded. For a getter `exclusive_us` includes
    the loads and the computing of the module-level objects. `fix` is the edit as a unified diff, or
    None. `stands_alone` is False if it saves nothing by itself, only together with others of the
    best set.
    """

    place: SourcePlace
    code: str
    imported: tuple[str, ...]
    verdict: DeferVerdict
    exclusive_us: int
    cumulative_us: int
    modules: tuple[str, ...]
    first_user: str | None = None
    verification: Verification | None = None
    economics: Economics | None = None
    triggered_by: tuple[str, ...] = ()
    fix: str | None = None
    behaviour: Behaviour = NOTHING_COMPARED
    stands_alone: bool = True

    @property
    def is_suggested(self) -> bool:
        """Return True if a change is suggested; its edit can be written then."""
        return self.verdict.style is not None


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An event of the audit hook: its name (`socket.connect`, `open for writing`) and detail."""

    name: str
    detail: str

    @property
    def words(self) -> str:
        """Return both as one clause."""
        return f"{self.name}: {self.detail}"


@dataclass(frozen=True, slots=True)
class StatementTime:
    """One top-level statement of the function's own files, timed by itself; microseconds.

    `own_us` is CPU minus the imports in it and minus nested statements of other files. `import_us`
    is that of the imports, and `wall_us` the wall time of `own_us`. `events` are from audit
    hooks.
    """

    place: SourcePlace
    code: str
    own_us: int
    import_us: int
    wall_us: int
    events: tuple[AuditEvent, ...] = ()
    verdict: DeferVerdict | None = None


@dataclass(frozen=True, slots=True)
class BestSet:
    """The changes that save most together; `finding_ids` index `Advice.findings`.

    `exclusive_us` is joint: modules that two statements share are saved only if both are deferred.
    `fix` is the joint edit as a unified diff, or None.
    """

    finding_ids: tuple[int, ...]
    exclusive_us: int
    modules: tuple[str, ...]
    verification: Verification | None = None
    economics: Economics | None = None
    fix: str | None = None
    behaviour: Behaviour = NOTHING_COMPARED


@dataclass(frozen=True, slots=True)
class IgnoredEdit:
    """An edit that saves nothing on the target's Python, because that version ignores it.

    `python` is that version and `needs` the first one that the edit works on. `predicted_us` is the
    saving predicted for that one; `statements` counts the imports.
    """

    python: str
    needs: str
    statements: int
    predicted_us: int


@dataclass(frozen=True, slots=True)
class LazyBound:
    """The most that lazy imports can save: every import of the function's init made lazy.

    `python` is the version that measured it, with `-X lazy_imports=all` and without. `reason` says
    why there is no measurement, as a clause without its full stop.
    """

    python: str | None
    verification: Verification | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class BytecodeFinding:
    """The saving of hash-based bytecode in the package; `command` is the exact compileall line."""

    modules: int
    command: str
    verification: Verification | None = None
    economics: Economics | None = None


@dataclass(frozen=True, slots=True)
class ThirdPartyHint:
    """Advice on a dependency's own costly imports, from the dated knowledge base."""

    distribution: str
    module: str
    cost_us: int
    advice: str
    source: str
    checked_version: str


@dataclass(frozen=True, slots=True)
class Advice:
    """All advice on deferring in one profile."""

    findings: tuple[ImportFinding, ...]
    statements: tuple[StatementTime, ...]
    best_set: BestSet | None
    bytecode: BytecodeFinding | None
    hints: tuple[ThirdPartyHint, ...] = ()
    ignored: IgnoredEdit | None = None
    """The edit that `best_set` leaves out, since the target's Python ignores it."""
    lazy_bound: LazyBound | None = None
    """The upper bound of lazy imports, if imports of dependencies are what the advice is about."""
