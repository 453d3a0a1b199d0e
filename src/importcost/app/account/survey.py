"""`importcost account`: what every function of an account pays for its init."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from importcost.account.door import AccountDoor
from importcost.account.functions import account_of
from importcost.account.log_queries import (
    DOLLARS_PER_GB,
    Window,
)
from importcost.app.account.figures import ranked
from importcost.app.account.progress_file import ProgressFile, remove_old_progress
from importcost.app.account.region import (
    AccountListener,
    RegionAsked,
    RegionFigures,
    RegionReader,
)
from importcost.errors import UsageError
from importcost.model.results.account import (
    AccountSurvey,
    ScanEstimate,
)

DEFAULT_MAX_SCAN_GB = 100.0


@dataclass(frozen=True, slots=True)
class SurveyRequest:
    """The survey that is asked for: regions, the window's beginning, and which functions.

    `regions` must not be empty. `pattern` is a name with `*` and `?`. `max_scan_gb` bounds what
    Logs Insights bills.
    """

    regions: tuple[str, ...]
    since: str
    window: Window
    profile: str | None = None
    pattern: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    max_scan_gb: float = DEFAULT_MAX_SCAN_GB
    by_waiting: bool = False
    by_day: bool = False
    keeps_inits: bool = False

    @property
    def asks(self) -> RegionAsked:
        """The questions to each region."""
        share = self.max_scan_gb / len(self.regions)
        return RegionAsked(
            self.window, self.pattern, self.tags, share, self.by_day, self.keeps_inits
        )

    def asked(self) -> tuple[str, ...]:
        """Return what tells this survey from another one, the time apart."""
        tags = [f"{key}={value}" for key, value in sorted(self.tags.items())]
        return (self.profile or "", self.since, self.pattern or "", *sorted(self.regions), *tags)


def survey_account(
    request: SurveyRequest, listener: AccountListener, door: AccountDoor | None = None
) -> AccountSurvey:
    """Read every region side by side; what could not be read is in the problems.

    Raises UsageError without boto3, and AccountError if no region told its functions.
    """
    door = door or AccountDoor(request.profile)
    remove_old_progress()
    progress = ProgressFile(request.asked(), request.window)
    if progress.is_continued:
        listener.note("Going on with the survey that was left: what it had read is kept.")
    request = dataclasses.replace(request, window=progress.window)
    with ThreadPoolExecutor(min(len(request.regions), 16)) as pool:
        readers = [
            RegionReader(door, name, request.asks, progress, listener) for name in request.regions
        ]
        try:
            found = list(pool.map(RegionReader.read, readers))
        except BaseException:
            door.stop()
            raise
    if not any(one.is_listed for one in found):
        raise found[0].error or UsageError("No region was named.")
    if all(one.is_whole for one in found):
        progress.finish()
    return _survey(request, found, door)


def _survey(
    request: SurveyRequest, found: Sequence[RegionFigures], door: AccountDoor
) -> AccountSurvey:
    rows = ranked([row for one in found for row in one.rows], by_waiting=request.by_waiting)
    known = [one.gigabytes for one in found if one.gigabytes is not None]
    gigabytes = sum(known) if len(known) == len(found) else None
    return AccountSurvey(
        account=account_of(rows[0].function.arn) if rows else None,
        regions=request.regions,
        since_s=request.window.since_s,
        until_s=request.window.until_s,
        rows=rows,
        scanned=ScanEstimate(gigabytes, None if gigabytes is None else gigabytes * DOLLARS_PER_GB),
        calls=dict(sorted(door.calls.items())),
        problems=tuple(text for one in found for text in one.problems),
    )
