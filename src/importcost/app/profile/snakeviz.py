"""Use case: look at a profile in snakeviz."""

from __future__ import annotations

from collections.abc import Callable

from importcost.app.profile.facts import profile_facts
from importcost.billing.estimate import estimate
from importcost.model.profile import Profile
from importcost.processes.snakeviz import serve
from importcost.reports.exports.pstats_ import render_pstats


def view_in_snakeviz(profile: Profile, on_ready: Callable[[str], None]) -> None:
    """Serve `profile` with snakeviz and tell `on_ready` the address once it answers.

    Returns only by an exception: KeyboardInterrupt is how a user ends it, and leaves nothing
    behind. Raises MeasurementError where the server does not start, or ends by itself.
    """
    name = f"importcost-{profile.target.handler}" if profile.target else "importcost-log"
    bill = estimate(profile)
    with serve(render_pstats(profile, bill, profile_facts(profile, bill)), name) as server:
        on_ready(server.url)
        server.wait()
