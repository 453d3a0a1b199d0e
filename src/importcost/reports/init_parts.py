"""The parts of an estimated init in words, in whole milliseconds that add up."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from importcost.billing.estimate import Estimate, InitLimit
from importcost.billing.function_parts import InitPartKind
from importcost.model.profile import Profile
from importcost.model.results.facts import ProfileFacts


def whole_parts(values: Sequence[float], total: int) -> list[int]:
    """Return `values` as whole numbers that add up to `total`, the largest remainders rounded up.

    Values and total differ by less than one for each value.
    """
    whole = [math.floor(value) for value in values]
    left = total - sum(whole)
    order = sorted(range(len(values)), key=lambda at: whole[at] - values[at])
    for at in order[: max(0, left)]:
        whole[at] += 1
    return whole


def init_parts(estimate: Estimate) -> list[tuple[str, int]]:
    """Return each part's words and whole milliseconds; they add up to the init that reports show.

    That is the billed init, which is rounded up, unless it passes the limit and a retry is billed;
    on a platform that is not modelled the init here, which may be billed in longer steps.
    """
    is_shown = estimate.is_modelled and estimate.limit is not InitLimit.PAST
    init_ms = estimate.init_ms.value
    total = round(estimate.shown_ms.value) if is_shown else math.ceil(init_ms)
    figures = whole_parts([part.ms for part in estimate.parts], total)
    parts = zip(estimate.parts, figures, strict=True)
    return [(_words(part.kind, estimate), ms) for part, ms in parts]


def _words(kind: InitPartKind, estimate: Estimate) -> str:
    count = estimate.module_files
    if kind is InitPartKind.FILES:
        return f"{count:,} module file{'s' * (count != 1)}"
    if kind is InitPartKind.NATIVE:
        return f"{estimate.native_mb:,.1f} MB of native code"
    return str(kind.value)


def parts_sentence(estimate: Estimate) -> str:
    """Return the parts as one sentence, or "" for an estimate that has none."""
    parts = [f"{words} {ms:,} ms" for words, ms in init_parts(estimate)]
    return f"Made of: {', '.join(parts)}." if parts else ""


def on_lambda_ms(profile: Profile, estimate: Estimate, facts: ProfileFacts) -> Mapping[int, float]:
    """Return the milliseconds on Lambda of the most expensive imports, by their nodes."""
    return {node: node_ms(node, profile, estimate, facts) for node in facts.most_expensive}


def node_ms(node: int, profile: Profile, estimate: Estimate, facts: ProfileFacts) -> float:
    """Return the milliseconds on Lambda of one node of the tree, with everything below it."""
    computed = profile.tree.cumulative_us[node] * estimate.speed_ratio.value / 1000
    return computed + (facts.files_ms[node] if facts.files_ms else 0.0)
