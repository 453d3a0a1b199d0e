"""Recommend the cheapest strategy under which a cold start is not felt, in words.

1. If an answer is streamed anyway and that brings the first byte forward, only streamed options are
   considered: they cost no more below 6 MB. Above that, Lambda returns an answer in no other way.
2. A cold start is felt if it adds more than a warm request takes, and more than 50 ms (or
   `--max-added`). The cheapest of the options without a felt cold start is taken.
3. None may cost more than twice the month as it is, or twice the cheapest option that can return
   the answer (or `--max-cost`). If no affordable option hides the cold start, the one with the
   shortest average wait is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.billing.figures.assumptions import assumed
from importcost.billing.remedies.compare import (
    PINGER,
    PROVISIONED,
    SNAPSTART,
    STREAMING,
    RemedyOption,
    RemedyTable,
)

LEAST_SHOWN = 0.0001
"""Dollars; smaller sums do not matter."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The chosen option and the reason. `felt_ms` and `budget` (dollars a month) are the bounds."""

    option: RemedyOption
    felt_ms: float
    budget: float
    is_hidden: bool
    paragraph: str


def recommend(found: RemedyTable) -> Recommendation:
    """Return the option that the figures support, with a paragraph that explains why."""
    felt_ms, budget = _felt_ms(found), _budget(found)
    options = _streamed_where_it_helps(found, budget)
    affordable = [one for one in options if one.monthly.value <= budget]
    affordable = affordable or [min(options, key=lambda one: one.monthly.value)]
    hidden = [one for one in affordable if _is_hidden(one, felt_ms)]
    if hidden:
        taken = min(hidden, key=lambda one: (one.monthly.value, one.mean_ms))
    else:
        taken = min(affordable, key=lambda one: (one.mean_ms, one.monthly.value))
    sentences = [
        _what(found, taken),
        _waiting(found, taken, felt_ms, is_hidden=bool(hidden)),
        *_first_byte(found, taken),
        *_others(found, options, taken, felt_ms, budget),
        *_caveat(taken),
    ]
    return Recommendation(taken, felt_ms, budget, bool(hidden), " ".join(sentences))


def _felt_ms(found: RemedyTable) -> float:
    if found.traffic.max_added_ms is not None:
        return found.traffic.max_added_ms
    return max(assumed("felt_ms").value, found.traffic.duration_ms)


def _budget(found: RemedyTable) -> float:
    if found.traffic.max_dollars is not None:
        return found.traffic.max_dollars
    cheapest = min((one.monthly.value for one in _able(found)), default=0.0)
    base = cheapest if found.must_stream else found.as_it_is.monthly.value
    return assumed("worth_factor").value * base


def _able(found: RemedyTable) -> Sequence[RemedyOption]:
    """Return the options that can return the answer."""
    return [one for one in found.options if one.has(STREAMING) or not found.must_stream]


def _streamed_where_it_helps(found: RemedyTable, budget: float) -> Sequence[RemedyOption]:
    if found.must_stream:
        return _able(found)
    earlier = found.traffic.duration_ms - assumed("felt_ms").value
    streamed = [one for one in found.options if one.first_byte_ms < earlier]
    # If nothing streamed is within the budget, waiting alone decides.
    return streamed if any(one.monthly.value <= budget for one in streamed) else found.options


def _is_hidden(option: RemedyOption, felt_ms: float) -> bool:
    # A pinger spares some requests the wait; the others wait as long as before.
    return option.cold_share == 0 or _longest_ms(option) <= felt_ms


def _longest_ms(option: RemedyOption) -> float:
    """Return the typical wait, or that of requests that need a deferred import."""
    return max(option.first_request_ms.value, option.worst_ms)


def _what(found: RemedyTable, taken: RemedyOption) -> str:
    before = found.as_it_is
    if taken is before:
        return f"Leave it as it is ({worded_dollars(before.monthly.value)} a month)."
    change = taken.monthly.value - before.monthly.value
    if abs(change) < 0.005:
        against = "the same as it is"
    else:
        word = "more" if change > 0 else "less"
        against = f"{worded_dollars(abs(change))} {word} than as it is"
    text = f"Take {taken.label}: {worded_dollars(taken.monthly.value)} a month, {against}"
    if found.must_stream:
        return f"{text}, but Lambda cannot return an answer of this size."
    return f"{text}."


def _waiting(found: RemedyTable, taken: RemedyOption, felt_ms: float, *, is_hidden: bool) -> str:
    before = found.as_it_is
    share = f"{taken.cold_share:.3g}".rstrip("0").rstrip(".") if taken.cold_share else "0"
    percent = f"{float(share) * 100:g} %"
    was = worded_ms(before.first_request_ms.value)
    if taken.cold_share == 0:
        return f"No request waits for a cold start then; as it is, each one costs {was}."
    wait = worded_ms(taken.first_request_ms.value)
    instead = "" if wait == was else f" instead of {was}"
    late = ""
    if taken.worst_ms > taken.first_request_ms.value + 1:
        late = f" (up to {worded_ms(taken.worst_ms)} if it needs a deferred import)"
    text = f"A cold start, met by {percent} of requests, then adds {wait}{instead}{late}"
    if is_hidden:
        return f"{text}, which is not more than the {worded_ms(felt_ms)} that count as felt."
    return (
        f"{text}; that is felt (above {worded_ms(felt_ms)}), and no option hides it within"
        " the budget."
    )


def _first_byte(found: RemedyTable, taken: RemedyOption) -> list[str]:
    if taken.first_byte_ms >= found.traffic.duration_ms:
        return []
    begins, ends = worded_ms(taken.first_byte_ms), worded_ms(found.traffic.duration_ms)
    return [f"Streaming begins the answer after {begins} rather than {ends}, on every request."]


def _others(
    found: RemedyTable,
    options: Sequence[RemedyOption],
    taken: RemedyOption,
    felt_ms: float,
    budget: float,
) -> list[str]:
    """Explain what speaks against the remedies that people ask about first."""
    texts = []
    for remedy in (SNAPSTART, PROVISIONED, PINGER):
        if taken.has(remedy):
            continue
        having = [one for one in options if one.has(remedy)] or [
            one for one in found.options if one.has(remedy)
        ]
        if having:
            one = min(having, key=lambda option: option.monthly.value)
            texts.append(_against(found, one, taken, felt_ms, budget))
    named = f"{'; '.join(texts)}." if texts else ""
    return [named[0].upper() + named[1:]] if named else []


def _against(
    found: RemedyTable, one: RemedyOption, taken: RemedyOption, felt_ms: float, budget: float
) -> str:
    cost = worded_dollars(one.monthly.value)
    if one.has(PINGER):
        if not found.as_it_is.cold_share:
            return f"{one.label} costs {cost} and has no cold start to spare"
        spared = 1 - one.cold_share / found.as_it_is.cold_share
        return f"{one.label} costs {cost} and spares about {max(0.0, spared):.0%} of cold starts"
    if one.monthly.value > budget:
        why = f"past the {worded_dollars(budget)} that a remedy may cost"
    elif one.cold_share and _longest_ms(one) > felt_ms:
        why = f"and its cold starts add {worded_ms(_longest_ms(one))}"
    elif one.monthly.value > taken.monthly.value:
        why = "for waiting that is not felt"
    else:
        why = "for more waiting on the average"
    return f"{one.label} costs {cost}, {why}"


def _caveat(taken: RemedyOption) -> list[str]:
    if not taken.is_predicted:
        return []
    return ["The savings in it are predicted: `importcost defer TARGET -o x.json` measures them."]


def worded_dollars(value: float) -> str:
    """Return dollars with two decimals, or two digits below a cent."""
    if 0 < value < LEAST_SHOWN:
        return f"less than ${LEAST_SHOWN}"
    return f"${value:,.2f}" if value >= 0.01 or value == 0 else f"${value:.2g}"


def worded_ms(value: float) -> str:
    """Return whole milliseconds, one decimal below ten."""
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"
