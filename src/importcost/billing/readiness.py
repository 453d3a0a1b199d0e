"""The phases of a web app's init as modelled: computing is scaled, waiting and polling are not."""

from __future__ import annotations

from importcost.model.profile import Phase, Profile

WEB_FLOOR_LABEL = "Lambda + interpreter start (floor)"
WEB_IMPORTS_LABEL = "imports of server and app"
START_UP_LABEL = "start-up work"
WAITING_LABEL = "waiting"
POLLING_LABEL = "wait for the adapter's poll"
WEB_LABELS = {
    Phase.HANDLER_IMPORTS.value: WEB_IMPORTS_LABEL,
    Phase.MODULE_BODY.value: START_UP_LABEL,
}
"""The labels of a web app's measured phases."""
WEB_EXPLANATIONS = {
    WEB_FLOOR_LABEL: "What any hello-world function pays before your server's first import.",
    WEB_IMPORTS_LABEL: "Every module that the server and your app load.",
    START_UP_LABEL: "What the server and your app compute besides imports: the app's module body, "
    "start-up hooks (lifespan), and the answer to the readiness check.",
    WAITING_LABEL: "Sleep, disk and network, as long as measured here: a faster or slower "
    "processor does not change it.",
    POLLING_LABEL: "The adapter asks at fixed intervals: on average a ready app waits for half "
    "of one.",
}


def web_amounts(
    profile: Profile, floor_ms: float, computed_ms: float, blocked_ms: float, polling_ms: float
) -> tuple[tuple[str, float], ...]:
    """Return each phase's label and milliseconds; they add up to the readiness."""
    cpu_us = {time.phase: max(0, time.cpu_us) for time in profile.phases}
    imports = cpu_us.get(Phase.HANDLER_IMPORTS, 0)
    whole = imports + cpu_us.get(Phase.MODULE_BODY, 0)
    share = imports / whole if whole else 1.0
    amounts = (
        (WEB_FLOOR_LABEL, floor_ms),
        (WEB_IMPORTS_LABEL, computed_ms * share),
        (START_UP_LABEL, computed_ms * (1 - share)),
        (WAITING_LABEL, blocked_ms),
        (POLLING_LABEL, polling_ms),
    )
    return tuple(amount for amount in amounts if amount[1] or amount[0] == WEB_FLOOR_LABEL)
