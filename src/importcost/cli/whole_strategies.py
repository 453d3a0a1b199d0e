"""`importcost strategies PROJECT`: the price of every function, and of what pays for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from importcost.cli.listener import terminal_listener
from importcost.cli.options import given_fields, terminal_width, wants_colour
from importcost.cli.printing import show
from importcost.cli.whole_project import WholeListener
from importcost.errors import UsageError

if TYPE_CHECKING:
    from importcost.app.profile.request import ProfileRequest
    from importcost.app.projects.remedies import TrafficOf
    from importcost.billing.remedies.managed import ManagedChoice
    from importcost.billing.remedies.traffic import Traffic
    from importcost.projects.functions import DeployedProject


class ProjectWork(NamedTuple):
    """A project and how each of its functions is measured and priced."""

    project: DeployedProject
    request: ProfileRequest
    managed: ManagedChoice


def traffic_by_function(
    options: Mapping[str, Any], traffic_of: Callable[[Mapping[str, Any]], Traffic]
) -> TrafficOf:
    """Return what tells a function's traffic by its name.

    It is that of the file named with --traffic, else the one that the options state for each.
    `traffic_of` makes a traffic of options. Raises UsageError if neither says enough.
    """
    if options["traffic_file"] is None:
        every = traffic_of(options)
        return lambda _: every
    from importcost.app.projects.profile_project import read_traffic

    if options["invocations"] is not None or options["arrivals"] is not None:
        other = "--invocations" if options["invocations"] is not None else "--arrivals"
        raise UsageError(f"--traffic and {other} both state the requests: leave one.")
    by_name = read_traffic(Path(options["traffic_file"]))

    def found(name: str) -> Traffic | None:
        own = by_name.get(name, by_name.get("*"))
        if own is None or own.invocations < 1:
            return None
        stated = {"invocations": round(own.invocations), "cold_rate": own.cold_rate}
        return traffic_of({**options, **stated})

    traffic_of({**options, "invocations": 1})  # what is missing is told before anything is measured
    return found


def show_project_strategies(
    work: ProjectWork, traffic_of: TrafficOf, shows: Mapping[str, bool]
) -> None:
    """Measure and price every function, and show the table.

    `shows` are the options as_json, quiet and no_progress. Raises UsageError if no function can be
    measured here.
    """
    from importcost.app.projects.remedies import project_remedies
    from importcost.reports.terminal.projects.remedies import (
        project_remedies_json,
        render_project_remedies,
    )

    with terminal_listener(quiet=shows["quiet"], no_progress=shows["no_progress"]) as told:
        listener = WholeListener(told)
        found = project_remedies(
            work.project, work.request, given_fields(), traffic_of, work.managed, listener
        )
    if shows["as_json"]:
        show(project_remedies_json(found).rstrip("\n"))
        return
    text = render_project_remedies(found, width=terminal_width(), colour=wants_colour())
    show(text.rstrip("\n"))
