"""State that SnapStart's snapshot freezes: hazards, hooks and how they were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class HazardKind(str, Enum):
    """The origin of a value that a snapshot would freeze."""

    RANDOM = "random"
    UUID = "uuid"
    SECRETS = "secrets"
    URANDOM = "urandom"
    CLOCK = "clock"
    CREDENTIALS = "credentials"
    CONNECTION = "connection"
    TEMPORARY_FILE = "tempfile"
    ENVIRONMENT = "environment"
    LATE_HOOK = "late-hook"
    ADAPTER_HOOK = "adapter-hook"
    HOOK_FAILED = "hook-failed"
    HOOK_LIMIT = "hook-limit"


ENTROPY = frozenset((HazardKind.RANDOM, HazardKind.UUID, HazardKind.SECRETS, HazardKind.URANDOM))
STATEFUL = frozenset((HazardKind.CONNECTION, HazardKind.TEMPORARY_FILE))
"""Kinds that live outside the interpreter: the system is asked if they are still held."""


class Severity(str, Enum):
    """The severity of a finding: some fail the check."""

    HAZARD = "hazard"
    NOTE = "note"
    ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True, order=True)
class GlobalName:
    """A name at module level of one of the function's own modules.

    For a file with a constant path, `module` is empty and `name` the path.
    """

    module: str
    name: str

    def __str__(self) -> str:
        return f"{self.module}.{self.name}" if self.module else self.name


@dataclass(frozen=True, slots=True)
class Consumption:
    """One statement that runs during init and consumes a value that differs between environments.

    `label` is the call or variable, and `names` are the global names that hold its result.
    """

    kind: HazardKind
    file: str
    line: int
    code: str
    label: str
    names: tuple[GlobalName, ...]


@dataclass(frozen=True, slots=True)
class SnapshotHazard:
    """One finding of the report. `found_by` is "source", "run" or both; `reason` is a sentence."""

    kind: HazardKind
    severity: Severity
    file: str
    line: int
    code: str
    label: str
    names: tuple[GlobalName, ...]
    found_by: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class HookRun:
    """One hook as it ran: `when` is "before" or "after"; `error` is None on success.

    `is_http` is True for a request that the platform sends to a server.
    """

    when: str
    name: str
    file: str | None
    line: int | None
    wall_us: int
    error: str | None
    is_http: bool = False


@dataclass(frozen=True, slots=True)
class ObservedCall:
    """One call that consumed something during init, as traced.

    `frames` are the function's own frames from the call outwards (module, file, line), the last of
    them a module or class body. `is_direct` is True if own code made the call; otherwise `entry`
    names the library function in between. `is_open` tells if the socket or file still existed at
    the end of init, after the before hooks and after the restore hooks (None: not known).
    """

    kind: HazardKind
    label: str
    is_direct: bool
    entry: str
    frames: tuple[tuple[str, str, int], ...]
    is_open: tuple[bool, bool] | None
    is_started: bool = False
    """True if the last frame is a function that something else called: a server's start-up hook."""


@dataclass(frozen=True, slots=True)
class HeldValue:
    """A global's value at one stage: its type's name, and a word that changes when it does."""

    type_name: str
    fingerprint: str


Held = dict[str, dict[str, HeldValue]]


@dataclass(frozen=True, slots=True)
class Observation:
    """The observations of one traced init, snapshot and restore.

    `at_init`, `at_snapshot` and `clones` map modules to their globals. `written` lists the globals
    that the restore hooks wrote, even without changing their value. `late_hooks` are functions that
    would register a hook but have not run: (file, line, function, register function). `is_stand_in`
    is True if the interpreter had no snapshot_restore_py. `registered` counts the hooks that were
    registered with it or its substitute.
    """

    events: tuple[ObservedCall, ...]
    at_init: Held
    at_snapshot: Held
    clones: tuple[Held, Held]
    written: frozenset[GlobalName]
    hooks: tuple[HookRun, ...]
    late_hooks: tuple[tuple[str, int, str, str], ...]
    files: dict[str, str]
    is_stand_in: bool
    registered: int = 0
    draws_alike: bool = False
    """True if restore hooks drew from random's shared generator, alike in both copies."""
    client: str | None = None
    """The version of awslambdaric in the interpreter, None if it has none."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """The text of own modules, by file, if only the image has them."""


@dataclass(frozen=True, slots=True)
class LateHook:
    """A hook registered in a function that does not run during init."""

    file: str
    line: int
    function: str
    register: str


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """The facts that the source states.

    `cleared` are names that before hooks clear, and `frozen_again` those that they set to a new
    value too early. `renewed` are names that restore hooks write, and `renewed_alike` those of them
    whose value comes from the shared generator of `random`, whose state is part of the snapshot.
    `registered` counts the hooks registered during init.
    """

    consumptions: tuple[Consumption, ...]
    cleared: frozenset[GlobalName]
    frozen_again: frozenset[GlobalName]
    renewed: frozenset[GlobalName]
    renewed_alike: frozenset[GlobalName]
    late_hooks: tuple[LateHook, ...]
    generator_uses: tuple[Consumption, ...]
    registered: int


@dataclass(frozen=True, slots=True)
class Skeleton:
    """Hooks to be appended to one file; `open_points` are left for its author, a sentence each."""

    file: str
    text: str
    open_points: tuple[str, ...]
