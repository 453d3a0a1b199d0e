"""The savings of known changes: shares of the function's own CPU time, verified or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from importcost.model.interval import Interval


class Basis(str, Enum):
    """The evidence for a saving."""

    VERIFIED = "verified"
    """Measured in pairs by `importcost defer`."""
    PREDICTED = "predicted"
    """Calculated from the import graph, or from a published share; not measured here."""


@dataclass(frozen=True, slots=True)
class Saving:
    """One change and the share (0 to 1) of function-init CPU time that it saves.

    `waiting_ms` is the waiting (sleep, network) that goes with it, which no processor shortens.
    `gone` are the modules that are no longer loaded: their files are not read either.
    """

    share: Interval
    basis: Basis
    what: str
    waiting_ms: float = 0.0
    gone: tuple[str, ...] = ()

    @property
    def is_verified(self) -> bool:
        """True if the saving was measured in pairs."""
        return self.basis is Basis.VERIFIED


@dataclass(frozen=True, slots=True)
class Savings:
    """The savings that a profile's advice offers; None with a reason in `missing` (sentences)."""

    deferral: Saving | None
    bytecode: Saving | None
    missing: tuple[str, ...]
