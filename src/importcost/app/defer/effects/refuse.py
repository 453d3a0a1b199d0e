"""Refuse imports whose modules do something to objects that init would still load without them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from importcost.app.defer.findings import JudgedImport
from importcost.app.defer.measured_costs import MeasuredCosts
from importcost.deferral.effects.import_effects import ImportEffects
from importcost.model.advice import DeferVerdict, VerdictKind
from importcost.model.effects import ImportEffect


def refuse_effects(
    costs: MeasuredCosts, findings: Sequence[JudgedImport], effects: ImportEffects
) -> list[JudgedImport]:
    """Return the findings, refused where deferring them would move an effect that others see.

    All deferrable findings are looked at together: two imports that share a module move it only if
    both move. An effect of a module on an object is seen by nobody else if whatever loads the
    object's module loads the module as well. If it is seen, the first import that loads the module
    stays, and the rest is looked at again: what stays may be what another module changes.
    """
    judged = list(findings)
    movable = {number for number, one in enumerate(judged) if one.changes}
    loads = {number: costs.imports.loaded_by(judged[number].keys) for number in movable}
    while movable:
        keys = [key for number in sorted(movable) for key in judged[number].keys]
        moved = costs.imports.modules_of(keys)
        found = _first_effect(moved, _loaders(loads, movable), effects)
        if found is None:
            break
        number, seen = found
        judged[number] = _refused(judged[number], seen)
        movable.discard(number)
    return [_with_unread(one, effects) for one in judged]


def _with_unread(one: JudgedImport, effects: ImportEffects) -> JudgedImport:
    """Say it where the modules that would move could not be read."""
    unread = effects.unread(one.finding.modules) if one.changes else ()
    if not unread:
        return one
    rest = f" and {len(unread) - 1} more" if len(unread) > 1 else ""
    verdict = one.finding.verdict
    reason = (
        f"{verdict.reason}; the source of {unread[0]}{rest} cannot be read on this machine, "
        "so what importing it does is not known"
    )
    return replace(one, finding=replace(one.finding, verdict=replace(verdict, reason=reason)))


def _first_effect(
    moved: Sequence[str], loaders: Mapping[str, frozenset[int]], effects: ImportEffects
) -> tuple[int, tuple[ImportEffect, ...]] | None:
    """Return the finding that has to stay, with the effects of the modules that it loads."""
    seen: dict[int, list[ImportEffect]] = defaultdict(list)
    inside = frozenset(moved)
    for module in moved:
        for effect in effects.of(module):
            if not _is_unseen(effect, inside, loaders):
                seen[min(loaders[module])].append(effect)
    if not seen:
        return None
    number = min(seen)
    return number, tuple(seen[number])


def _loaders(
    loads: Mapping[int, Sequence[str]], movable: Collection[int]
) -> Mapping[str, frozenset[int]]:
    """Return, for each module, the findings that load it by themselves or through others."""
    loaders: dict[str, set[int]] = defaultdict(set)
    for number in movable:
        for module in loads[number]:
            loaders[module].add(number)
    return {module: frozenset(numbers) for module, numbers in loaders.items()}


def _is_unseen(
    effect: ImportEffect, moved: frozenset[str], loaders: Mapping[str, frozenset[int]]
) -> bool:
    target = effect.target_module
    return target in moved and loaders[target] <= loaders[effect.module]


def _refused(one: JudgedImport, seen: tuple[ImportEffect, ...]) -> JudgedImport:
    """Return the finding as one that stays, with the effects as its reason."""
    verdict = DeferVerdict(
        VerdictKind.NOT_DEFERRABLE, _reason(seen), one.finding.place.line, effects=seen
    )
    return replace(one, finding=replace(one.finding, verdict=verdict), changes=(), objects=())


def _reason(seen: Sequence[ImportEffect]) -> str:
    more = len(seen) - 1
    rest = f", and {more} more such {'effect' if more == 1 else 'effects'}" if more else ""
    return f"{seen[0].sentence}{rest}"
