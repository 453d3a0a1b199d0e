"""Cold-start strategies: the bill to the cent, the waiting, and what follows from both."""

import dataclasses
import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from importcost.billing.estimate import estimate
from importcost.billing.figures.prices import load_prices
from importcost.billing.remedies.compare import (
    AS_IT_IS,
    BYTECODE,
    DEFERRAL,
    PINGER,
    PROVISIONED,
    SNAPSTART,
    STREAMING,
    RemedyOutcome,
    compare_strategies,
    percentile,
)
from importcost.billing.remedies.money import Tariff, break_even_utilisation, streaming, tiered
from importcost.billing.remedies.recommend import recommend, worded_dollars
from importcost.billing.remedies.traffic import Traffic
from importcost.errors import UsageError
from importcost.model.advice import Advice, BytecodeFinding
from importcost.reports.terminal.remedies import render_strategies, strategies_json
from tests.billing.profile_factory import make_profile
from tests.cli.bill_factory import advice
from tests.sampling import examples

FLOOR_MS = 84.4  # python3.12, zip, x86_64


def function(init_ms, *, memory_mb=1024, found=None, **settings):
    """Return a profile whose estimated init is `init_ms`: timed on Lambda, so ratio 1."""
    cpu_us = (init_ms - FLOOR_MS) * 1000
    profile = make_profile(
        cpu_us=(cpu_us, cpu_us, cpu_us), memory_mb=memory_mb, source="lambda-log", **settings
    )
    return dataclasses.replace(profile, advice=found)


# lambda-facts: N 5 M, p 1 %, i 1.8 s, d 0.12 s, M 1 GB, x86_64, no free tier.
EXAMPLE = Traffic(5_000_000, 0.01, 120.0, use_share=0.0, provisioned=5)


def cents(option):
    return round(option.monthly.value, 2)


def part(option, label):
    return round(next(one.dollars for one in option.parts if one.label == label), 2)


@pytest.mark.unhurried
def test_the_worked_example_comes_out_to_the_cent():
    share = 1_200 / (1_800 - FLOOR_MS)
    found = compare_strategies(function(1_800, found=advice(share=share)), EXAMPLE)
    assert found.estimate.billed_init_ms.value == 1_800
    plain, deferred = found.find(AS_IT_IS), found.find(DEFERRAL)
    assert (cents(plain), part(plain, "init")) == (12.50, 1.50)
    assert cents(deferred) == 11.50
    snap, kept = found.find(SNAPSTART), found.find(PROVISIONED)
    assert (cents(snap), part(snap, "cache"), part(snap, "restores")) == (21.94, 3.95, 6.99)
    assert (cents(kept), part(kept, "standing")) == (61.58, 54.75)


@pytest.mark.unhurried
def test_parts_add_up_and_options_are_sorted():
    found = compare_strategies(
        function(1_800, found=advice(share=0.4, bytecode_share=0.5)),
        dataclasses.replace(EXAMPLE, payload_kb=20.0),
    )
    for option in found.options:
        assert sum(one.dollars for one in option.parts) == pytest.approx(option.monthly.value)
        band = option.monthly
        assert band.low <= band.value <= band.high
    dollars = [option.monthly.value for option in found.options]
    assert dollars == sorted(dollars)
    assert len({option.label for option in found.options}) == len(found.options)


@pytest.mark.unhurried
def test_deferred_work_is_paid_again_by_those_who_need_it():
    profile = function(1_800, memory_mb=512, found=advice(share=0.5))
    never, always = (
        compare_strategies(profile, dataclasses.replace(EXAMPLE, use_share=share)).find(DEFERRAL)
        for share in (0.0, 1.0)
    )
    saved = (1_800 - FLOOR_MS) / 2
    assert never.first_request_ms.value == pytest.approx(1_800 - saved)
    late = saved * 1769 / 512
    assert always.first_request_ms.value == pytest.approx(1_800 - saved + late)
    extra = 50_000 * 0.5 * late / 1000 * 0.0000166667
    assert always.monthly.value - never.monthly.value == pytest.approx(extra)
    assert never.worst_ms == pytest.approx(1_800 - saved)
    assert always.worst_ms == pytest.approx(1_800 - saved + late)


@pytest.mark.unhurried
def test_savings_that_were_not_verified_are_marked():
    for is_verified in (True, False):
        found = compare_strategies(
            function(900, found=advice(share=0.5, is_verified=is_verified)), EXAMPLE
        )
        assert found.find(DEFERRAL).is_predicted is not is_verified
        text = render_strategies(found, recommend(found), width=100, colour=False)
        assert ("predicted, not verified" in text) is not is_verified
        basis = "verified" if is_verified else "predicted"
        assert basis in found.find(DEFERRAL).remarks[0]


@pytest.mark.unhurried
def test_a_prediction_of_nothing_is_no_remedy_and_not_recommended():
    nothing = Advice((), (), None, BytecodeFinding(1, "compileall", None))
    found = compare_strategies(function(900, found=nothing), EXAMPLE)
    assert not any(one.has(BYTECODE) for one in found.options)
    text = render_strategies(found, recommend(found), width=200, colour=False)
    assert "hash-based bytecode for 1 module is predicted to save less than 1%" in text


def test_sums_below_all_money_are_written_without_exponents():
    assert worded_dollars(5e-7) == "less than $0.0001"
    assert (worded_dollars(0.0), worded_dollars(0.0042), worded_dollars(1234.5)) == (
        "$0.00",
        "$0.0042",
        "$1,234.50",
    )


def test_an_answer_that_not_even_streaming_returns_is_refused():
    with pytest.raises(UsageError, match=r"An answer of 300,000 KB is more .* \(200 MB\)"):
        dataclasses.replace(EXAMPLE, payload_kb=300_000.0)
    dataclasses.replace(EXAMPLE, payload_kb=200.0 * 1024)


@pytest.mark.unhurried
def test_bytecode_and_deferral_multiply():
    found = compare_strategies(
        function(1_084.4, found=advice(share=0.5, bytecode_share=0.4)), EXAMPLE
    )
    both = found.find(BYTECODE, DEFERRAL)
    assert both.first_request_ms.value == pytest.approx(FLOOR_MS + 1_000 * 0.5 * 0.6)


@pytest.mark.parametrize(
    ("settings", "traffic", "word"),
    [
        ({"runtime": "python3.11", "python_version": "3.11.7"}, {}, "too old"),
        ({"package_type": "image", "runtime": "python3.11"}, {}, "too old"),
        ({"package_type": "image"}, {"uses_efs": True}, "EFS"),
        ({}, {"uses_efs": True}, "EFS"),
        ({}, {"tmp_mb": 513}, "/tmp"),
    ],
)
def test_snapstart_is_named_where_it_cannot_be_and_not_listed(settings, traffic, word):
    found = compare_strategies(function(1_800, **settings), dataclasses.replace(EXAMPLE, **traffic))
    assert not [one for one in found.options if one.has(SNAPSTART)]
    assert any(word in reason for reason in found.left_out)


@pytest.mark.unhurried
@pytest.mark.parametrize("package_type", ["zip", "image"])
@pytest.mark.parametrize("runtime", ["python3.12", "python3.13", "python3.14"])
def test_snapstart_is_compared_for_images_too_with_what_they_need(package_type, runtime):
    profile = function(1_800, package_type=package_type, runtime=runtime)
    option = compare_strategies(profile, EXAMPLE).find(SNAPSTART)
    needs_label = [one for one in option.remarks if "feature.snapstart" in one]
    assert len(needs_label) == (package_type == "image")
    assert sum(part.dollars for part in option.parts) == pytest.approx(option.monthly.value)


@pytest.mark.unhurried
def test_what_does_not_go_together_is_named_and_not_listed():
    found = compare_strategies(function(1_800, found=advice(share=0.5)), EXAMPLE)
    for option in found.options:
        assert not (option.has(SNAPSTART) and option.has(PROVISIONED))
        assert not (option.has(SNAPSTART) and option.has(DEFERRAL))
        assert not option.has(STREAMING)
    said = " ".join(found.left_out)
    assert "SnapStart with provisioned concurrency" in said
    assert "no answer to stream" in said


@pytest.mark.unhurried
def test_streaming_brings_the_first_byte_forward_and_costs_nothing_below_6_mb():
    traffic = dataclasses.replace(EXAMPLE, payload_kb=200.0, first_byte_ms=15.0)
    found = compare_strategies(function(1_800), traffic)
    streamed, plain = found.find(STREAMING), found.find(AS_IT_IS)
    assert streamed.monthly.value == plain.monthly.value
    assert (streamed.first_byte_ms, plain.first_byte_ms) == (15.0, 120.0)


@pytest.mark.unhurried
def test_streamed_bytes_past_the_free_ones_are_billed():
    # 16 MB each, 10 of them paid, 100,000 a month: 976.5625 GB, 100 of them free.
    traffic = Traffic(100_000, 0.01, 500.0, payload_kb=16 * 1024)
    assert streaming(traffic, load_prices()).dollars == pytest.approx(876.5625 * 0.008)
    found = compare_strategies(function(1_800), traffic)
    assert all(one.has(STREAMING) or one is found.as_it_is for one in found.options)
    assert any("Unstreamed answers" in reason for reason in found.left_out)


@pytest.mark.unhurried
@pytest.mark.parametrize(
    "change",
    [{}, {"first_byte_ms": 500.0}, {"max_dollars": 0.01}, {"invocations": 10_000_000}],
)
def test_what_cannot_return_the_answer_is_never_recommended(change):
    traffic = Traffic(100_000, 0.01, 500.0, payload_kb=16 * 1024)
    found = compare_strategies(function(1_800), dataclasses.replace(traffic, **change))
    assert found.must_stream
    choice = recommend(found)
    assert choice.option.has(STREAMING)
    assert "cannot return an answer of this size" in choice.paragraph


@pytest.mark.unhurried
def test_the_break_even_utilisation_makes_both_bills_equal():
    profile = function(1_800)
    traffic = dataclasses.replace(EXAMPLE, provisioned=1, spillover=0.0)
    found = compare_strategies(profile, traffic)
    even = found.break_even
    # Without any init: 4.1667 / (16.6667 - 9.7222); the on-demand init makes it lower.
    assert even < 0.6
    count = round(even * 2_628_000 / 0.12)
    at = compare_strategies(profile, dataclasses.replace(traffic, invocations=count))
    assert at.utilisation == pytest.approx(even, abs=1e-4)
    assert at.find(PROVISIONED).monthly.value == pytest.approx(at.as_it_is.monthly.value, rel=1e-4)


def test_no_utilisation_pays_where_busy_seconds_are_not_cheaper():
    prices = load_prices({"date": "d", "provisioned_duration_gb_second": {"x86_64": 1.0}})
    tariff = Tariff(1.0, "x86_64", prices)
    assert math.isinf(break_even_utilisation(EXAMPLE, tariff, 0.01, 100.0))


def test_tiers_are_priced_one_after_the_other():
    tiers = load_prices().by_arch["x86_64"].gb_second
    assert tiered(6e9, tiers) == pytest.approx(6e9 * 0.0000166667)
    assert tiered(16e9, tiers) == pytest.approx(
        6e9 * 0.0000166667 + 9e9 * 0.000015 + 1e9 * 0.0000133334
    )


@pytest.mark.unhurried
def test_a_pinger_helps_rare_requests_and_not_steady_ones():
    steady = compare_strategies(function(1_800), EXAMPLE).find(PINGER)
    assert steady.cold_share == pytest.approx(0.01, rel=0.05)
    assert "scale-out" in " ".join(steady.remarks)
    rare_traffic = Traffic(10_000, 0.08, 120.0)
    rare = compare_strategies(function(1_800), rare_traffic).find(PINGER)
    assert rare.cold_share < 0.06
    assert rare.cold_share > 0  # recycling goes on


@given(
    st.lists(
        st.tuples(st.floats(0, 0.2), st.floats(0, 1e4)).map(lambda pair: RemedyOutcome(*pair)),
        max_size=5,
    ),
    st.floats(0.01, 0.99),
)
def test_percentiles_are_those_of_the_whole_month(outcomes, share):
    found = percentile(outcomes, share)
    below = 1 - sum(one.share for one in outcomes if one.added_ms > found)
    assert below >= share - 1e-9
    less = 1 - sum(one.share for one in outcomes if one.added_ms >= found > 0)
    assert found == 0 or less < share + 1e-9


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("rate", "p50", "p99"), [(0.009, 0, 0), (0.02, 0, 1_800), (0.6, 1_800, 1_800)]
)
def test_the_percentiles_follow_the_cold_rate(rate, p50, p99):
    plain = compare_strategies(
        function(1_800), dataclasses.replace(EXAMPLE, cold_rate=rate)
    ).as_it_is
    assert plain.p50_ms == pytest.approx(p50)
    assert plain.p99_ms == pytest.approx(p99)
    assert plain.mean_ms == pytest.approx(rate * 1_800)


@pytest.mark.unhurried
def test_an_init_past_the_limit_waits_for_its_retry():
    found = compare_strategies(function(12_000, memory_mb=512), EXAMPLE)
    assert found.as_it_is.first_request_ms.value == pytest.approx(10_000 + 12_000 * 1769 / 512)


traffics = st.builds(
    Traffic,
    invocations=st.integers(10_000, 10**7),
    cold_rate=st.none() | st.floats(0, 1),
    duration_ms=st.floats(1, 3e4),
    payload_kb=st.none() | st.floats(0, 2e4),
    versions=st.integers(1, 5),
    use_share=st.floats(0, 1),
    provisioned=st.none() | st.integers(1, 1000),
    spillover=st.none() | st.floats(0, 1),
)


LARGE_ANSWERS = Traffic(
    invocations=8631, cold_rate=0.0, duration_ms=766.0, payload_kb=20_000.0, versions=3,
    use_share=1.0, provisioned=None, spillover=0.0,
)  # fmt: skip


@settings(deadline=None, max_examples=examples(25))
@example(LARGE_ANSWERS, 246.0, False)  # streaming them costs more than a remedy may
@given(traffics, st.floats(100, 15_000), st.booleans())
def test_any_traffic_gives_finite_figures_and_one_recommendation(traffic, init_ms, has_advice):
    found_advice = advice(share=0.4, bytecode_share=0.3) if has_advice else None
    found = compare_strategies(function(init_ms, found=found_advice), traffic, simulated=500)
    choice = recommend(found)
    assert choice.option in found.options
    able = [one for one in found.options if one.has(STREAMING) or not found.must_stream]
    assert choice.option in able
    assert choice.option.monthly.value <= max(choice.budget, min(one.monthly.value for one in able))
    for option in found.options:
        assert 0 <= option.cold_share <= 1 + 1e-9
        assert option.p50_ms <= option.p99_ms <= option.worst_ms + 1e-6
        assert all(one.dollars >= 0 for one in option.parts)
    assert json.loads(strategies_json(found, choice), parse_constant=pytest.fail)["options"]
    text = render_strategies(found, choice, width=60, colour=False)
    assert max(map(len, text.splitlines())) <= 60


@settings(deadline=None, max_examples=examples(25))
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_use_share_never_makes_deferring_better(one, other):
    low, high = sorted((one, other))
    profile = function(1_800, memory_mb=512, found=advice(share=0.5))
    less, more = (
        compare_strategies(
            profile, dataclasses.replace(EXAMPLE, use_share=share), simulated=200
        ).find(DEFERRAL)
        for share in (low, high)
    )
    assert less.monthly.value <= more.monthly.value + 1e-12
    assert less.first_request_ms.value <= more.first_request_ms.value + 1e-9


@pytest.mark.parametrize(
    "wrong",
    [
        {"cold_rate": 1.1},
        {"cold_rate": -0.1},
        {"duration_ms": 0.0},
        {"duration_ms": math.inf},
        {"invocations": 0},
        {"first_byte_ms": 121.0},
        {"use_share": 2.0},
    ],
)
def test_figures_that_cannot_be_are_refused(wrong):
    with pytest.raises(UsageError):
        dataclasses.replace(EXAMPLE, **wrong)


# Three functions that people ask about; their code and their traffic decide, nothing else.
CASES = {
    # A chat API: boto3 and an HTTP client, answers of a few KB over seconds, moderate traffic.
    "chat": (
        function(900, memory_mb=512, found=advice(share=0.5, bytecode_share=0.4)),
        Traffic(300_000, 0.02, 2_500.0, payload_kb=8.0, use_share=0.2),
    ),
    # A model that streams its answer: seconds of init that cannot be deferred.
    "model": (
        function(8_000, memory_mb=3008),
        Traffic(100_000, 0.05, 6_000.0, payload_kb=40.0),
    ),
    # A trading endpoint: short, steady, cold starts are what it cannot afford.
    "trading": (function(600, memory_mb=1769), Traffic(50_000_000, 0.002, 15.0, max_dollars=100.0)),
}


def recommended(name):
    profile, traffic = CASES[name]
    return recommend(compare_strategies(profile, traffic))


@pytest.mark.unhurried
def test_a_chat_api_streams_and_defers():
    choice = recommended("chat")
    assert set(choice.option.remedies) == {BYTECODE, DEFERRAL, STREAMING}
    assert "less than as it is" in choice.paragraph or "the same as it is" in choice.paragraph
    assert "SnapStart" in choice.paragraph


@pytest.mark.unhurried
def test_a_streaming_model_takes_snapstart():
    choice = recommended("model")
    assert set(choice.option.remedies) == {SNAPSTART, STREAMING}
    assert "instead of 8,000 ms" in choice.paragraph


@pytest.mark.unhurried
def test_a_trading_endpoint_takes_provisioned_concurrency():
    choice = recommended("trading")
    assert choice.option.remedies == (PROVISIONED,)
    assert choice.option.spilled_share > 0
    assert "of requests find none of them free and run on demand" in choice.paragraph
    assert "met by" in choice.paragraph


@pytest.mark.unhurried
def test_without_cold_starts_no_remedy_is_said_to_spare_any():
    choice = recommend(compare_strategies(function(600), Traffic(100_000, 0.0, 50.0)))
    assert choice.option.remedies == (AS_IT_IS,)
    assert "no cold start to spare" in choice.paragraph
    assert "% of cold starts" not in choice.paragraph


@pytest.mark.unhurried
def test_a_rare_job_is_not_given_what_costs_a_thousand_times_more():
    traffic = Traffic(1_000, 0.9, 200.0)
    choice = recommend(compare_strategies(function(600), traffic))
    assert not {SNAPSTART, PROVISIONED} & set(choice.option.remedies)
    assert not choice.is_hidden
    assert "past the" in choice.paragraph


@pytest.mark.unhurried
def test_a_wait_of_those_that_need_the_deferred_work_counts():
    # On the average it is not felt, but a fifth of the cold starts would wait for seconds.
    profile = function(2_100, memory_mb=512, found=advice(share=0.5, bytecode_share=0.4))
    traffic = Traffic(300_000, 0.02, 2_500.0, use_share=0.2)
    assert recommend(compare_strategies(profile, traffic)).option.remedies == (BYTECODE,)
    unused = dataclasses.replace(traffic, use_share=0.0)
    taken = recommend(compare_strategies(profile, unused)).option
    assert taken.has(DEFERRAL)


@pytest.mark.unhurried
def test_the_users_own_bounds_decide():
    profile, traffic = CASES["trading"]
    patient = dataclasses.replace(traffic, max_added_ms=1_000.0)
    assert recommend(compare_strategies(profile, patient)).option.remedies == (AS_IT_IS,)
    poor = dataclasses.replace(traffic, max_dollars=1.0)
    assert recommend(compare_strategies(profile, poor)).option.remedies != (PROVISIONED,)


@settings(deadline=None, max_examples=examples(25))
@given(traffics, st.floats(100, 9_000))
def test_the_recommended_option_is_never_dominated(traffic, init_ms):
    traffic = dataclasses.replace(traffic, payload_kb=None)
    found = compare_strategies(function(init_ms, found=advice(share=0.4)), traffic, simulated=500)
    choice = recommend(found)
    taken = choice.option
    for one in found.options:
        # A pinger that spares few cold starts is left out: among 500 requests that is chance.
        is_better = not one.has(PINGER) and (
            one.monthly.value < taken.monthly.value - 1e-9
            and one.first_request_ms.value < taken.first_request_ms.value - 1e-9
            and one.worst_ms < taken.worst_ms - 1e-9
            and one.cold_share <= taken.cold_share
            and one.refused_share <= taken.refused_share
        )
        assert not is_better


@pytest.mark.unhurried
def test_the_estimate_is_that_of_the_profile():
    profile = function(1_800)
    assert compare_strategies(profile, EXAMPLE).estimate == estimate(profile)
