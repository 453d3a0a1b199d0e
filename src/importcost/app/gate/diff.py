"""Use case: say what accounts for the difference between two saved profiles."""

from __future__ import annotations

import json
from collections.abc import Sequence

from importcost.app.bill.place import calibration_of
from importcost.billing.estimate import estimate
from importcost.gate.attribution import Attribution, attribute
from importcost.model.profile import Profile
from importcost.reports.output import STDOUT, write_output
from importcost.reports.page.difference import Change, Difference, caveats, difference_json
from importcost.reports.page.html import render_difference_html
from importcost.reports.terminal.difference import render_difference


def diff(base: Profile, head: Profile, outputs: Sequence[str], *, width: int, colour: bool) -> str:
    """Write the difference to every path in `outputs` and return the terminal summary.

    A path that ends with .json, and `-` (stdout), gets JSON, any other the page. Raises
    UsageError where a file cannot be written or a profile's settings are none that Lambda has.
    """
    found = difference(base, head)
    rendered = [
        (path, as_json(found) if _is_json(path) else render_difference_html(found))
        for path in outputs
    ]
    text = render_difference(found, width=width, colour=colour)
    for path, report in rendered:
        write_output(path, report)
    return text


def difference(base: Profile, head: Profile) -> Difference:
    """Return what accounts for the difference between two profiles."""
    found = attribute(base, head)
    return Difference(
        base=base,
        head=head,
        base_bill=estimate(base, calibration=calibration_of(base)),
        head_bill=estimate(head, calibration=calibration_of(head)),
        modules=_modules(found),
        distributions=_distributions(found),
        dollars_per_million=found.dollars_per_million,
        caveats=caveats(base, head),
    )


def as_json(found: Difference) -> str:
    """Return the difference as JSON text; lone surrogates in names as escapes."""
    return json.dumps(difference_json(found), indent=1) + "\n"


def _is_json(path: str) -> bool:
    return path == STDOUT or path.lower().endswith(".json")


def _modules(found: Attribution) -> tuple[Change, ...]:
    return tuple(
        Change(one.module, one.distribution, one.kind.value, one.base_us, one.head_us)
        for one in found.modules
    )


def _distributions(found: Attribution) -> tuple[Change, ...]:
    return tuple(
        Change(
            one.distribution,
            one.distribution,
            one.kind.value,
            one.base_us,
            one.head_us,
            one.added,
            one.removed,
        )
        for one in found.distributions
    )
