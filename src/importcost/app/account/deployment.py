"""`importcost verify`: whether a deployed change saved what was predicted."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import replace

from importcost.account.door import AccountDoor
from importcost.account.log_queries import Window
from importcost.account.troubles import GoneError
from importcost.app.account.figures import init_quantiles
from importcost.app.account.one_log import described, log_of_function
from importcost.app.account.target import DeployedName, deployed_name
from importcost.app.account.window import moment_of, since_of
from importcost.app.bill.place import bill, handler_of
from importcost.billing.savings import changed, savings_of
from importcost.errors import MeasurementError, UsageError, remedy
from importcost.model.cloudwatch.logs import InitKind
from importcost.model.interval import Interval
from importcost.model.profile import Profile
from importcost.model.ranks.two_samples import FEWEST, median_difference, rank_sum_p
from importcost.model.results.account import FunctionLog, LoggedInit
from importcost.model.results.deployment import Came, DeploymentCheck, InitSide
from importcost.model.results.savings import Saving

CONFIDENCE = 0.95


def verify_deployment(
    text: str,
    *,
    since: str | None,
    before: str = "14d",
    predicted: tuple[Interval, str] | None = None,
    door: AccountDoor | None = None,
) -> DeploymentCheck:
    """Compare the inits of `aws:NAME` before and after a change.

    `since` is a time, a span, or a published version whose own inits are the new ones; without it
    the function's last change. `before` is how long before that is read. `predicted` is the saving
    in milliseconds, and what it is from. Raises UsageError, AccountError, and MeasurementError if
    one side has too few cold starts.
    """
    door = door or AccountDoor()
    wanted = deployed_name(text)
    now = math.ceil(time.time())
    function = described(door, text)
    version, changed_s = _change(door, wanted, text, since, now, function.modified)
    window = Window(changed_s - (now - since_of(before, now)), now)
    log = log_of_function(door, function, window)
    if log.problem is not None:
        raise MeasurementError(f"The log of {function.name} has nothing to read: {log.problem}")
    old, new = _sides(log, changed_s, version)
    first = _side(old, log, changed_s, function.name, is_new=False)
    second = _side(new, log, changed_s, function.name, is_new=True)
    saved = median_difference(
        [one.init_ms for one in old], [one.init_ms for one in new], CONFIDENCE
    )
    return DeploymentCheck(
        function=function.name,
        changed_s=changed_s,
        before=first,
        after=second,
        saved_ms=saved,
        p=rank_sum_p([one.init_ms for one in old], [one.init_ms for one in new]),
        predicted_ms=predicted[0] if predicted else None,
        predicted_from=predicted[1] if predicted else None,
        came=came(saved, predicted[0] if predicted else None),
        notes=_notes(first, second),
    )


def predicted_saving(profile: Profile, where: str) -> tuple[Interval, str]:
    """Return what deferring would save of init, milliseconds, and where that is said.

    The interval is that of the measured share and of the model's ratio together. Raises UsageError
    for a profile without a known saving.
    """
    saving = savings_of(profile).deferral
    if saving is None:
        reason = " ".join(savings_of(profile).missing)
        raise UsageError(f"{where} predicts no saving: {reason}")
    handler = handler_of(profile.target)
    whole = bill(profile, handler).estimate
    low, value, high = (
        whole.init_ms.value - bill(_without(profile, saving, share), handler).estimate.init_ms.value
        for share in (saving.share.low, saving.share.value, saving.share.high)
    )
    ratio = whole.speed_ratio
    return (
        Interval(low * ratio.low / ratio.value, value, high * ratio.high / ratio.value, CONFIDENCE),
        f"{where} ({saving.what}, {saving.basis.value})",
    )


def _without(profile: Profile, saving: Saving, share: float) -> Profile:
    """Return the profile of the function with a saving of this share."""
    return changed(profile, share, saving.waiting_ms, saving.gone)


def came(saved: Interval, predicted: Interval | None) -> Came:
    """Return the verdict: a saving came true if none is ruled out and the predicted one is not.

    Without a prediction any saving will do.
    """
    least = predicted.low if predicted else 0.0
    if saved.low > 0:
        return Came.TRUE if saved.high >= least else Came.PARTLY
    if predicted is None:
        return Came.NOT if saved.high <= 0 else Came.OPEN
    return Came.NOT if saved.high < least else Came.OPEN


def _change(
    door: AccountDoor,
    wanted: DeployedName,
    text: str,
    since: str | None,
    now: int,
    modified: str,
) -> tuple[str | None, int]:
    """Return the version whose inits are the new ones, or None, and the time of the change."""
    if since is None:
        return None, moment_of(_utc(modified))
    if not since.isdecimal():
        return None, since_of(since, now)
    base = text if wanted.qualifier is None else text.removesuffix(f":{wanted.qualifier}")
    try:
        published = described(door, f"{base}:{since}")
    except GoneError:
        raise UsageError(
            f"{base} has no version {since}: name a published version, or a time, with --since."
        ) from None
    return since, moment_of(_utc(published.modified))


def _utc(modified: str) -> str:
    """Return Lambda's time (`2026-11-30T19:13:48.681+0000`) as Python reads it."""
    return modified[:19] + "+00:00"


def _sides(
    log: FunctionLog, changed_s: int, version: str | None
) -> tuple[list[LoggedInit], list[LoggedInit]]:
    """Return the on-demand inits of the old and of the new code."""
    old: list[LoggedInit] = []
    new: list[LoggedInit] = []
    for one in log.inits:
        if one.kind is not InitKind.ON_DEMAND or one.at_s is None:
            continue
        if version is None:
            (new if one.at_s >= changed_s else old).append(one)
        elif one.version == version:
            new.append(one)
        elif not _is_later(one.version, version):
            old.append(one)
    return old, new


def _is_later(version: str | None, than: str) -> bool:
    return (version or "").isdecimal() and int(version or 0) > int(than)


def _side(
    inits: Sequence[LoggedInit], log: FunctionLog, changed_s: int, name: str, *, is_new: bool
) -> InitSide:
    """Return one side's figures. Raises MeasurementError for too few cold starts to tell."""
    quantiles = init_quantiles([one.init_ms for one in inits])
    if quantiles is None or len(inits) < FEWEST:
        raise MeasurementError(
            f"{name} has {len(inits)} cold starts {'since' if is_new else 'before'} the change, and"
            f" {FEWEST} are the fewest that tell",
            remedy("wait for more", "name another time with --since or --before"),
        )
    failed = [one for one in log.failed if one.at_s is not None]
    return InitSide(
        cold_starts=len(inits),
        init_ms=quantiles,
        versions=tuple(sorted({one.version for one in inits if one.version is not None})),
        memories_mb=tuple(sorted({one.memory_mb for one in inits if one.memory_mb is not None})),
        failed=sum((one.at_s or 0) >= changed_s for one in failed)
        if is_new
        else sum((one.at_s or 0) < changed_s for one in failed),
    )


def _notes(before: InitSide, after: InitSide) -> tuple[str, ...]:
    notes = []
    if before.memories_mb != after.memories_mb:
        notes.append(
            "The memory has changed, too. Lambda gives every on-demand init the same power, so the"
            " durations can be compared; the dollars cannot."
        )
    if after.failed:
        notes.append(f"{after.failed:,} inits failed since the change, and are not among these.")
    return tuple(notes)


def with_expected(check: DeploymentCheck, expected_ms: float) -> DeploymentCheck:
    """Return the check against a saving that the user states, milliseconds."""
    wanted = Interval(expected_ms, expected_ms, expected_ms, CONFIDENCE)
    return replace(
        check,
        predicted_ms=wanted,
        predicted_from="--expect",
        came=came(check.saved_ms, wanted),
    )
