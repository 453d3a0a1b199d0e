"""Turn the facts from run and source into findings, each with its reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from importcost.snapstart.calls import (
    CREDENTIAL_VARIABLES,
    VOLATILE_VARIABLES,
)
from importcost.snapstart.model import (
    ENTROPY,
    STATEFUL,
    Consumption,
    GlobalName,
    HazardKind,
    Held,
    HeldValue,
    HookRun,
    Observation,
    ObservedCall,
    Severity,
    SnapshotHazard,
    SourceFacts,
)
from importcost.snapstart.modules import (
    Project,
    SourceModule,
)
from importcost.snapstart.rules import SnapshotRules
from importcost.snapstart.source import (
    held_names,
    is_ended_by,
    is_given_up_later,
    owned_statements,
)
from importcost.snapstart.started import attribute_notes, is_start_up, started_consumptions
from importcost.snapstart.writes import global_writes

# github.com/aws/aws-lambda-web-adapter #837 (2026-09-08).
ADAPTER_HOOKS = {
    "AWS_LWA_SNAPSTART_BEFORE_CHECKPOINT_PATH": ("before the snapshot", "snapshot"),
    "AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH": ("after the restore", "restore"),
}
ALL_VARIABLES = "*"
PLAIN_TYPES = frozenset(
    "str bytes int float complex bool UUID datetime date time timedelta dict list tuple set "
    "frozenset struct_time".split()
)
STATE_TYPES = PLAIN_TYPES | {"Random"}
_WHY = {
    HazardKind.CLOCK: "it stays at the time of the snapshot",
    HazardKind.CREDENTIALS: "it expires while the snapshot lives on",
    HazardKind.CONNECTION: "the other side is gone when the snapshot is restored",
    HazardKind.TEMPORARY_FILE: "every restored environment has the same file",
    HazardKind.ENVIRONMENT: "a restored environment has another value",
}
_ALIKE = "every restored environment has the same value"


@dataclass(frozen=True, slots=True)
class _State:
    """The state of a statement's names, None if the run does not show it."""

    is_held: bool | None
    accepted: str | None
    alike: bool = False


def source_findings(
    facts: SourceFacts, *, under_adapter: bool = False
) -> tuple[SnapshotHazard, ...]:
    """Return the findings that the source alone gives."""
    found = [
        _finding(item, _source_state(item.names, item.kind, facts), ("source",))
        for item in facts.consumptions
    ]
    found += _late_findings(facts, None, ("source",))
    return _in_order(found, is_adapted=under_adapter and bool(facts.registered))


def run_findings(
    project: Project, facts: SourceFacts, seen: Observation, *, under_adapter: bool = False
) -> tuple[SnapshotHazard, ...]:
    """Return the findings that the run gives; the source only names the bindings of statements."""
    found = [
        _finding(item, _run_state(item, is_open, seen, facts), ("run",))
        for item, is_open in run_consumptions(project, seen)
        if _run_state(item, is_open, seen, facts).is_held
    ]
    found += _late_findings(facts, seen, ("run",))
    return _in_order(found, is_adapted=under_adapter and bool(seen.registered))


def _in_order(found: list[SnapshotHazard], *, is_adapted: bool) -> tuple[SnapshotHazard, ...]:
    """Return the findings by place, with the one on hooks that an adapter keeps from running."""
    adapter = [_adapter_finding()] if is_adapted else []
    return tuple(sorted([*found, *adapter], key=_order))


def all_findings(
    project: Project, facts: SourceFacts, seen: Observation, *, under_adapter: bool = False
) -> tuple[SnapshotHazard, ...]:
    """Return both views merged; if they differ on what was held, the run decides."""
    run = run_findings(project, facts, seen, under_adapter=under_adapter)
    source = source_findings(facts, under_adapter=under_adapter)
    merged = {(item.file, item.line, item.kind): item for item in run}
    for item in source:
        key = (item.file, item.line, item.kind)
        if key in merged:
            merged[key] = replace(merged[key], found_by=("source", "run"))
        else:
            merged[key] = _checked_by_run(item, seen)
    notes = [
        _note(item, "the generator's state is part of the snapshot: seed it in a restore hook")
        for item in facts.generator_uses
    ]
    notes += [
        replace(
            _note(item, f"{item.label} keeps it if nothing writes it after a restore"),
            found_by=("run",),
        )
        for item in attribute_notes(project, seen)
    ]
    return tuple(sorted([*merged.values(), *notes], key=_order))


def hook_findings(
    hooks: tuple[HookRun, ...], init_us: int, rules: SnapshotRules
) -> tuple[SnapshotHazard, ...]:
    """Return the hooks that failed, and the limits that init and hooks exceed."""
    found = []
    for hook in hooks:
        if hook.error is not None:
            ends = rules.ends_before if hook.when == "before" else rules.ends_after
            found.append(_hook_finding(HazardKind.HOOK_FAILED, hook, f"{hook.error}; {ends}"))
        elif hook.wall_us > rules.each_s * 1e6:
            reason = f"it took {hook.wall_us / 1e6:.1f} s here; the limit is {rules.each_s:g} s"
            found.append(_hook_finding(HazardKind.HOOK_LIMIT, hook, reason))
    sums = {when: sum(h.wall_us for h in hooks if h.when == when) for when in ("before", "after")}
    for when, used_us, limit_us in (
        ("before", sums["before"] + init_us, rules.before_s * 1e6),
        ("after", sums["after"], rules.after_s * 1e6),
    ):
        last = next((hook for hook in reversed(hooks) if hook.when == when), None)
        if used_us > limit_us and last is not None:
            what = "init and the before hooks" if when == "before" else "the restore hooks"
            reason = f"{what} took {used_us / 1e6:.1f} s here; the limit is {limit_us / 1e6:.0f} s"
            found.append(_hook_finding(HazardKind.HOOK_LIMIT, last, reason))
    return tuple(found)


def hazards(findings: tuple[SnapshotHazard, ...]) -> tuple[SnapshotHazard, ...]:
    """Return the findings that fail the check."""
    return tuple(item for item in findings if item.severity is Severity.HAZARD)


def _order(item: SnapshotHazard) -> tuple[str, int, str]:
    return item.file, item.line, item.kind.value


def _hook_finding(kind: HazardKind, hook: HookRun, reason: str) -> SnapshotHazard:
    return SnapshotHazard(
        kind, Severity.HAZARD, hook.file or "", hook.line or 0, "", hook.name, (), ("run",), reason
    )


def _note(item: Consumption, reason: str) -> SnapshotHazard:
    return SnapshotHazard(
        item.kind,
        Severity.NOTE,
        item.file,
        item.line,
        item.code,
        item.label,
        item.names,
        ("source",),
        reason,
    )


def _finding(item: Consumption, state: _State, found_by: tuple[str, ...]) -> SnapshotHazard:
    severity, reason = Severity.HAZARD, _WHY.get(item.kind, _ALIKE)
    if state.accepted is not None:
        severity, reason = Severity.ACCEPTED, state.accepted
    elif state.alike:
        reason = (
            "the restore hook takes it from random's shared generator, whose state is part of "
            "the snapshot: call random.seed() first, or use secrets or uuid"
        )
    elif item.kind is HazardKind.ENVIRONMENT and item.label not in VOLATILE_VARIABLES:
        severity = Severity.NOTE
        reason = "a published version keeps its variables; a change needs a new version"
    return SnapshotHazard(
        item.kind,
        severity,
        item.file,
        item.line,
        item.code,
        item.label,
        item.names,
        found_by,
        reason,
    )


def _source_state(names: tuple[GlobalName, ...], kind: HazardKind, facts: SourceFacts) -> _State:
    reasons = []
    alike = False
    for name in names:
        if kind in ENTROPY and name in facts.renewed_alike and name not in facts.cleared:
            alike = True
        elif name in facts.cleared:
            reasons.append(f"a before-snapshot hook clears {name}")
        elif name in facts.renewed:
            reasons.append(f"a restore hook renews {name}")
    wanted = [name for name in names if name.module] or list(names)
    accepted = len(reasons) >= len(wanted) and reasons and not alike
    return _State(True, "; ".join(reasons) if accepted else None, alike)


def _late_findings(
    facts: SourceFacts, seen: Observation | None, found_by: tuple[str, ...]
) -> list[SnapshotHazard]:
    if seen is None:
        late = [(one.file, one.line, one.function, one.register) for one in facts.late_hooks]
    else:
        late = list(seen.late_hooks)
    return [
        SnapshotHazard(
            HazardKind.LATE_HOOK,
            Severity.HAZARD,
            file,
            line,
            f"def {function}",
            register,
            (),
            found_by,
            f"{function} does not run during init: the snapshot is taken before it registers",
        )
        for file, line, function, register in dict.fromkeys(late)
    ]


def _adapter_finding() -> SnapshotHazard:
    return SnapshotHazard(
        HazardKind.ADAPTER_HOOK,
        Severity.HAZARD,
        "",
        0,
        "",
        "snapshot_restore_py",
        (),
        ("source", "run"),
        "under Lambda Web Adapter the Python runtime does not start and no registered hook runs: "
        f"answer POST requests at paths that {' and '.join(ADAPTER_HOOKS)} name",
    )


def workers_finding(workers: int) -> SnapshotHazard:
    """Return the finding of a server with several processes: a hook's request reaches one."""
    return SnapshotHazard(
        HazardKind.ADAPTER_HOOK,
        Severity.HAZARD,
        "",
        0,
        "",
        "workers",
        (),
        ("run",),
        f"{workers} processes serve the app, and a hook's request reaches one of them: the others "
        "keep the snapshot's state; serve with one process",
    )


def agentcore_finding() -> SnapshotHazard:
    """Return the finding of hooks that are registered for Lambda, on AgentCore Runtime."""
    return SnapshotHazard(
        HazardKind.ADAPTER_HOOK,
        Severity.HAZARD,
        "",
        0,
        "",
        "snapshot_restore_py",
        (),
        ("source", "run"),
        "AgentCore Runtime runs no registered hook and has none after a restore: take such values "
        "in the entrypoint",
    )


def adapter_hook_notes(environment: Mapping[str, str]) -> tuple[SnapshotHazard, ...]:
    """Return a note for each HTTP hook that the environment gives to Lambda Web Adapter.

    The adapter sends a POST request; an answer that is not 2xx fails the snapshot or the restore.
    """
    return tuple(
        SnapshotHazard(
            HazardKind.ADAPTER_HOOK,
            Severity.NOTE,
            "",
            0,
            f"POST {environment[name]}",
            name,
            (),
            ("source",),
            f"Lambda Web Adapter sends it {when}; an answer that is not 2xx fails the {phase}. "
            "It is called only where the server is started, with --adapter lwa",
        )
        for name, (when, phase) in ADAPTER_HOOKS.items()
        if environment.get(name)
    )


def run_consumptions(
    project: Project, seen: Observation
) -> Iterator[tuple[Consumption, tuple[bool, bool] | None]]:
    """Yield the traced events as statements, and tell if socket or file was still open."""
    modules = {module.file: module for module in project.modules.values()}
    merged: dict[tuple[str, int, HazardKind], tuple[Consumption, tuple[bool, bool] | None]] = {}
    direct = {_site(event) for event in seen.events if event.is_direct}
    read_all = {event.frames for event in seen.events if event.label == ALL_VARIABLES}
    for event in seen.events:
        module = modules.get(event.frames[-1][1])
        if module is None or (not event.is_direct and _site(event) in direct):
            continue
        if event.frames in read_all and event.label != ALL_VARIABLES:
            continue
        if is_start_up(modules, event):
            continue
        item = _as_consumption(project, modules, module, event)
        if item is None or not (event.is_direct or _is_plain(item, event, seen)):
            continue
        key = (item.file, item.line, item.kind)
        known, is_open = merged.get(key, (item, None))
        names = tuple(dict.fromkeys((*known.names, *item.names)))
        if event.is_open is not None:
            was = is_open or (False, False)
            is_open = (was[0] or event.is_open[0], was[1] or event.is_open[1])
        merged[key] = (replace(known, names=names), is_open)
    yield from merged.values()
    yield from started_consumptions(project, seen)


def _site(event: ObservedCall) -> tuple[str, int]:
    return event.frames[-1][1], event.frames[-1][2]


def _is_plain(item: Consumption, event: ObservedCall, seen: Observation) -> bool:
    """Return True if a value that a library consumed can be in the statement's result."""
    if event.kind in STATEFUL:
        return True
    values = [_value(seen.at_init, name) for name in item.names]
    return any(value is not None and value.type_name in PLAIN_TYPES for value in values)


def _as_consumption(
    project: Project, modules: Mapping[str, SourceModule], module: SourceModule, event: ObservedCall
) -> Consumption | None:
    line = event.frames[-1][2]
    statement, owner = None, None
    for candidate, its_owner in owned_statements(module.tree.body):
        start = min(
            [candidate.lineno, *(d.lineno for d in getattr(candidate, "decorator_list", []))]
        )
        if start <= line <= (candidate.end_lineno or line):
            statement, owner = candidate, its_owner
    if statement is None:
        return None
    if event.is_open is None and is_ended_by(statement, event.kind):
        return None
    names = held_names(project, module, statement, owner)
    for _, file, inner_line in event.frames[:-1]:
        other = modules.get(file)
        if other is not None:
            names += global_writes(project, other, inner_line)
    kind = event.kind
    if kind is HazardKind.ENVIRONMENT and event.label in CREDENTIAL_VARIABLES:
        kind = HazardKind.CREDENTIALS
    kept = tuple(name for name in names if not _is_given_up(project, name, statement.lineno, kind))
    if not kept and (names or kind not in STATEFUL):
        return None
    code = module.line(statement.lineno)
    return Consumption(
        kind, module.file, statement.lineno, code, event.label, tuple(dict.fromkeys(kept))
    )


def _is_given_up(project: Project, name: GlobalName, line: int, kind: HazardKind) -> bool:
    module = project.modules.get(name.module)
    return module is not None and is_given_up_later(module, name, line, kind)


def _value(held: Held, name: GlobalName) -> HeldValue | None:
    return held.get(name.module, {}).get(name.name)


def _run_state(
    item: Consumption, is_open: tuple[bool, bool] | None, seen: Observation, facts: SourceFacts
) -> _State:
    if item.kind in STATEFUL and is_open is not None:
        if not is_open[0]:
            return _State(False, None)
        if not is_open[1]:
            return _State(True, "a hook closes or removes it")
        return replace(_names_state(item, seen, facts), is_held=True)
    return _names_state(item, seen, facts)


def _names_state(item: Consumption, seen: Observation, facts: SourceFacts) -> _State:
    reasons, held, alike = [], 0, False
    for name in item.names:
        value = _value(seen.at_init, name)
        if value is None or value.type_name == "NoneType":
            continue
        held += 1
        reason, is_alike = _name_state(name, value, item.kind, seen, facts)
        alike = alike or is_alike
        if reason:
            reasons.append(reason)
    accepted = "; ".join(reasons) if held and len(reasons) == held else None
    return _State(held > 0, accepted, alike)


def _name_state(
    name: GlobalName, value: HeldValue, kind: HazardKind, seen: Observation, facts: SourceFacts
) -> tuple[str | None, bool]:
    snapshot = _value(seen.at_snapshot, name)
    first, second = _value(seen.clones[0], name), _value(seen.clones[1], name)
    if kind is HazardKind.RANDOM and seen.draws_alike and first == second != snapshot:
        return None, True  # what a before-snapshot hook cleared was drawn again, alike
    if snapshot != value and name not in facts.frozen_again:
        return f"a before-snapshot hook clears {name}", False
    if first == snapshot and name not in seen.written:
        return None, False
    is_state = first is not None and first.type_name in STATE_TYPES
    if kind in ENTROPY and first == second and is_state:
        return None, True
    return f"a restore hook renews {name}", False


def _checked_by_run(item: SnapshotHazard, seen: Observation) -> SnapshotHazard:
    """Judge a finding of the source alone by what the run observed of its names."""
    if item.severity is not Severity.HAZARD or not item.names:
        return item
    known = [(_value(seen.at_init, name), name) for name in item.names]
    gone = [name for value, name in known if value is None or value.type_name == "NoneType"]
    if len(gone) == len(known) and item.kind not in STATEFUL:
        names = ", ".join(map(str, gone))
        return replace(item, severity=Severity.NOTE, reason=f"{names} held nothing in this run")
    return item
