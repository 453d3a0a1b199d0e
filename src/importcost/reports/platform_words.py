"""The words in which reports speak of a platform: where a time is, and how it is known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from importcost.billing.estimate import Estimate, InitLimit
from importcost.billing.figures.platforms import GENERIC, LAMBDA, Platform, load_platforms
from importcost.model.results.project import FunctionFigures
from importcost.reports.text import dollars, milliseconds

if TYPE_CHECKING:
    # Only types: no command pays for them at its start.
    from importcost.reports.page.contract import IndexWords


def platform_of(estimate: Estimate) -> Platform:
    """Return the platform that an estimate is for."""
    return load_platforms()[estimate.platform]


def where_times_are(platform: str) -> str:
    """Return where the times of a report are spent: `on Lambda` if modelled there, else `here`."""
    found = load_platforms()[platform]
    return f"on {found.title}" if found.is_modelled else "here"


def time_place(estimate: Estimate) -> str:
    """Return the same for an estimate."""
    return "in the log" if estimate.is_logged else where_times_are(estimate.platform)


def time_basis(estimate: Estimate) -> str:
    """Return how the times are known: `modelled on Lambda`, or `measured here`."""
    if estimate.is_logged:
        return "logged"
    return f"modelled {time_place(estimate)}" if estimate.is_modelled else "measured here"


def start_verb(estimate: Estimate) -> str:
    """Return the verb between a start and its time: it bills it, or only takes it."""
    return "takes" if estimate.billed_init_ms is None else "bills"


def start_noun(estimate: Estimate) -> str:
    """Return the noun before a name: `A cold start`, or `A start` where none is warm."""
    return "A start" if estimate.platform == GENERIC else "A cold start"


def init_words(estimate: Estimate, figure: str) -> str:
    """Return a time as the object of `start_verb`: `300 ms of init`, or `300 ms here`."""
    return f"{figure} {time_place(estimate) if estimate.billed_init_ms is None else 'of init'}"


def price_words(estimate: Estimate) -> str | None:
    """Return `$1.20 per million`, None on a platform that has no price."""
    cost = estimate.dollars_per_million
    return None if cost is None else f"{dollars(cost.value)} per million"


def price_unit(estimate: Estimate) -> str:
    """Return what a price is of: `at 512 MB`."""
    price = platform_of(estimate).price
    return f"at {estimate.memory_mb} MB" if price is None else price.unit_at(estimate.memory_mb)


def measured_words(estimate: Estimate) -> str:
    """Return `, 76 ms here` for a start that is billed in steps or parts; "" for any other."""
    if estimate.is_modelled or estimate.billed_init_ms is None:
        return ""
    return f", {milliseconds(estimate.init_ms.value)} {time_place(estimate)}"


def place_words(estimate: Estimate, separator: str) -> str:
    """Return runtime, package type and architecture as far as the platform has them."""
    if estimate.platform == LAMBDA:
        return separator.join((estimate.runtime, estimate.package_type, estimate.arch))
    return separator.join((platform_of(estimate).title, estimate.runtime))


def limit_words(estimate: Estimate) -> str | None:
    """Return `is past Lambda's 10 s limit`, None for an init that is well below or without one."""
    limit = platform_of(estimate).limit
    if not estimate.limit.is_reached or limit is None:
        return None
    word = "is past" if estimate.limit is InitLimit.PAST else "comes near"
    return f"{word} {platform_of(estimate).title}'s {limit.init_ms / 1000:g} s limit"


def limit_sentence(estimate: Estimate) -> str | None:
    """Return the sentence on an init at its limit, with what happens past it; None without one."""
    words, limit = limit_words(estimate), platform_of(estimate).limit
    return None if words is None or limit is None else f"Init {words}: {limit.past}"


def platform_notes(estimate: Estimate) -> tuple[str, ...]:
    """Return the sentences on what is not modelled, which every report says; none on Lambda."""
    return () if estimate.is_modelled else estimate.notes


def heading(estimate: Estimate, name: str) -> str:
    """Return the heading of a summary: `A cold start of NAME bills about 300 ms of init`."""
    figure = init_words(estimate, milliseconds(estimate.shown_ms.value))
    return f"{start_noun(estimate)} of {name} {start_verb(estimate)} about {figure}"


def init_title(functions: Sequence[FunctionFigures]) -> str:
    """Return the title of a column of inits: `Billed init`, or `Init here`."""
    return "Billed init" if _all_bill(functions) else "Init here"


def bills_words(functions: Sequence[FunctionFigures], figure: str) -> str:
    """Return `bills 300 ms of init`, or `takes 300 ms here` on platforms that bill none."""
    return f"bills {figure} of init" if _all_bill(functions) else f"takes {figure} here"


def not_modelled(functions: Sequence[FunctionFigures]) -> list[str]:
    """Return a sentence for each platform of some functions that is not modelled."""
    names = dict.fromkeys(one.platform for one in functions)
    sentences = (load_platforms()[name].not_modelled for name in names)
    return [sentence for sentence in sentences if sentence is not None]


def index_words(functions: Sequence[FunctionFigures]) -> IndexWords:
    """Return the words of a project's page for the init of its functions."""
    names = dict.fromkeys(one.platform for one in functions) or (LAMBDA,)
    platforms = [load_platforms()[name] for name in names]
    is_modelled = all(one.is_modelled for one in platforms)
    some = (
        " or measured here" if not is_modelled and any(one.is_modelled for one in platforms) else ""
    )
    place = where_times_are(LAMBDA) if is_modelled or some else where_times_are(GENERIC)
    known = "modelled" if is_modelled or some else "measured"
    return {
        "init": init_title(functions),
        "basis": f"{known} {place}{some}",
        "place": place,
        "is_modelled": is_modelled,
        "verb": "bills" if _all_bill(functions) else "takes",
    }


def _all_bill(functions: Sequence[FunctionFigures]) -> bool:
    return all(one.dollars_per_million is not None for one in functions)


def nothing_imported(estimate: Estimate) -> str:
    """Return the sentence on an init that imports nothing of its own."""
    loader = "runtime" if platform_of(estimate).runs_lambda_runtime else "interpreter"
    return f"Nothing is imported during init beyond what the {loader} has loaded."
