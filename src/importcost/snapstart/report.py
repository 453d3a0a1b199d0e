"""The answer of `importcost snapstart`."""

from __future__ import annotations

from dataclasses import dataclass

from importcost.model.profile import Target
from importcost.snapstart.model import HookRun, Severity, Skeleton, SnapshotHazard
from importcost.snapstart.priming import PrimingReport
from importcost.snapstart.rules import SnapshotRules
from importcost.snapstart.support import SupportFact


@dataclass(frozen=True, slots=True)
class SnapStartReport:
    """The answer: findings in file order, the hooks as they ran, and how it was found out.

    `init_us` and the hooks' times are wall time on this machine. `rules` are the platform's.
    """

    target: Target
    python_version: str
    is_supported: bool
    init_us: int
    hooks: tuple[HookRun, ...]
    findings: tuple[SnapshotHazard, ...]
    skeletons: tuple[Skeleton, ...]
    is_stand_in: bool
    under_adapter: bool
    rules: SnapshotRules
    support: tuple[SupportFact, ...] = ()
    """The conditions of SnapStart on image and settings, as far as they are known."""
    priming: PrimingReport | None = None
    """The result of priming, None if it was not asked for."""

    @property
    def is_clean(self) -> bool:
        """Return True if no hazard remains."""
        own = all(found.severity is not Severity.HAZARD for found in self.findings)
        return own and (self.priming is None or self.priming.is_clean)
