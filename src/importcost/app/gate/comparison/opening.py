"""Lays every handler out in both versions, or says at once why it is not compared."""

from __future__ import annotations

import contextlib
import random
from dataclasses import replace

from importcost.app.gate.compare_sides import install_into, with_requirements
from importcost.app.gate.comparison.lanes import Lane
from importcost.app.gate.comparison.race import Race, Versions, launch_once
from importcost.app.gate.comparison.request import CPU, CompareRequest
from importcost.app.gate.handler_requests import request_for
from importcost.app.gate.instructions import fixed_hashes
from importcost.app.profile.bench import Bench, open_bench
from importcost.app.profile.rehearsal import open_rehearsed
from importcost.app.profile.request import Listener
from importcost.config.read import HandlerConfig
from importcost.errors import HandlerError, MeasurementError, UsageError
from importcost.gate.checks import Check
from importcost.gate.rules import failing_handler, one_sided_handler, renamed_handler
from importcost.measure.interleave import Interleaved, Side, Version

PROFILE_RUNS = 21
"""Launches of each version that say which modules account for a shift: five are traced."""


class Opening:
    """Opens the handlers of both versions, as long as `stack` is open."""

    def __init__(
        self,
        request: CompareRequest,
        listener: Listener,
        versions: Versions,
        stack: contextlib.ExitStack,
    ) -> None:
        self._request = request
        self._listener = listener
        self._versions = versions
        self._stack = stack
        self._layers: dict[tuple[Side, str], tuple[str, ...] | MeasurementError] = {}
        # Order of launches, not a secret.
        self._random = random.Random()  # noqa: S311

    def opened(self, lane: Lane) -> Race:
        """Lay a handler out in both versions, or say at once why it is not compared."""
        race, levels = Race(lane), lane.settings.levels
        if lane.was is not None:
            race.checks.append(renamed_handler(lane.name, levels, lane.was))
        if lane.head is None:
            race.checks.append(self._without_head(lane))
            return race
        try:
            race.head = self._bench(lane.head, Side.HEAD)
            if lane.base is None:
                launch_once(race.head)
        except HandlerError as error:
            race.fail(self._versions.said(Side.HEAD, error))
            return race
        except MeasurementError as error:
            race.give_up(self._versions.said(Side.HEAD, error))
            return race
        if lane.base is None:
            race.imports()
            race.checks.append(one_sided_handler(lane.name, levels, is_new=True))
            return race
        try:
            race.base = self._bench(lane.base, Side.BASE)
        except (MeasurementError, UsageError) as error:
            self._versions.base_failed(race, error)
            return race
        race.interleaved = Interleaved(
            Version(race.base.runner, race.base.subject),
            Version(race.head.runner, race.head.subject),
            self._random,
        )
        return race

    def _without_head(self, lane: Lane) -> Check:
        """Tell a handler that was removed from one that is configured still, and cannot run."""
        levels = lane.settings.levels
        if not lane.is_lost:
            return one_sided_handler(lane.name, levels, is_new=False)
        words = (
            f"{lane.name} is configured and its handler {lane.settings.handler} is not there: "
            "correct its setting handler, or remove its table."
        )
        return failing_handler(lane.name, levels, self._versions.said(Side.HEAD, UsageError(words)))

    def _bench(self, handler: HandlerConfig, side: Side) -> Bench:
        layers = self._installed(side, handler.python or "")
        handler = with_requirements(handler, self._versions.of(side), self._request.lock)
        how = replace(self._request.how, runs=PROFILE_RUNS)
        # Both sides are launched in turn from the first launch on: nothing goes before, unless
        # the configuration lets importcost supply what init lacks.
        open_side = open_rehearsed if handler.supplies else open_bench
        request = request_for(handler, how, layers)
        if self._request.metric != CPU:
            request = replace(request, environment=fixed_hashes(request.environment))
        return self._stack.enter_context(open_side(request, self._listener))

    def _installed(self, side: Side, python: str) -> tuple[str, ...]:
        """Return the layer that the install command fills, once for all handlers of a side.

        Raises MeasurementError if it fails: for every handler, and tried only once.
        """
        version, command = self._versions.of(side), self._request.install
        if command is None:
            return ()
        key = (side, python)
        if key not in self._layers:
            self._listener.note(f"Installing for {version.label}: {command}")
            name = f"layer-{len(self._layers)}"
            try:
                self._layers[key] = install_into(version, command, python, name)
            except MeasurementError as error:
                self._layers[key] = error
        found = self._layers[key]
        if isinstance(found, MeasurementError):
            raise found
        return found
