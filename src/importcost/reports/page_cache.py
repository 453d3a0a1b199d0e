"""The page cache in words: the state of the figures, and what a cold read adds."""

from __future__ import annotations

from importcost.billing.figures.platforms import load_platforms
from importcost.model.machine.cold_disk import ColdDisk, ColdRead
from importcost.model.profile import Profile

WARM_ALONE = "Times are with files in a warm page cache."
WARM = (
    "Times here are with files in a warm page cache; what Lambda takes to read them is modelled in"
    " the parts of the estimate."
)
_HINT = " `importcost profile --cold-disk` measures what a cold read adds here."
_MOST = 5


def page_cache_words(profile: Profile) -> str:
    """Return the sentences about the page cache; "" for a log, which says nothing of it."""
    if not profile.runs:
        return ""
    found = profile.cold_disk
    platform = load_platforms()[profile.settings.platform]
    warm = WARM if platform.is_modelled else WARM_ALONE
    return warm + (_HINT if found is None else f" {cold_disk_words(found)}")


def cold_disk_words(found: ColdDisk) -> str:
    """Return what a cold read adds in all and for the costliest distributions, or why not."""
    if found.reason is not None or found.added_us is None:
        return f"Cold disk: {found.reason}"
    added = found.added_us
    low, value, high = (us / 1000 for us in (added.low, added.value, added.high))
    rows = ", ".join(_row(row) for row in found.distributions[:_MOST])
    kept = f" {_mb(found.kept_bytes)} stayed in memory all the same." if found.kept_bytes else ""
    return (
        f"Cold disk: reading {_mb(found.read_bytes)} adds {value:,.0f} ms here ({low:,.0f} to"
        f" {high:,.0f}, {found.pairs} pairs){f': {rows}' if rows else ''}.{kept}"
    )


def _row(row: ColdRead) -> str:
    return f"{row.distribution} {row.added_us / 1000:,.0f} ms and {_mb(row.read_bytes)}"


def _mb(count: int) -> str:
    return f"{count / 1e6:,.1f} MB"
