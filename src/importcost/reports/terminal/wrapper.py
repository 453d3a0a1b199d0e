"""The lines of the report on what wraps a handler: whose the init is, and what a wrapper costs."""

from __future__ import annotations

from importcost.billing.estimate import Estimate
from importcost.model.graph import FUNCTION, RUNTIME, STDLIB, UNKNOWN_DISTRIBUTION
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts
from importcost.model.results.wrapping import WrappedParts
from importcost.reports.init_parts import node_ms
from importcost.reports.text import milliseconds, wrap

MOST_NAMED = 4
_NO_PACKAGE = (FUNCTION, RUNTIME, STDLIB, UNKNOWN_DISTRIBUTION)


def wrapper_lines(
    profile: Profile, estimate: Estimate, facts: ProfileFacts, width: int
) -> list[str]:
    """Return the lines on the handler's wrapper; none for a handler without one."""
    parts = facts.wrapped
    if parts is None:
        return []
    return wrap(_whose(profile, estimate, facts, parts), width)


def _whose(profile: Profile, estimate: Estimate, facts: ProfileFacts, parts: WrappedParts) -> str:
    """Return the sentence on the wrapper's part of init and the function's own."""
    tree = profile.tree
    roots = [node for node in parts.nodes if tree.parents[node] not in parts.nodes]
    all_ms = sum(node_ms(node, profile, estimate, facts) for node in roots)
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
