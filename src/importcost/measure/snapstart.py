"""Run init, snapshot and restore in the measured interpreter, as SnapStart does them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from importcost.errors import MeasurementError
from importcost.measure.failures.explain import raise_for_failure
from importcost.measure.failures.forged import odd_part
from importcost.measure.programs import read_program
from importcost.measure.runners.base import Layout, Runner
from importcost.measure.session import Subject
from importcost.snapstart.model import (
    GlobalName,
    HazardKind,
    Held,
    HeldValue,
    HookRun,
    Observation,
    ObservedCall,
)

INITIALIZATION = {"AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start"}


@dataclass(frozen=True, slots=True)
class SnapshotRun:
    """One init with its hooks: `init_us` and the hooks' times are of an untraced run."""

    init_us: int
    hooks: tuple[HookRun, ...]
    observation: Observation
    workers: int = 1
    """The processes of a server that have the app."""


def observe(runner: Runner, subject: Subject) -> SnapshotRun:
    """Run the target twice: once for the times, once traced.

    The runner's environment must have AWS_LAMBDA_INITIALIZATION_TYPE as snap-start. Raises
    HandlerError if init fails, MeasurementError if the interpreter cannot fork or start.
    """
    timed = _launch(runner, subject, "time")
    traced = _launch(runner, subject, "trace")
    hooks = tuple(_hook(item, runner.layout) for item in timed["hooks"])
    observation = _observation(traced, runner.layout, hooks)
    return SnapshotRun(timed["init_ns"] // 1000, hooks, observation)


def _launch(runner: Runner, subject: Subject, mode: str) -> Mapping[str, Any]:
    target = subject.target
    files = {
        "snapstart_probe.py": read_program("snapstart_probe.py"),
        "snapshot_stand_in.py": read_program("snapshot_stand_in.py"),
        "spec.json": json.dumps(snapshot_spec(runner, subject)),
    }
    paths = ("{scratch}/snapstart_probe.py", "{scratch}/spec.json", "{scratch}/result.json")
    launch = runner.launch((*paths, mode), files, subject.timeout_s)
    if launch.result is None and not launch.timed_out and launch.exit_code == 1:
        last = launch.rows_text.decode("utf-8", "replace").strip().splitlines()[-1:]
        raise MeasurementError(
            f"The snapshot of {target.handler_file} could not be simulated"
            f"{' (' + last[0] + ')' if last else ''}: look for what it changes at module level in "
            "builtins or sys."
        )
    odd = odd_part(launch.result, has_phases=False) if launch.result is not None else None
    if odd is not None:
        launch = replace(launch, result=None, tampered=odd)
    raise_for_failure(
        launch, target, subject.timeout_s, subject.beyond, is_on_lambda=subject.is_on_lambda
    )
    if launch.result is None:  # raise_for_failure has covered this; for the type checker
        raise MeasurementError("The probe left no result.")
    return launch.result


def snapshot_spec(runner: Runner, subject: Subject) -> dict[str, Any]:
    """Return the spec of snapstart_probe.py for a subject."""
    layout = runner.layout
    return {
        "module": subject.target.started_module,
        "search_path": list(layout.search_path),
        "runtime_dir": layout.runtime_dir,
        "task_root": layout.task_root,
        "sends_sources": subject.bytecode == "as-is",
    }


def _hook(item: Mapping[str, Any], layout: Layout) -> HookRun:
    return HookRun(
        when=item["when"],
        name=item["name"],
        file=None if item["file"] is None else layout.on_host(item["file"]),
        line=item["line"],
        wall_us=item["ns"] // 1000,
        error=item["error"],
    )


def held_values(data: Mapping[str, Any] | None) -> Held:
    """Return the globals of one stage as the probe wrote them."""
    return {
        module: {name: HeldValue(*value) for name, value in values.items()}
        for module, values in (data or {}).items()
    }


def _observation(
    data: Mapping[str, Any], layout: Layout, hooks: tuple[HookRun, ...]
) -> Observation:
    held = data["held"]
    clones = held.get("clones") or [None, None]
    written = {
        GlobalName(module, name)
        for module, names in (held.get("written") or {}).items()
        for name in names
    }
    return Observation(
        events=tuple(_event(data, number, layout) for number in range(len(data["events"]))),
        at_init=held_values(held["init"]),
        at_snapshot=held_values(held.get("snapshot") or held["init"]),
        clones=(held_values(clones[0] or held["init"]), held_values(clones[1] or held["init"])),
        written=frozenset(written),
        hooks=hooks,
        late_hooks=tuple(
            (layout.on_host(file), line, function, register)
            for file, line, function, register in data["late_hooks"]
        ),
        files={name: layout.on_host(file) for name, file in data["modules"].items()},
        is_stand_in=data["stand_in"],
        registered=data["registered"],
        draws_alike=drew_alike(*held.get("generators", (None, None, None))),
        client=data.get("client"),
        sources={layout.on_host(file): text for file, text in data.get("sources", {}).items()},
    )


def drew_alike(snapshot: str | None, first: str | None, second: str | None) -> bool:
    """Return True if the generator's state moved on in both copies, to the same state."""
    return first is not None and first == second and first != snapshot


def _event(data: Mapping[str, Any], number: int, layout: Layout) -> ObservedCall:
    item = data["events"][number]
    held = data["held"]
    is_open = None
    for events, at_init, restored in (
        ("socket_events", "sockets_at_init", "sockets"),
        ("path_events", "paths_at_init", "paths"),
    ):
        if number in data[events]:
            is_open = (number in data[at_init], number in held.get(restored, data[at_init]))
    return traced_event(item, is_open, layout)


def traced_event(
    item: Mapping[str, Any], is_open: tuple[bool, bool] | None, layout: Layout
) -> ObservedCall:
    """Return one traced event as the probe wrote it, its files as the host names them."""
    return ObservedCall(
        kind=HazardKind(item["kind"]),
        label=item["label"],
        is_direct=item["direct"],
        entry=item["entry"],
        frames=tuple((module, layout.on_host(file), line) for module, file, line in item["stack"]),
        is_open=is_open,
        is_started=item.get("started", False),
    )
