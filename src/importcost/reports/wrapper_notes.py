"""The sentences on what wraps a handler: whose the init is, and what the wrapper costs."""

from __future__ import annotations

from importcost.billing.estimate import Estimate, file_costs
from importcost.model.advice import Verification
from importcost.model.graph import FUNCTION, RUNTIME, STDLIB, UNKNOWN_DISTRIBUTION
from importcost.model.interval import Interval
from importcost.model.profile import HandlerWrapper, Profile, significant_blocked_us
from importcost.model.results.facts import ProfileFacts
from importcost.model.results.wrapping import WrappedParts
from importcost.reports.init_parts import node_ms
from importcost.reports.text import milliseconds

MOST_NAMED = 4
_NO_PACKAGE = (FUNCTION, RUNTIME, STDLIB, UNKNOWN_DISTRIBUTION)


def wrapper_notes(profile: Profile, estimate: Estimate, facts: ProfileFacts) -> tuple[str, ...]:
    """Return the sentences on the handler's wrapper; none for a handler without one."""
    parts = facts.wrapped
    if parts is None:
        return ()
    whose = _whose(profile, estimate, facts, parts)
    found = profile.without_wrapper
    if found is None:
        hint = f"--without-wrapper measures what {parts.wrapper.label} costs."
        return (whose, hint)
    return (whose, _cost(profile, estimate, parts.wrapper, found))


def _whose(profile: Profile, estimate: Estimate, facts: ProfileFacts, parts: WrappedParts) -> str:
    """Return the sentence on the wrapper's part of init and the function's own."""
    all_ms = estimate.function_init_ms.value
    own_ms = node_ms(parts.own_root, profile, estimate, facts) if parts.is_own_loaded else 0.0
    handler = profile.target.handler if profile.target else ""
    named = [one for one in parts.distributions if one not in _NO_PACKAGE][:MOST_NAMED]
    of = f" ({', '.join(named)})" if named else ""
    head = f"Lambda starts {parts.wrapper.words}"
    if not parts.is_own_loaded:
        return (
            f"{head}, which imports {handler} in the first request, after init: all of this init "
            f"is the wrapper's{of}, and the first request waits for your imports."
        )
    return (
        f"{head}, which imports {handler}: {milliseconds(max(0.0, all_ms - own_ms))} of init are "
        f"the wrapper's modules{of}, {milliseconds(own_ms)} are yours and what only they load."
    )


def _cost(
    profile: Profile, estimate: Estimate, wrapper: HandlerWrapper, found: Verification
) -> str:
    """Return the sentence on the launches with and without the wrapper."""
    who = wrapper.label[0].upper() + wrapper.label[1:]
    if found.is_broken or found.saving_us is None:
        return f"What {wrapper.label} costs is not known: without it {found.failure}."
    cost = _on_lambda(profile, estimate, found, found.saving_us)
    of = f" of {milliseconds(estimate.init_ms.value)}"
    late = " beside the imports of the first request" if wrapper.is_late else of
    how = f"measured with and without it in {found.pairs} pairs"
    if found.failure is not None:
        return (
            f"{who} shows no cost beyond the noise ({cost.low:,.0f} to {cost.high:,.0f} ms), {how}."
        )
    return (
        f"{who} costs {milliseconds(cost.value)}{late} ({cost.low:,.0f} to {cost.high:,.0f} ms), "
        f"{how}."
    )


def _on_lambda(
    profile: Profile, estimate: Estimate, found: Verification, saving_us: Interval
) -> Interval:
    """Return a saving here in milliseconds on Lambda, with what files take there.

    The waiting of an init is taken for the wrapper's, as far as that saves so much: it takes as
    long on Lambda.
    """
    ratio = estimate.speed_ratio.value / 1000
    files_ms = file_costs(profile, estimate).ms_of(found.gone)
    init = profile.function_init
    waiting_us = significant_blocked_us(init.blocked_us, init.wall_us)

    def there_ms(us: float) -> float:
        waits_us = max(0.0, min(us, waiting_us))
        return (us - waits_us) * ratio + waits_us / 1000 + files_ms

    low, value, high = (there_ms(us) for us in (saving_us.low, saving_us.value, saving_us.high))
    return Interval(low, value, high, saving_us.confidence)
