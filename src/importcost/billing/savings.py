"""Init time saved by known changes: shares of the function's own CPU time, verified or not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from importcost.billing.figures.datafiles import child, number, read_json
from importcost.model.advice import BestSet, BytecodeFinding, Verification
from importcost.model.graph import RUNTIME, STDLIB, BytecodeState, ImportGraph
from importcost.model.interval import Interval
from importcost.model.profile import Phase, Profile, significant_blocked_us
from importcost.model.results.savings import Basis, Saving, Savings

_FUNCTION_PHASES = (Phase.HANDLER_IMPORTS.value, Phase.MODULE_BODY.value)
_FILE = "strategies.json"
LEAST_SHARE = 0.01
"""As a share of function init: a smaller prediction must not be recommended as a remedy."""


def savings_of(profile: Profile) -> Savings:
    """Return the savings of the best set of deferrals and of shipping hash-based bytecode."""
    advice = profile.advice
    if advice is None:
        reason = (
            "The profile holds no advice on deferring: make it with `importcost defer TARGET"
            " -o profile.json`."
        )
        return Savings(None, None, (reason,))
    deferral, why_not = _deferral(profile, advice.best_set)
    if deferral is None and advice.ignored is not None:
        why_not = f"Python {advice.ignored.python} ignores __lazy_modules__: listing saves nothing."
    bytecode, no_bytecode = _bytecode(profile, advice.bytecode)
    missing = tuple(reason for reason in (why_not, no_bytecode) if reason)
    return Savings(deferral, bytecode, missing)


def changed(
    profile: Profile, share: float, waiting_ms: float = 0.0, gone: Collection[str] = ()
) -> Profile:
    """Return the profile of a function whose init CPU time is `share` (0 to 1) smaller.

    Its waiting (sleep, network) is `waiting_ms` shorter, and the modules in `gone` are not loaded.
    """
    init = profile.function_init
    kept = 1.0 - min(max(share, 0.0), 1.0)
    cpu = init.cpu_us
    scaled = Interval(cpu.low * kept, cpu.value * kept, cpu.high * kept, cpu.confidence)
    gone_us = min(round(waiting_ms * 1000), init.blocked_us)
    less = replace(
        init, cpu_us=scaled, blocked_us=init.blocked_us - gone_us, wall_us=init.wall_us - gone_us
    )
    return replace(profile, function_init=less, graph=_without(profile.graph, frozenset(gone)))


def _without(graph: ImportGraph | None, gone: frozenset[str]) -> ImportGraph | None:
    """Return a graph without some modules and the files that they loaded."""
    if graph is None or not gone:
        return graph
    files = graph.files
    if files is not None:
        files = tuple(file for file in files if file.module not in gone)
    modules = tuple(module for module in graph.modules if module.name not in gone)
    return replace(graph, modules=modules, files=files)


def _deferral(profile: Profile, best: BestSet | None) -> tuple[Saving | None, str]:
    if best is None or not best.finding_ids:
        return None, "No import of the function's own files is worth deferring."
    count = len(best.finding_ids)
    what = f"{count} import statement{'s' * (count != 1)} deferred"
    init = profile.function_init
    waiting_us = best.economics.waiting_ms * 1000 if best.economics else 0.0
    waiting_us = min(waiting_us, significant_blocked_us(init.blocked_us, init.wall_us))
    if best.verification is None:
        saved_us = Interval(*[float(best.exclusive_us)] * 3)
        share = _computing_share(saved_us, waiting_us, profile)
        return Saving(share, Basis.PREDICTED, what, waiting_us / 1000, best.modules), ""
    verified = _verified_share(best.verification)
    if verified is None:
        failure = best.verification.failure or "it saves nothing"
        return None, f"The deferrals of this profile do not hold when measured: {failure}."
    # Pairs count an init's waiting where it is significant, so the share is of both.
    low, value, high = (
        share * init.local_us for share in (verified.low, verified.value, verified.high)
    )
    saved_us = Interval(low, value, high, verified.confidence)
    share = _computing_share(saved_us, waiting_us, profile)
    return Saving(share, Basis.VERIFIED, what, waiting_us / 1000, best.modules), ""


def _bytecode(profile: Profile, found: BytecodeFinding | None) -> tuple[Saving | None, str]:
    if found is None:
        return None, "All modules come with valid bytecode, as far as is known: nothing to ship."
    what = f"hash-based bytecode for {found.modules:,} module{'s' * (found.modules != 1)}"
    if found.verification is None:
        published = _published_share(profile)
        if published.value < LEAST_SHARE:
            return None, f"Shipping {what} is predicted to save less than 1% of function init."
        return Saving(published, Basis.PREDICTED, what), ""
    share = _verified_share(found.verification)
    if share is None:
        failure = found.verification.failure or "it saves nothing"
        return None, f"Shipping bytecode does not hold when measured: {failure}."
    return Saving(share, Basis.VERIFIED, what), ""


def _verified_share(verification: Verification) -> Interval | None:
    """Return the saving's share of the original in the same pairs, or None if it failed."""
    saving, original_us = verification.saving_us, verification.original_us
    if verification.failure is not None or saving is None or not original_us:
        return None
    if saving.value <= 0:
        return None
    low, value, high = (
        min(max(us / original_us, 0.0), 1.0) for us in (saving.low, saving.value, saving.high)
    )
    return Interval(low, value, high, saving.confidence)


def _computing_share(saved_us: Interval, waiting_us: float, profile: Profile) -> Interval:
    """Return the share (0 to 1) of function-init CPU time in a saving that also waits."""
    cpu_us = max(profile.function_init.cpu_us.value, 1.0)
    low, value, high = (
        min(max((us - waiting_us) / cpu_us, 0.0), 1.0)
        for us in (saved_us.low, saved_us.value, saved_us.high)
    )
    return Interval(low, value, high, saved_us.confidence)


def _published_share(profile: Profile) -> Interval:
    """Return the published cut, applied to the cost here of modules without valid bytecode.

    `strategies.json`: hash-based bytecode cut the init of whole applications by 40 to 47 %.
    """
    compiled = _compiled_share(profile)
    entry = child(child(read_json(_FILE), "assumptions", _FILE), "bytecode_share", _FILE)
    low, value, high = (number(entry, name, _FILE) for name in ("low", "value", "high"))
    return Interval(low * compiled, value * compiled, high * compiled, 0.5)


def _compiled_share(profile: Profile) -> float:
    """Return the share (0 to 1) of function init in modules that Lambda has to compile."""
    if profile.graph is None:
        return 0.0
    stale = {BytecodeState.STALE, BytecodeState.ABSENT}
    if profile.settings.package_type == "zip":
        stale.add(BytecodeState.VALID)  # timestamps do not survive a ZIP
    wanted = {
        module.name
        for module in profile.graph.modules
        if module.bytecode in stale and module.distribution not in (STDLIB, RUNTIME)
    }
    tree = profile.tree
    own_us = sum(
        tree.self_us[node]
        for node in range(len(tree))
        if tree.phases[tree.phase_ids[node]] in _FUNCTION_PHASES and tree.name(node) in wanted
    )
    return min(max(own_us / max(profile.function_init.cpu_us.value, 1.0), 0.0), 1.0)
