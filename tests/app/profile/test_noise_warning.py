"""The warning about noise: told where it matters, with what helps."""

from __future__ import annotations

import dataclasses

import pytest

from importcost.app.profile.noise_warning import with_noise_warning
from importcost.measure.plan import PRECISE, QUICK, Plan
from importcost.model.profile import Run, RunKind, Timing, WarningCode
from importcost.model.stats import median_interval
from tests.billing.profile_factory import make_profile


def measured(*cpu_ms: float):
    """Return a profile as timed runs of these times make it."""
    timings = [Timing(round(ms * 1000), round(ms * 1000), round(ms * 1000), 0) for ms in cpu_ms]
    runs = tuple(
        Run(RunKind.TIMED, number, one.wall_us, one, one, one, 50_000)
        for number, one in enumerate(timings)
    )
    profile = make_profile()
    interval = median_interval([float(one.cpu_us) for one in timings])
    function = dataclasses.replace(profile.function_init, cpu_us=interval)
    return dataclasses.replace(profile, runs=runs, function_init=function)


def told(profile, plan=Plan(precision=QUICK)) -> str:  # noqa: B008 - frozen
    messages = [
        one.message
        for one in with_noise_warning(profile, plan).warnings
        if one.code is WarningCode.NOISY
    ]
    assert len(messages) < 2
    return "".join(messages)


@pytest.mark.parametrize(
    "cpu_ms",
    [
        (1000.0,) * 6,
        (1000, 1010, 1020, 1030, 1040, 1000),  # known to 5 %
        (0.2, 0.9, 0.3, 0.2, 0.6),  # known to a factor of three, and nothing of it shows
        (6.0, 7.5, 6.2, 8.0, 6.1, 6.3, 9.0),
        (1000.0, 1000.5, 1001.0),  # few launches, all alike
    ],
)
def test_noise_that_changes_nothing_shown_is_not_told(cpu_ms):
    assert told(measured(*cpu_ms)) == ""


def test_noise_that_shows_is_told_with_what_it_makes_of_the_bill():
    noisy = measured(1000, 1400, 1000, 1400, 1000, 1400)
    message = told(noisy)
    assert "The median of 6 timed runs is known to 17% only (1,000.0 to 1,400.0 ms" in message
    assert "with 95% confidence), which widens the range of the bill" in message
    assert "`importcost profile --precise` measures for up to a minute" in message
    assert message.endswith(".")


@pytest.mark.parametrize("plan", [Plan(precision=PRECISE), Plan(20, QUICK)])
def test_who_measured_as_long_as_asked_needs_other_advice(plan):
    message = told(measured(1000, 1400, 1000, 1400, 1000, 1400), plan)
    assert "--runs" in message
    assert "--precise" not in message


def test_what_satisfies_the_default_may_not_satisfy_precise():
    profile = measured(1000, 1000, 1000, 1090, 1090, 1090)
    assert told(profile) == ""
    assert told(profile, Plan(precision=PRECISE)) != ""
