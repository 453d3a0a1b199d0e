"""The bill of a cold start from the launches so far, while others still run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from importcost.app.bill.place import bill
from importcost.config.read import HandlerConfig
from importcost.errors import UsageError
from importcost.measure.assemble import MeasurementProvenance, first_profile
from importcost.measure.session import Progress, Subject
from importcost.model.profile import Run, RunKind


class FirstFigures:
    """Adds the bill so far to a listener's progress, once there are enough launches."""

    def __init__(
        self,
        subject: Subject,
        provenance: MeasurementProvenance,
        listener: Callable[[Progress], None],
        handler: HandlerConfig | None,
    ) -> None:
        self._subject = subject
        self._provenance = provenance
        self._listener = listener
        self._handler = handler
        self._timed = 0
        self._so_far_ms: float | None = None

    def progress(self, progress: Progress) -> None:
        """Pass the progress on with the bill so far, calculated again after each timed run."""
        timed = sum(run.kind is RunKind.TIMED for run in progress.runs)
        if timed > self._timed:
            self._timed = timed
            self._so_far_ms = self._billed_ms(progress.runs)
        self._listener(replace(progress, so_far_ms=self._so_far_ms))

    def _billed_ms(self, runs: Sequence[Run]) -> float | None:
        profile = first_profile(runs, self._subject, self._provenance)
        try:
            found = bill(profile, self._handler).estimate
        except UsageError:  # settings that Lambda does not have: the final bill reports it
            return None
        return found.shown_ms.value
