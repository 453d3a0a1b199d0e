"""Use case: fit a function's own floor, speed ratio and band to its Lambda log."""

from __future__ import annotations

import datetime
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.app.bill.calibrate_store import (
    TABLE,
    create,
    edited,
    new_configuration,
    store,
    table_lines,
)
from importcost.app.bill.place import ConfiguredPlace, find_configuration, place_in
from importcost.billing.calibration import (
    Calibration,
    Configuration,
    RuntimeVariant,
    calibrate,
    prediction_band,
)
from importcost.billing.estimate import estimate, published_parts
from importcost.billing.figures.platforms import require_lambda
from importcost.billing.function_parts import LAMBDA_LOG
from importcost.billing.validation import ErrorTable, LogComparison, compare_published
from importcost.config.lines import key_lines
from importcost.config.read import OWN_FILE, PROJECT_FILE, SECTION, Config
from importcost.config.schema import HANDLERS
from importcost.errors import MeasurementError, UsageError
from importcost.model.cloudwatch.logs import InitKind, LambdaLog, read_lambda_log
from importcost.model.profile import Profile


@dataclass(frozen=True, slots=True)
class Log:
    """A log's text and its name in messages."""

    name: str
    text: str


def compare_logs(
    profiles: Sequence[Profile],
    logs: Sequence[Log],
    *,
    function: str | None = None,
    stored: Calibration | None = None,
    validate: bool = False,
) -> LogComparison:
    """Compare profiles with the logs of the same code, and fit a calibration.

    One profile takes all logs; several take one each, in order. Raises UsageError for logs and
    profiles that do not go together or a log of several functions, MeasurementError for logs
    without enough cold starts (with `validate`: without any).
    """
    for one in profiles:
        require_lambda(one.settings.platform, "calibrate")
    _check_profiles(profiles, logs)
    chosen = [_chosen(profile, part, function) for profile, part in _paired(profiles, logs)]
    profile, first = profiles[0], chosen[0]
    variants = [_variant(one, inits) for one, inits in zip(profiles, chosen, strict=True)]
    calibration, reason, notes = _fitted(profile, variants, validate=validate)

    def beside(own: Calibration | None) -> ErrorTable:
        return compare_published(estimate(profile, calibration=own), first.inits_ms)

    return LogComparison(
        profile=profile,
        cold_starts=sum(len(one.inits_ms) for one in chosen),
        logged=prediction_band(first.inits_ms),
        memories=tuple(sorted({memory for one in chosen for memory in one.memories})),
        published=beside(None),
        stored=beside(stored) if stored else None,
        fitted=beside(calibration) if calibration else None,
        calibration=calibration,
        reason=reason,
        notes=(*notes, *_spread_note(first.inits_ms)),
        left_out=tuple(dict.fromkeys(line for one in chosen for line in one.left_out)),
    )


@dataclass(frozen=True, slots=True)
class Storing:
    """The destination of a calibration: the file, its lines there, and the file's old content."""

    file: Path
    table: tuple[str, ...]
    before: bytes | None
    path: tuple[str, ...]
    calibration: Calibration


def plan_storing(
    profile: Profile, calibration: Calibration, *, config: str | None, handler: str | None
) -> Storing:
    """Find out where a profiled function's calibration will be stored; nothing is written.

    Without any configuration that is a new importcost.toml in the current folder. Raises UsageError
    if no place can be found, or the file cannot take the table.
    """
    known = find_configuration(profile.target, config)
    place = place_in(known, profile.target, handler)
    if place is None:
        return _plan_new(profile, calibration, known)
    path = _path(place)
    file = Path(place.config.file)
    before = file.read_bytes()
    edited(before, path, calibration)
    return Storing(file, tuple(table_lines(path, calibration)), before, path, calibration)


def carry_out(storing: Storing) -> None:
    """Write the plan. Raises UsageError if the file has changed since."""
    if storing.before is None:
        create(storing.file, "\n".join(storing.table) + "\n")
    else:
        store(storing.file, storing.path, storing.calibration, storing.before)


def _plan_new(profile: Profile, calibration: Calibration, known: Config | None) -> Storing:
    if known is not None or profile.target is None:
        where = known.file if known else "The current folder"
        names = ", ".join(one.name for one in known.handlers) if known else "no configuration"
        raise UsageError(
            f"{where} has no handler for this profile (it has {names}): name it with"
            " --handler NAME, or add the function there."
        )
    root = Path(profile.target.task_root)
    file = os.path.relpath(profile.target.handler_file)
    handler = file if profile.target.function is None else f"{file}:{profile.target.function}"
    is_own_folder = Path(profile.target.handler_file).parent == root
    text = new_configuration(handler, None if is_own_folder else os.path.relpath(root), calibration)
    return Storing(Path(OWN_FILE), tuple(text.splitlines()), None, (TABLE,), calibration)


def _path(place: ConfiguredPlace) -> tuple[str, ...]:
    """Return the place of a handler's calibration in its file."""
    file = Path(place.config.file)
    text = file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    keys = key_lines(text)
    in_section = file.name == PROJECT_FILE or {key[0] for key in keys} == {"tool"}
    section = SECTION if in_section else ()
    has_table = (*section, HANDLERS, place.handler.name) in keys
    return (*section, HANDLERS, place.handler.name, TABLE) if has_table else (*section, TABLE)


_LEFT_OUT = {
    InitKind.MANAGED: "inits of Managed Instances (lambda-managed-instances)",
    InitKind.UNKNOWN: "inits of a type that is not known here",
}


@dataclass(frozen=True, slots=True)
class _Chosen:
    inits_ms: tuple[float, ...]
    memories: tuple[int, ...]
    left_out: tuple[str, ...]


def _paired(
    profiles: Sequence[Profile], logs: Sequence[Log]
) -> list[tuple[Profile, Sequence[Log]]]:
    if len(profiles) == 1:
        return [(profiles[0], logs)]
    return [(profile, (log,)) for profile, log in zip(profiles, logs, strict=True)]


def _check_profiles(profiles: Sequence[Profile], logs: Sequence[Log]) -> None:
    if len(profiles) > 1 and len(profiles) != len(logs):
        raise UsageError(
            f"{len(profiles)} profiles need as many logs, one of each variant in the same order,"
            f" and there are {len(logs)}."
        )
    for profile in profiles:
        if profile.source == LAMBDA_LOG:
            raise UsageError(
                "This profile was timed on Lambda itself, so there is no speed ratio to fit:"
                " calibrate with a profile measured here."
            )
    places = {
        (one.settings.arch, one.settings.package_type, one.settings.runtime) for one in profiles
    }
    if len(places) > 1:
        raise UsageError(
            "The profiles are for different architectures, package types or runtimes: a"
            " calibration holds for one of each."
        )


def _chosen(profile: Profile, logs: Sequence[Log], function: str | None) -> _Chosen:
    """Return the on-demand inits of the profiled function, and the number and reasons of others."""
    read = [read_lambda_log(log.text) for log in logs]
    name = _function(read, function)
    # Lines without a name belong to the function, unless it was picked out of several.
    unnamed = None if function is None else name
    wanted = profile.settings.runtime
    inits: dict[tuple[str | None, float], int | None] = {}
    left: dict[str, int] = {}
    for at, one in enumerate(start for log in read for start in log.cold_starts):
        if one.kind is not InitKind.ON_DEMAND:
            _count(left, _LEFT_OUT.get(one.kind, f"{one.kind.value} inits"))
        elif name is not None and one.function not in (name, unnamed):
            _count(left, "cold starts of other functions")
        elif one.runtime is not None and one.runtime != wanted:
            _count(left, f"cold starts under {one.runtime} (the profile is for {wanted})")
        else:
            inits[(one.request_id or str(at), one.init_ms)] = one.memory_mb
    for log in read:
        _count_log(left, log)
    if not inits:
        raise MeasurementError(_nothing(logs, left))
    memories = {memory for memory in inits.values() if memory is not None}
    return _Chosen(
        inits_ms=tuple(ms for _, ms in inits),
        memories=tuple(sorted(memories)),
        left_out=tuple(f"{count:,} {what}" for what, count in left.items()),
    )


def _function(read: Sequence[LambdaLog], wanted: str | None) -> str | None:
    names = sorted({name for log in read for name in log.functions})
    if wanted is not None:
        if wanted in names:
            return wanted
        known = f"the log has {', '.join(names)}" if names else "the log names no function"
        raise UsageError(f"The log has no cold start of {wanted}: {known}.")
    if len(names) > 1:
        raise UsageError(
            f"The log holds several functions ({', '.join(names)}): name the profiled one"
            " with --function NAME."
        )
    return names[0] if names else None


def _count(left: dict[str, int], what: str, count: int = 1) -> None:
    if count:
        left[what] = left.get(what, 0) + count


def _count_log(left: dict[str, int], log: LambdaLog) -> None:
    _count(left, "init(s) that failed", len(log.failed))
    _count(left, "SnapStart restores", len(log.restores))
    _count(left, "reports of the local emulator (Max Memory Used = Memory Size)", log.emulator)
    _count(left, "lines logged twice", log.duplicates)
    _count(left, "reports without readable figures", log.unreadable)


def _nothing(logs: Sequence[Log], left: dict[str, int]) -> str:
    names = ", ".join("stdin" if log.name == "-" else log.name for log in logs)
    found = "; ".join(f"{count:,} {what}" for what, count in left.items())
    return (
        f"{names} holds no cold start to calibrate with{f' (only {found})' if found else ''}: it"
        " needs REPORT lines with Init Duration, or platform.report records, of this function."
    )


def _variant(profile: Profile, chosen: _Chosen) -> RuntimeVariant:
    parts = published_parts(profile)
    return RuntimeVariant(parts.function_ms, parts.blocked_ms, chosen.inits_ms)


def _fitted(
    profile: Profile, variants: Sequence[RuntimeVariant], *, validate: bool
) -> tuple[Calibration | None, str | None, tuple[str, ...]]:
    settings = profile.settings
    today = datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat()
    place = Configuration(settings.arch, settings.package_type, settings.runtime, today)
    floor = published_parts(profile).floor_ms
    try:
        calibration, notes = calibrate(variants, floor, place)
    except MeasurementError as error:
        if not validate:
            raise
        return None, str(error), ()
    return calibration, None, notes


def _spread_note(inits_ms: Sequence[float]) -> tuple[str, ...]:
    band = prediction_band(inits_ms)
    if band.low <= 0 or band.high < SEVERAL_FACTOR * band.low:
        return ()
    note = (
        f"The log's inits lie between {band.low:,.0f} and {band.high:,.0f} ms: it may hold several"
        " functions or deployments, so export one log group and the time since the last one."
    )
    return (note,)


SEVERAL_FACTOR = 3.0
"""Inits of one deployment hardly differ by more."""
