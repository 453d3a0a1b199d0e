"""The worth of a deferral on Lambda: saved in init, paid again by the first request that needs it.

Init runs unthrottled at every memory size (the INIT boost). After it a function has memory / 1769
of one vCPU. Deferred work therefore costs max(1, 1769 / memory) times as much, on the share of cold
starts that need it. Both are billed, so break-even is the same in time and in money.
"""

from __future__ import annotations

from dataclasses import replace

from importcost.billing.estimate import Estimate, dollars_per_million, throttle_factor
from importcost.billing.figures.datafiles import check_arch
from importcost.billing.figures.platforms import LAMBDA
from importcost.billing.figures.prices import Prices, load_prices
from importcost.model.advice import Economics


def economics(
    saving_us: float,
    *,
    speed_ratio: float,
    memory_mb: int,
    arch: str,
    blocked_us: float = 0.0,
    files_ms: float = 0.0,
    use_share: float | None = None,
    prices: Prices | None = None,
) -> Economics:
    """Return the worth of a local saving at a memory size.

    `saving_us` is CPU time on the measuring machine, and `speed_ratio` Lambda's time for the same
    work over the local one (`Estimate.speed_ratio`). `blocked_us` is waiting that goes away as well
    (sleep, network): it takes as long on Lambda as here and is not throttled. `files_ms` is what
    the modules' files cost on Lambda (`FileCosts`), which a local saving does not show; after init
    they are throttled like computing. `use_share` (0 to 1) is the share of cold starts known to
    need the work at once, None if unknown. Prices default to
    the shipped ones, tier 1. Raises UsageError for a memory size or an architecture that Lambda
    does not have.
    """
    prices = load_prices() if prices is None else prices
    computed_ms = max(0.0, saving_us) * speed_ratio / 1000 + files_ms
    found = _worth(
        computed_ms, max(0.0, blocked_us) / 1000, throttle_factor(memory_mb), memory_mb, use_share
    )
    price = prices.gb_second(check_arch(arch))
    dollars = dollars_per_million(found.saved_ms, memory_mb, price)
    return replace(found, dollars_per_million=dollars)


def _worth(
    computed_ms: float,
    blocked_ms: float,
    throttle: float,
    memory_mb: int | None,
    use_share: float | None,
) -> Economics:
    """Return the worth of a saving of computing and waiting, without dollars.

    `throttle` is how many times longer computing takes after init; `memory_mb` is None on a
    platform whose memory size does not change that.
    """
    saved_ms = computed_ms + blocked_ms
    first_use_ms = computed_ms * throttle + blocked_ms
    share = saved_ms / first_use_ms if first_use_ms else 1.0
    return Economics(
        saved_ms=saved_ms,
        first_use_ms=first_use_ms,
        break_even_share=share,
        dollars_per_million=None,
        sentence=_sentence(saved_ms, first_use_ms, share, memory_mb, use_share),
        net_ms=None if use_share is None else saved_ms - use_share * first_use_ms,
        waiting_ms=blocked_ms,
    )


def certain_sentence(worth: Economics, bill: Estimate) -> str:
    """Return what deferring does to work that each cold start needs; `worth` is for that share."""
    if bill.platform != LAMBDA:
        return (
            f"Deferring moves {_ms(worth.saved_ms)} of init to the first use, and each start comes "
            "to it: a start as a whole gains nothing."
        )
    memory_mb = bill.memory_mb
    net_ms = worth.saved_ms - worth.first_use_ms
    if net_ms < 0:
        return (
            f"At {memory_mb} MB deferring moves {_ms(worth.saved_ms)} of init to the first "
            f"request, where it takes {_ms(worth.first_use_ms)}: a loss of {_ms(-net_ms)} a cold "
            "start."
        )
    return (
        f"At {memory_mb} MB deferring moves {_ms(worth.saved_ms)} of init to the first request, at "
        "the same speed and billed the same: a cold start gains nothing. It helps only an init "
        "that is near its time limit, and makes the first request slower where init runs ahead of "
        "it (provisioned concurrency, SnapStart)."
    )


def economics_of(
    saving_us: float,
    estimate: Estimate,
    *,
    blocked_us: float = 0.0,
    files_ms: float = 0.0,
    use_share: float | None = None,
    prices: Prices | None = None,
) -> Economics:
    """Return the worth of a local saving for an estimated function; see `economics`.

    Prices default to those of the estimate.
    """
    if estimate.platform != LAMBDA:
        return _worth_as_measured(saving_us, estimate, blocked_us, files_ms, use_share)
    found = economics(
        saving_us,
        speed_ratio=estimate.speed_ratio.value,
        memory_mb=estimate.memory_mb,
        arch=estimate.arch,
        blocked_us=blocked_us,
        files_ms=files_ms,
        use_share=use_share,
        prices=prices,
    )
    if prices is not None:
        return found
    return replace(found, dollars_per_million=estimate.dollars_of_ms(found.saved_ms))


def _worth_as_measured(
    saving_us: float,
    bill: Estimate,
    blocked_us: float,
    files_ms: float,
    use_share: float | None,
) -> Economics:
    """Return the worth of a saving on a platform whose times are those of this machine."""
    computed_ms = max(0.0, saving_us) * bill.speed_ratio.value / 1000 + files_ms
    found = _worth(computed_ms, max(0.0, blocked_us) / 1000, bill.throttle, None, use_share)
    return replace(found, dollars_per_million=bill.dollars_of_ms(found.saved_ms))


def _sentence(
    saved_ms: float,
    first_use_ms: float,
    share: float,
    memory_mb: int | None,
    use_share: float | None,
) -> str | None:
    """Return the sentence about when deferring is a loss, or None if it cannot be one."""
    if saved_ms <= 0:
        return "Deferring this saves nothing."
    if share >= 1 or memory_mb is None:
        return None
    paid = (
        f"at {memory_mb} MB the first request that needs it waits {_ms(first_use_ms)} for work that"
        f" init does in {_ms(saved_ms)}, and that wait is billed too"
    )
    if use_share is not None and use_share > share:
        if use_share >= 1:
            return f"Deferring this is a loss if every cold start needs it at once: {paid}."
        return (
            f"Deferring this is a loss: {use_share:.0%} of cold starts need it at once, and {paid}."
        )
    if use_share is not None:
        return None
    return f"A loss if more than {_percent(share)} of cold starts need it at once: {paid}."


def _ms(value: float) -> str:
    return f"{value:,.1f} ms" if value < 10 else f"{value:,.0f} ms"


def _percent(share: float) -> str:
    return f"{share:.0%}" if share < 0.99 else f"{share:.1%}"
