"""Use case: find the remedy against cold starts that pays, for each function of a project."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from importcost.app.bill.remedies import strategies_for
from importcost.app.profile.measured import measure_billed
from importcost.app.profile.request import Listener, ProfileRequest
from importcost.app.projects.listing import shown_place
from importcost.app.projects.requests import measurable_functions, request_for_function
from importcost.billing.remedies.managed import ManagedChoice
from importcost.billing.remedies.of_project import FunctionRemedies, ProjectRemedies
from importcost.billing.remedies.traffic import Traffic
from importcost.errors import ImportcostError
from importcost.projects.functions import DeployedProject, ProjectFunction


class FunctionsListener(Listener, Protocol):
    """Receives the progress over several functions, too."""

    def functions_done(self, done: int, total: int, name: str) -> None:
        """Receive that a function is done."""


TrafficOf = Callable[[str], Traffic | None]
"""Returns the traffic of a function by its name, None if none is stated."""


def project_remedies(
    project: DeployedProject,
    request: ProfileRequest,
    given: Collection[str],
    traffic_of: TrafficOf,
    managed: ManagedChoice,
    listener: FunctionsListener,
) -> ProjectRemedies:
    """Measure each function and compare the remedies under its traffic.

    `request` has the options for each, `given` the fields that the user set. Raises UsageError if
    no function can be measured here; one that fails has its reason instead.
    """
    ready = measurable_functions(project)
    found = []
    for done, function in enumerate(ready, 1):
        traffic = traffic_of(function.name)
        if traffic is None:
            reason = "no traffic is stated for it"
            found.append(FunctionRemedies(function.name, reason=reason))
            continue
        found.append(_remedies(function, request, given, traffic, managed, listener))
        listener.functions_done(done, len(ready), function.name)
    left = [
        FunctionRemedies(one.name, reason=one.problem) for one in project.functions if one.problem
    ]
    return ProjectRemedies(shown_place(project), (*sorted(found, key=_dearest_first), *left))


def _dearest_first(one: FunctionRemedies) -> float:
    best = one.recommendation
    return -best.option.monthly.value if best is not None else 1.0


def _remedies(
    function: ProjectFunction,
    request: ProfileRequest,
    given: Collection[str],
    traffic: Traffic,
    managed: ManagedChoice,
    listener: Listener,
) -> FunctionRemedies:
    try:
        billed = measure_billed(request_for_function(function, request, given), listener)
        calibration = billed.handler.calibration if billed.handler is not None else None
        found = strategies_for(billed.profile, traffic, calibration, managed)
    except ImportcostError as error:
        return FunctionRemedies(function.name, reason=str(error))
    return FunctionRemedies(function.name, found.comparison, found.recommendation)
