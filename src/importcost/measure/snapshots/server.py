"""Take the snapshot of a web app's server, as its platform does around it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importcost.errors import HandlerError, MeasurementError, remedy
from importcost.measure.failures.explain import raise_for_failure
from importcost.measure.failures.forged import odd_part
from importcost.measure.failures.servers import raise_for_server
from importcost.measure.programs import read_program
from importcost.measure.runners.base import Launch, Layout, Runner
from importcost.measure.session import SERVER_SPARE_S, NetworkRule, Subject
from importcost.measure.snapstart import (
    SnapshotRun,
    drew_alike,
    held_values,
    snapshot_spec,
    traced_event,
)
from importcost.measure.web.servers import server_job
from importcost.snapstart.model import STATEFUL, GlobalName, HookRun, Observation

PROGRAMS = (
    *("snapshots/server_snapshot.py", "snapshots/server_state.py", "snapstart_probe.py"),
    *("snapshot_stand_in.py", "lwa_probe.py", "watched_network.py"),
)
MODES = ("time", "trace", "plain", "primed", "left")


@dataclass(frozen=True, slots=True)
class HookPaths:
    """The paths of a platform's hooks, None for none; `seconds` may an answer take."""

    before: str | None
    after: str | None
    seconds: float


@dataclass(frozen=True, slots=True)
class SentRequest:
    """A request to a server: `body` is JSON text, None for none."""

    method: str
    path: str
    body: str | None = None

    @property
    def words(self) -> str:
        """The request as it was written."""
        return f"{self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class ServerPlan:
    """The platform's part: hooks, and how it asks for readiness.

    `ping_path` is what must answer 200 on `port`, which the server binds whatever it is told; None
    stands for the adapter's settings.
    """

    hooks: HookPaths
    ping_path: str | None = None
    port: int = 0


class ServerLauncher:
    """Launches a server once per call, and takes its snapshot."""

    def __init__(
        self, runner: Runner, subject: Subject, plan: ServerPlan, request: SentRequest | None = None
    ) -> None:
        if subject.server is None:
            raise MeasurementError("There is no server to take a snapshot of: report this as a bug")
        self._runner = runner
        self._subject = subject
        self.hooks = plan.hooks
        self._words: Sequence[str] = subject.server.words
        ping = None if plan.ping_path is None else {"path": plan.ping_path, "port": plan.port}
        job = {
            **server_job(subject.server, (), runner.layout, subject.timeout_s),
            "readiness": ping,
            "hooks": {"before": plan.hooks.before, "after": plan.hooks.after},
            "hook_s": plan.hooks.seconds,
            "request": None if request is None else [request.method, request.path, request.body],
        }
        self._spec = {
            **snapshot_spec(runner, subject),
            "app_file": runner.layout.inside(subject.target.handler_file),
            "refuses": request is not None and subject.network is not NetworkRule.OPEN,
            "stdlib": [],
            "port": plan.port,
        }
        self._files = {name.rpartition("/")[2]: read_program(name) for name in PROGRAMS}
        self._files["server.json"] = json.dumps(job)

    def launch(self, mode: str) -> Mapping[str, Any]:
        """Launch in a mode of server_snapshot.py and return its result.

        Raises HandlerError if the app does not get ready, MeasurementError if the launch fails.
        """
        subject = self._subject
        spec = {**self._spec, "traces": mode in ("trace", "left")}
        paths = ("{scratch}/server_snapshot.py", "{scratch}/server.json", "{scratch}/result.json")
        launch = self._runner.launch(
            (*paths, mode),
            {**self._files, "spec.json": json.dumps(spec)},
            2 * subject.timeout_s + SERVER_SPARE_S,
        )
        odd = odd_part(launch.result, has_phases=False) if launch.result is not None else None
        if odd is not None:
            launch = replace(launch, result=None, tampered=odd)
        raise_for_server(launch, subject.target, self._words, subject.timeout_s)
        raise_for_failure(
            launch,
            subject.target,
            subject.timeout_s,
            subject.beyond,
            is_on_lambda=subject.is_on_lambda,
        )
        return _checked(launch)


def _checked(launch: Launch) -> Mapping[str, Any]:
    result = launch.result
    if result is None:  # raise_for_failure has covered this; for the type checker
        raise MeasurementError("The server's launch left no result.")
    for name, answer in result["steps"].items():
        if "failed" in answer:
            raise MeasurementError(
                f"The server's process did not tell its state at {name} ({answer['failed']})",
                remedy("check the snapshot of the handler itself"),
            )
    return result


def observe_server(launcher: ServerLauncher, layout: Layout) -> SnapshotRun:
    """Launch the server twice, once for the times, once traced. Raises as `launch` does."""
    timed = launcher.launch("time")
    traced = launcher.launch("trace")
    hooks = tuple(_http_hook(item, launcher.hooks) for item in timed["hooks"])
    observation = server_observation(traced, layout, hooks)
    return SnapshotRun(timed["init_ns"] // 1000, hooks, observation, timed["workers"])


def _http_hook(item: Mapping[str, Any], paths: HookPaths) -> HookRun:
    # Not by the launch's name of it: values of variables are taken out of what a launch says.
    name = f"POST {paths.before if item['when'] == 'before' else paths.after}"
    return HookRun(item["when"], name, None, None, item["ns"] // 1000, item["error"], True)


def server_observation(
    result: Mapping[str, Any], layout: Layout, hooks: tuple[HookRun, ...]
) -> Observation:
    """Return what one traced launch showed."""
    steps = result["steps"]
    ready = steps["ready"]
    at_init = held_values(ready["held"])
    snapshot = steps.get("snapshot", ready)
    first = steps.get("first clone", snapshot)
    second = steps.get("second clone", first)
    stateful = {kind.value for kind in STATEFUL}
    events = tuple(
        traced_event(
            item,
            (number in ready["open"], number in first.get("open", ()))
            if item["kind"] in stateful
            else None,
            layout,
        )
        for number, item in enumerate(ready["events"])
    )
    return Observation(
        events=events,
        at_init=at_init,
        at_snapshot=held_values(snapshot["held"]),
        clones=(held_values(first["held"]), held_values(second["held"])),
        written=frozenset(
            GlobalName(module, name)
            for module, names in steps.get("written", {}).items()
            for name in names
        ),
        hooks=hooks,
        late_hooks=tuple(
            (layout.on_host(file), line, function, register)
            for file, line, function, register in ready["late_hooks"]
        ),
        files={name: layout.on_host(file) for name, file in ready["modules"].items()},
        is_stand_in=False,
        registered=ready["registered"],
        draws_alike=drew_alike(*(one.get("generator") for one in (snapshot, first, second))),
        sources={layout.on_host(file): text for file, text in ready["sources"].items()},
    )


def raise_for_answer(result: Mapping[str, Any], request: SentRequest) -> None:
    """Raise HandlerError if a priming request or the first one after the restore failed."""
    for name in ("priming", "first"):
        answer = result[name]
        if answer is None:
            continue
        if answer["error"] is not None or answer["status"] >= 400:
            said = answer["error"] or f"status {answer['status']}"
            raise HandlerError(
                f"The app fails with the priming request {request.words} ({said})",
                remedy("prime with a request that it answers"),
            )
    if result["first"] is None:
        hook = result["hooks"][-1]
        raise HandlerError(
            f"The hook {hook['name']} failed ({hook['error']})",
            remedy("correct it before priming is measured"),
        )
