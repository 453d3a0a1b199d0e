"""One web app under Lambda Web Adapter and behind bridges, side by side."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.model.interval import Interval
from importcost.model.web import AppKind


@dataclass(frozen=True, slots=True)
class FirstRequest:
    """The first request after init: median wall time here in microseconds, and its status.

    `status` is 0 if the answer tells none. `error` is the reason if it failed.
    """

    wall_us: int
    status: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class AdapterForm:
    """The app in one form: `lwa`, `mangum` or `apig-wsgi`.

    `init_ms` is the init modelled on Lambda, `parts` its causes in words with milliseconds,
    `local_us` the function init here. `saving_us` is what the form takes off the first form's init
    here, from `pairs` interleaved pairs; None for the first form, or if it could not be measured.
    Without figures `reason` is the sentence that says why.
    """

    name: str
    init_ms: Interval | None = None
    parts: tuple[tuple[str, int], ...] = ()
    local_us: int = 0
    modules: int = 0
    saving_us: Interval | None = None
    pairs: int = 0
    first_request: FirstRequest | None = None
    is_installed: bool = False
    """True if the bridge was installed for the comparison only."""
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class AdapterComparison:
    """The forms of one app, in the order asked for; `request` was sent first to each of them."""

    app: str
    server: str
    kind: AppKind | None
    request: str
    memory_mb: int
    forms: tuple[AdapterForm, ...]

    @property
    def measured(self) -> tuple[AdapterForm, ...]:
        """Return the forms that have figures."""
        return tuple(one for one in self.forms if one.init_ms is not None)
