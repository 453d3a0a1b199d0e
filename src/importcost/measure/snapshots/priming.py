"""Launch the target in pairs, primed before its snapshot and not, and time the first request."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from importcost.errors import HandlerError, MeasurementError, remedy, words
from importcost.measure.failures.explain import raise_for_failure
from importcost.measure.failures.forged import odd_part
from importcost.measure.network import network_attempts
from importcost.measure.programs import read_program
from importcost.measure.runners.base import Runner
from importcost.measure.session import NetworkRule, Subject
from importcost.measure.snapshots.pairs import priming_pairs
from importcost.measure.snapstart import held_values, snapshot_spec, traced_event
from importcost.model.results.network import NetworkAttempt
from importcost.parameters import Parameter
from importcost.snapstart.priming import PrimedState, PrimingTimes

PROGRAMS = ("snapshots/priming_probe.py", "snapstart_probe.py", "snapshot_stand_in.py")


@dataclass(frozen=True, slots=True)
class PrimedLaunches:
    """The launches of one event: times in pairs, and what one traced priming left behind.

    `context` are the attributes of the context that the handler read; `attempts` are its requests
    to other machines, which were refused.
    """

    times: PrimingTimes
    state: PrimedState
    files: Mapping[str, str]
    context: tuple[str, ...]
    attempts: tuple[NetworkAttempt, ...]


class PrimingLauncher:
    """Launches a handler once per call, primed or plain, with one event."""

    def __init__(self, runner: Runner, subject: Subject, event: Any) -> None:
        self._runner = runner
        self._subject = subject
        spec = {
            **snapshot_spec(runner, subject),
            "function": subject.target.function,
            "event": event,
            "refuses": subject.network is not NetworkRule.OPEN,
            "stdlib": [],
        }
        self._files = {name.rpartition("/")[2]: read_program(name) for name in PROGRAMS}
        self._files["watched_network.py"] = read_program("watched_network.py")
        self._files["spec.json"] = json.dumps(spec)

    def launch(self, mode: str) -> Mapping[str, Any]:
        """Launch in a mode of priming_probe.py and return its result.

        Raises HandlerError if init, the event or a hook fails, MeasurementError if the launch does.
        """
        runner, subject = self._runner, self._subject
        paths = ("{scratch}/priming_probe.py", "{scratch}/spec.json", "{scratch}/result.json")
        launch = runner.launch((*paths, mode), self._files, subject.timeout_s)
        odd = odd_part(launch.result, has_phases=False) if launch.result is not None else None
        if odd is not None:
            launch = replace(launch, result=None, tampered=odd)
        raise_for_failure(
            launch,
            subject.target,
            subject.timeout_s,
            subject.beyond,
            is_on_lambda=subject.is_on_lambda,
        )
        if launch.result is None:  # raise_for_failure has covered this; for the type checker
            raise MeasurementError("The probe left no result.")
        self._raise_for_call(launch.result)
        return launch.result

    def _raise_for_call(self, result: Mapping[str, Any]) -> None:
        call = result["priming"] or result["first"]
        failed = (call or {}).get("error") or (result["first"] or {}).get("error")
        if failed is not None:
            raise event_failed(self._subject.target.function or "", failed, self.attempts(result))
        if result["first"] is None:
            hook = result["hooks"][-1]
            raise HandlerError(
                f"The hook {hook['name']} failed ({hook['error']})",
                remedy("correct it before priming is measured"),
            )

    def attempts(self, result: Mapping[str, Any]) -> tuple[NetworkAttempt, ...]:
        """Return the handler's requests to other machines in a result."""
        return network_attempts(result, self._subject.target, self._runner.layout)


def event_failed(
    function: str, failed: Mapping[str, Any], attempts: tuple[NetworkAttempt, ...]
) -> HandlerError:
    """Return the error of a priming event with which the handler fails."""
    if failed["type"] == "NoFunction":
        return HandlerError(
            f"The handler has no function {function} to prime",
            remedy("name the one that Lambda calls"),
        )
    if failed["type"] == "Unstarted":
        return HandlerError(
            f"{function} returns a {failed['kind'].replace('_', ' ')}, which Lambda's Python "
            "runtime does not run",
            remedy(
                "run it inside a plain function, for example with asyncio.run(), and prime that"
            ),
        )
    variable = failed.get("missing_variable")
    if variable is not None:
        return HandlerError(
            f"{function} needs the variable {variable} to answer the priming event",
            remedy(words("set it with ", Parameter.ENV)),
        )
    what = f"{function} fails with the priming event ({failed['type']}: {failed['message']})"
    trace = failed.get("traceback", "")
    if attempts:
        return HandlerError(
            f"{what} after its request to {attempts[0].place} was refused",
            remedy(
                words("let a mock answer AWS calls with ", Parameter.MOCK_AWS),
                "prime with an event that asks no other machine",
            ),
            traceback_text=trace,
        )
    return HandlerError(what, remedy("prime with an event that it answers"), traceback_text=trace)


def measure_priming(
    launcher: PrimingLauncher,
    runner: Runner,
    rng: Random,
    progress: Callable[[int, int], None],
    clock: Callable[[], float] = time.monotonic,
) -> PrimedLaunches:
    """Launch once traced, then pairs in random order until there are enough.

    `progress` gets the launches that are done and their number. Raises as `launch` does.
    """
    pairs = priming_pairs(launcher.launch, rng, progress, clock)
    left = pairs.left
    return PrimedLaunches(
        pairs.times,
        _state(left, runner, pairs.loaded),
        {name: runner.layout.on_host(file) for name, file in left["left"]["modules"].items()},
        tuple(left["context"]),
        launcher.attempts(left),
    )


def _state(result: Mapping[str, Any], runner: Runner, loaded: tuple[str, ...]) -> PrimedState:
    left = result["left"]
    stateful = {"connection", "tempfile"}
    events = tuple(
        traced_event(
            item,
            (number in left["open"], number in left["open_at_snapshot"])
            if item["kind"] in stateful
            else None,
            runner.layout,
        )
        for number, item in enumerate(left["events"])
    )
    return PrimedState(
        events=events,
        before=held_values(left["before"]),
        after=held_values(left["after"]),
        at_snapshot=held_values(left["snapshot"]),
        caches=tuple((f"{module}.{name}", size) for module, name, size in left["caches"]),
        loaded=loaded,
        consumes_random=left["random"],
    )
