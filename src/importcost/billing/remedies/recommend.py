"""Recommend the cheapest strategy under which a cold start is not felt, in words.

1. If an answer is streamed anyway and that brings the first byte forward, only streamed options are
   considered: they cost no more below 6 MB. Above that, Lambda returns an answer in no other way.
2. A cold start is felt if it adds more than a warm request takes, and more than 50 ms (or
   `--max-added`). The cheapest option is taken under which 99.9 % of requests (or `--percentile`)
   feel none and as many are served at all.
3. None may cost more than twice the month as it is, or twice the cheapest option that can return
   the answer (or `--max-cost`). If no affordable option hides the cold start, the one with the
   shortest average wait is taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from importcost.billing.figures.assumptions import assumed
from importcost.billing.remedies.compare import (
    AS_IT_IS,
    MANAGED,
    PINGER,
    PROVISIONED,
    SNAPSTART,
    STREAMING,
    RemedyOption,
    RemedyTable,
)
from importcost.billing.remedies.remarks import worded_capacity, worded_share
from importcost.model.interval import dollar_digits

LEAST_SHOWN = 0.0001
"""Dollars; smaller sums do not matter."""

WORTH_PINGING = 0.8
"""A pinger must leave fewer than this share of the cold starts: counts of few differ by chance."""


@dataclass(frozen=True, slots=True)
class Recommendation:
    """The chosen option and the reason. `felt_ms` and `budget` (dollars a month) are the bounds.

    `is_hidden` is True if the option keeps the stated share of requests from a felt cold start.
    """

    option: RemedyOption
    felt_ms: float
    budget: float
    is_hidden: bool
    paragraph: str


def recommend(found: RemedyTable) -> Recommendation:
    """Return the option that the figures support, with a paragraph that explains why."""
    felt_ms, budget = found.traffic.felt_ms, _budget(found)
    options = _without_idle_pingers(_streamed_where_it_helps(found, budget))
    affordable = [one for one in options if one.monthly.value <= budget]
    affordable = affordable or [min(options, key=lambda one: one.monthly.value)]
    hidden = [one for one in affordable if _is_hidden(found, one)]
    if hidden:
        taken = min(hidden, key=lambda one: (one.monthly.value, one.mean_ms))
    else:
        taken = min(affordable, key=lambda one: (one.mean_ms, one.monthly.value))
    sentences = [
        _what(found, taken),
        *_busy(taken),
        _waiting(found, taken, is_hidden=bool(hidden)),
        *_first_byte(found, taken),
        *_others(found, options, taken, felt_ms, budget),
        *_caveat(taken),
    ]
    return Recommendation(taken, felt_ms, budget, bool(hidden), " ".join(sentences))


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


def _without_idle_pingers(options: Sequence[RemedyOption]) -> Sequence[RemedyOption]:
    """Leave out pingers that spare too few cold starts to tell them from chance."""
    plain = {frozenset(one.remedies) - {AS_IT_IS}: one for one in options if not one.has(PINGER)}

    def helps(option: RemedyOption) -> bool:
        without = plain.get(frozenset(option.remedies) - {PINGER})
        return without is None or option.cold_share < WORTH_PINGING * without.cold_share

    return [one for one in options if not one.has(PINGER) or helps(one)]


def _is_hidden(found: RemedyTable, option: RemedyOption) -> bool:
    traffic = found.traffic
    return option.percentile_ms <= traffic.felt_ms and option.refused_share <= 1 - traffic.met_share


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


def _busy(taken: RemedyOption) -> list[str]:
    """Return a sentence on requests that find no provisioned environment or worker free."""
    if taken.refused_share:
        share = worded_share(taken.refused_share)
        return [f"{share} of requests find every worker busy and are refused."]
    if not taken.capacity:
        return []
    where = worded_capacity(taken.capacity)
    if not taken.spilled_share:
        return [f"That is {where}; no simulated request found all of them busy."]
    share = worded_share(taken.spilled_share)
    return [f"That is {where}; {share} of requests find none of them free and run on demand."]


def _waiting(found: RemedyTable, taken: RemedyOption, *, is_hidden: bool) -> str:
    traffic, before = found.traffic, found.as_it_is
    was = worded_ms(before.first_request_ms.value)
    if taken.cold_share == 0:
        return _none_cold(found, taken)
    wait = worded_ms(taken.first_request_ms.value)
    instead = "" if wait == was else f" instead of {was}"
    late = ""
    if taken.worst_ms > taken.first_request_ms.value + 1:
        late = f" (up to {worded_ms(taken.worst_ms)} if it needs a deferred import)"
    share, felt = worded_share(taken.cold_share), worded_ms(traffic.felt_ms)
    text = f"A cold start, met by {share} of requests, then adds {wait}{instead}{late}"
    if _longest_ms(taken) <= traffic.felt_ms:
        return f"{text}, which is not more than the {felt} that count as felt."
    met = worded_share(traffic.met_share)
    if is_hidden:
        return f"{text}; that is felt (above {felt}), but by fewer than the {_rest(found)} allowed."
    return (
        f"{text}; that is felt (above {felt}), and no option keeps {met} of requests from it within"
        " the budget."
    )


def _rest(found: RemedyTable) -> str:
    return worded_share(1 - found.traffic.met_share)


def _none_cold(found: RemedyTable, taken: RemedyOption) -> str:
    """Tell why no request meets a cold start: by statement, by design, or as far as simulated."""
    before = found.as_it_is
    if found.traffic.cold_rate == 0:
        return "By the cold rate that you state, no request meets a cold start."
    was = (
        f"as it is, {worded_share(before.cold_share)} of requests wait"
        f" {worded_ms(before.first_request_ms.value)} for one"
    )
    if not before.cold_share:
        return (
            f"Of {found.simulated:,} simulated requests none meets a cold start, as it is or then."
        )
    if taken.has(MANAGED):
        return f"Environments start ahead of requests, so none waits for a cold start; {was}."
    return f"Of {found.simulated:,} simulated requests none meets a cold start then; {was}."


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
    for remedy in (SNAPSTART, PROVISIONED, PINGER, MANAGED):
        if taken.has(remedy) or (remedy == PROVISIONED and taken.capacity is not None):
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
        spared = max(0.0, 1 - one.cold_share / found.as_it_is.cold_share)
        if one.cold_share:
            spared = min(spared, 0.99)  # it never spares all
        return f"{one.label} costs {cost} and spares about {spared:.0%} of cold starts"
    if one.monthly.value > budget:
        why = f"past the {worded_dollars(budget)} that a remedy may cost"
    elif one.cold_share and _longest_ms(one) > felt_ms:
        share = worded_share(one.cold_share)
        why = f"and its cold starts add {worded_ms(_longest_ms(one))} to {share} of requests"
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
    return f"${dollar_digits(value)}" if value >= 0.01 or value == 0 else f"${value:.2g}"


def worded_ms(value: float) -> str:
    """Return whole milliseconds, one decimal below ten."""
    return f"{value:,.0f} ms" if value >= 10 else f"{value:.1f} ms"
