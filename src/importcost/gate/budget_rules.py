"""Rules on figures: absolute budgets against an interval, relative ones against a base."""

from __future__ import annotations

from importcost.billing.figures.platforms import load_platforms
from importcost.gate.baseline import Figures, why_modules_only
from importcost.gate.budgets import Budgets, Rule
from importcost.gate.checks import Check, Status
from importcost.gate.compare import ComparedVerdict, Shift, Thresholds
from importcost.gate.relative import change_of_time
from importcost.gate.subject import JudgedHandler
from importcost.model.interval import Interval, dollar_digits
from importcost.model.stats import median_interval


def thresholds_of(budgets: Budgets) -> Thresholds:
    """Return the thresholds that pairs are compared with under these budgets."""
    usual = Thresholds()
    allowed = budgets.max_increase
    if allowed is None:
        return Thresholds(min_delta_us=budgets.min_delta_ms * 1000)
    return Thresholds(
        # A budget below 2 % asks for smaller shifts to be seen; one above 10 % for no more.
        min_shift=min(usual.min_shift, allowed),
        min_delta_us=budgets.min_delta_ms * 1000,
        resolution=max(usual.resolution, allowed),
    )


def within(interval: Interval, budget: float) -> Status:
    """Return FAIL only if the whole interval is over the budget, WARN if its middle is."""
    if interval.low > budget:
        return Status.FAIL
    return Status.WARN if interval.value > budget else Status.PASS


def memory_budget(subject: JudgedHandler) -> tuple[Check, ...]:
    """Hold the median of the runs' peak memory against `max_memory_mb`."""
    budget, peaks = subject.budgets.max_memory_mb, subject.evidence.peak_rss_kb
    if budget is None:
        return ()
    if not peaks:
        message = "Peak memory is not known on this platform: measure on Linux or macOS."
        return (subject.check(Rule.MEMORY, Status.NOT_MEASURED, message, budget=budget),)
    found = median_interval([peak / 1024 for peak in peaks])
    message = f"Peak memory at init is {found.value:,.0f} MB; max_memory_mb is {budget:g}."
    status = within(found, budget)
    return (
        subject.check(Rule.MEMORY, status, message, measured=round(found.value, 1), budget=budget),
    )


def import_budget(subject: JudgedHandler) -> tuple[Check, ...]:
    """Hold the time on this machine of what is not a handler against `max_import_ms`."""
    budget, found = subject.budgets.max_import_ms, subject.evidence.local_ms
    if budget is None:
        return ()
    if found is None:
        message = "max_import_ms is set and nothing was timed: run the whole check."
        return (subject.check(Rule.IMPORT, Status.NOT_MEASURED, message, budget=budget),)
    words = "It takes {} on this machine; max_import_ms is {}"
    return (_budget_check(subject, Rule.IMPORT, words, found, budget),)


def absolute_budgets(subject: JudgedHandler) -> tuple[Check, ...]:
    """Hold the estimate on the platform against `max_init_ms` and its kind."""
    budgets, estimate = subject.budgets, subject.evidence.estimate
    is_here = estimate is not None and not estimate.is_modelled
    basis = "Measured" if is_here else "Estimated"
    wanted = (
        (Rule.INIT, f"{basis} init is", "max_init_ms", budgets.max_init_ms, "init_ms"),
        (
            Rule.BILLED_INIT,
            f"{basis} billed init is",
            "max_billed_init_ms",
            budgets.max_billed_init_ms,
            "billed_init_ms",
        ),
        (
            Rule.COST,
            "A million cold starts cost an estimated",
            "max_cost_per_million",
            budgets.max_cost_per_million,
            "dollars_per_million",
        ),
    )
    checks = []
    for rule, words, key, budget, field in wanted:
        if budget is None:
            continue
        if estimate is None:
            message = f"{key} is set and init was not timed: run the whole check."
            checks.append(subject.check(rule, Status.NOT_MEASURED, message, budget=budget))
            continue
        found: Interval | None = getattr(estimate, field)
        if found is None:
            title = load_platforms()[estimate.platform].title
            message = f"{key} is set, and no price of a start is known for {title}: leave it out."
            checks.append(subject.check(rule, Status.NOT_MEASURED, message, budget=budget))
            continue
        checks.append(_budget_check(subject, rule, f"{words} {{}}; {key} is {{}}", found, budget))
    return tuple(checks)


def _budget_check(
    subject: JudgedHandler, rule: Rule, words: str, found: Interval, budget: float
) -> Check:
    status = within(found, budget)
    said = f"{_said(rule, found.value)} ({_said(rule, found.low)} to {_said(rule, found.high)})"
    proof = ", not proven: the interval includes it" if status is Status.WARN else ""
    message = f"{words.format(said, _said(rule, budget))}{proof}."
    return subject.check(rule, status, message, measured=round(found.value, 4), budget=budget)


def _said(rule: Rule, value: float) -> str:
    return f"${dollar_digits(value)}" if rule is Rule.COST else f"{value:,.0f} ms"


def relative(subject: JudgedHandler, *, earlier: str = "the baseline") -> tuple[Check, ...]:
    """Compare init with the compared version, or without pairs with the baseline's figures.

    `earlier` names those figures in messages.
    """
    if subject.comparison is not None:
        return (_against_pairs(subject),)
    if subject.budgets.max_increase is None or subject.baseline is None:
        return ()
    return (_against_figures(subject, subject.budgets.max_increase, earlier),)


def _against_pairs(subject: JudgedHandler) -> Check:
    """Judge a comparison by the metric that exceeds its budget most.

    An init that takes 3 % more CPU time keeps a budget of 5 %, but not if it also began to wait. So
    each metric that takes part in the verdict is compared with the budget.
    """
    comparison, allowed = subject.comparison, subject.budgets.max_increase
    assert comparison is not None  # noqa: S101 - the caller looked
    budget = None if allowed is None else 100 * allowed
    order = (Status.FAIL, Status.INCONCLUSIVE, Status.WARN, Status.PASS)
    deciding = comparison.deciding
    status, shift = min(
        ((_pairs_status(subject.budgets, one), one) for one in comparison.gated),
        key=lambda found: (order.index(found[0]), found[1] is not deciding),
    )
    message = comparison.reason
    if shift is not deciding:
        message = f"{message} Not kept by {comparison.figures(shift)}."
    if comparison.verdict is ComparedVerdict.SLOWER and budget is not None:
        message = f"{message} max_increase is {budget:g} %."
    measured = round(shift.shift_percent.value, 2)
    return subject.check(Rule.INCREASE, status, message, measured=measured, budget=budget)


def _pairs_status(budgets: Budgets, shift: Shift) -> Status:
    """Judge one metric: without `max_increase`, any slowdown fails.

    With it, a slowdown fails if the whole interval exceeds the budget, and is a warning if only the
    shift itself does.
    """
    percent = shift.shift_percent
    budget = None if budgets.max_increase is None else 100 * budgets.max_increase
    if shift.verdict is ComparedVerdict.INCONCLUSIVE:
        is_kept = (
            budget is not None
            and percent.high <= budget
            and percent.confidence >= 1 - thresholds_of(budgets).alpha
        )
        return Status.PASS if is_kept else Status.INCONCLUSIVE
    if shift.verdict is ComparedVerdict.SLOWER:
        return Status.FAIL if budget is None else within(percent, budget)
    return Status.PASS


def _against_figures(subject: JudgedHandler, allowed: float, earlier: str) -> Check:
    """Compare a later measurement with an earlier one: fails only if the intervals are disjoint.

    Two measurements at different times differ by the machine's drift alone. The calibration
    workload's times correct for the part of it that they show.
    """
    evidence, baseline = subject.evidence, subject.baseline
    assert baseline is not None  # noqa: S101 - the caller looked
    if evidence.function_init is None or evidence.environment is None:
        message = "max_increase is set and init was not timed: run the whole check."
        return subject.check(Rule.INCREASE, Status.NOT_MEASURED, message, budget=100 * allowed)
    refusal = why_modules_only(baseline, evidence.environment)
    if refusal is not None:
        return subject.check(Rule.INCREASE, Status.SKIPPED, refusal, budget=100 * allowed)
    base = _scaled(baseline.figures, evidence.speed_us)
    head = evidence.function_init.cpu_us
    percent = _increase(base, head)
    is_small = head.value - base.value <= subject.budgets.min_delta_ms * 1000
    status = Status.PASS if is_small else within(percent, 100 * allowed)
    message = (
        f"CPU time of init is {change_of_time(base.value, head.value, percent)} "
        f"against {earlier}; max_increase is {100 * allowed:g} %."
    )
    measured = round(percent.value, 2)
    return subject.check(Rule.INCREASE, status, message, measured=measured, budget=100 * allowed)


def _scaled(figures: Figures, speed_us: int | None) -> Interval:
    """Return the baseline's init scaled to the machine's speed of today."""
    factor = speed_us / figures.speed_us if speed_us and figures.speed_us else 1.0
    return Interval(
        figures.init_cpu_low_us * factor,
        figures.init_cpu_us * factor,
        figures.init_cpu_high_us * factor,
    )


def _increase(base: Interval, head: Interval) -> Interval:
    """Return head's increase over base in percent; the bounds are the farthest apart."""
    return Interval(
        100 * (head.low / max(base.high, 1.0) - 1),
        100 * (head.value / max(base.value, 1.0) - 1),
        100 * (head.high / max(base.low, 1.0) - 1),
        min(base.confidence, head.confidence),
    )
