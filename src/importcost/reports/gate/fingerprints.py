"""The identity of a finding from run to run, by which servers know it again."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence

from importcost.gate.checks import Check
from importcost.reports.gate.text import Places, Spot, spot_of


def fingerprinted(
    checks: Sequence[Check], root: str, places: Places
) -> Iterator[tuple[Check, Spot | None, str]]:
    """Yield each finding with its place and its fingerprint, no two of which are the same.

    A fingerprint is made of the handler, the rule, and the module or statement that the finding is
    about with its file: no line, no figure and no word of the message, so that an alert stays
    closed when lines move or a message is worded otherwise. A finding on a figure is the same
    wherever its heaviest import is. Findings that are alike are numbered in their order.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    for check in checks:
        if not check.is_finding:
            continue
        spot = spot_of(check, root, places)
        place = spot.path if spot is not None and check.about is not None else ""
        parts = (check.handler, check.rule.value, place, check.about or "")
        seen[parts] += 1
        number = (str(seen[parts]),) if seen[parts] > 1 else ()
        text = "\0".join((*parts, *number)).encode("utf-8", "replace")
        yield check, spot, hashlib.sha256(text).hexdigest()
