"""Use case: measure what a cold disk adds to a handler's init, after its profile."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from importcost.app.profile.bench import Bench
from importcost.app.profile.request import Listener
from importcost.measure.cold_disk import PAIRS, measure_cold_disk
from importcost.measure.session import Progress
from importcost.model.profile import Profile, RunKind

LABEL = "Measuring with a cold disk"


def with_cold_disk(
    bench: Bench, graph: Mapping[str, Any], profile: Profile, listener: Listener
) -> Profile:
    """Return the profile with what a cold disk adds, as it is if that was not requested.

    `graph` is the probe's graph result. Raises HandlerError or MeasurementError as measuring does.
    """
    if not bench.request.cold_disk:
        return profile

    def on_pair(pair: int) -> None:
        listener.progress(Progress(pair, PAIRS, RunKind.TRACED, label=LABEL))

    found = measure_cold_disk(bench.runner, bench.subject, profile, graph, on_pair)
    return replace(profile, cold_disk=found)
