"""Use case: compare the init of two versions, handler by handler, in interleaved pairs."""

from __future__ import annotations

import contextlib

from importcost.app.bill.place import Billed
from importcost.app.gate.compare_sides import lanes_of
from importcost.app.gate.comparison.opening import Opening
from importcost.app.gate.comparison.outcome import report_of
from importcost.app.gate.comparison.race import Versions
from importcost.app.gate.comparison.racing import Racing
from importcost.app.gate.comparison.request import CPU, CompareReport, CompareRequest
from importcost.app.gate.worktrees import checkouts
from importcost.app.profile.request import Listener
from importcost.errors import UsageError
from importcost.gate.compare import Comparison


def compare_versions(request: CompareRequest, listener: Listener) -> CompareReport:
    """Measure both versions in interleaved pairs and judge every handler.

    No temporary file is left behind. Raises UsageError for impossible versions, handlers or
    settings, MeasurementError if a version cannot be laid out at all.
    """
    if request.install is not None and request.lock is not None:
        raise UsageError("--install and --lock both name packages to install: keep one of them.")
    with (
        checkouts(request.base, request.head, listener, merge_base=request.merge_base) as (
            base,
            head,
        ),
        contextlib.ExitStack() as stack,
    ):
        lanes = lanes_of(
            base,
            head,
            config=request.config,
            targets=request.targets,
            names=request.names,
            web=(request.adapter, request.server),
            plain=request.plain,
        )
        versions = Versions(base, head, request.skip_failing_base)
        opening = Opening(request, listener, versions, stack)
        races = [opening.opened(lane) for lane in lanes]
        racing = Racing(request, listener, versions)
        comparisons: dict[str, Comparison] = {}
        billed: dict[str, tuple[Billed, Billed]] = {}
        if request.metric != CPU:
            for race in races:
                racing.count(race)
        else:
            comparisons = racing.compare(races)
            billed = racing.billed(races) if request.attribution else {}
        return report_of(races, versions, request, comparisons, billed)
