"""Estimates on platforms: what is modelled on one, and what stays this machine's time."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.estimate import InitLimit, estimate
from importcost.billing.figures.platforms import check_platform, load_platforms
from importcost.declaration import PLATFORMS
from importcost.errors import UsageError
from tests.billing.profile_factory import make_profile


def on(platform, profile):
    return replace(profile, settings=replace(profile.settings, platform=platform))


def test_the_option_names_the_platforms_of_the_data_file():
    assert tuple(load_platforms()) == PLATFORMS


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_that_is_not_modelled_says_so(name):
    platform = load_platforms()[name]
    assert platform.is_modelled is (platform.not_modelled is None)


def test_generic_init_is_the_time_of_this_machine():
    found = estimate(on("generic", make_profile(cpu_us=(95_000, 100_000, 105_000))))
    assert (found.init_ms.value, found.floor_ms.value, found.speed_ratio.value) == (100, 0, 1)
    assert found.billed_init_ms is found.dollars_per_million is found.gb_second_dollars is None
    assert found.limit is InitLimit.NONE
    assert not any("Lambda" in note for note in found.notes)
    assert [phase.label for phase in found.phases] == ["handler imports", "module body"]


@given(
    low=st.integers(0, 10**6),
    more=st.integers(0, 10**6),
    imports=st.integers(0, 10**6),
    body=st.integers(0, 10**6),
    blocked=st.integers(0, 10**6),
)
def test_parts_and_phases_add_up_to_the_init(low, more, imports, body, blocked):
    profile = make_profile(
        cpu_us=(low, low + more, low + 2 * more),
        imports_us=imports,
        body_us=body,
        blocked_us=blocked,
    )
    found = estimate(on("generic", profile))
    assert sum(part.ms for part in found.parts) == pytest.approx(found.init_ms.value)
    assert sum(phase.init_ms for phase in found.phases) == pytest.approx(found.init_ms.value)
    assert found.init_ms.value == pytest.approx(profile.function_init.local_us / 1000)
    assert found.shown_ms == found.init_ms


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("genric", "name generic"),
        ("Lambada", "name lambda"),
        ("", "name lambda, lambda-managed, agentcore, cloudrun, azure-flex or generic"),
        ("cloud run", "name cloudrun"),
        ("Azure_Flex", "name azure-flex"),
        ("Vercel", "no data on"),
        ("fargate", "--platform generic"),
    ],
)
def test_another_name_is_refused_with_a_way_on(name, says):
    with pytest.raises(UsageError, match=says):
        check_platform(name)


@given(ms=st.integers(0, 300_000), memory=st.integers(128, 32_768))
def test_cloud_run_bills_no_less_than_the_start_takes(ms, memory):
    profile = make_profile(cpu_us=(ms * 900, ms * 1000, ms * 1100), memory_mb=memory)
    found = estimate(on("cloudrun", profile))
    billed, cost = found.billed_init_ms, found.dollars_per_million
    assert found.init_ms.value <= billed.value < found.init_ms.value + 100 + 1e-6
    assert billed.value % 100 == 0
    assert billed.low <= billed.value <= billed.high
    assert cost.low <= cost.value <= cost.high
    price = load_platforms()["cloudrun"].price
    least = price.vcpu_second * price.vcpus_at(memory)
    assert cost.value >= billed.value / 1000 * least * 1_000_000 * (1 - 1e-9)


@given(ms=st.integers(1, 60_000), blocked=st.integers(0, 60_000_000))
def test_agentcore_bills_no_processor_time_for_waiting(ms, blocked):
    profile = make_profile(cpu_us=(ms * 1000,) * 3, blocked_us=blocked)
    found = estimate(on("agentcore", profile))
    price = load_platforms()["agentcore"].price
    most = ms / 1000 * price.vcpu_second + found.init_ms.value / 1000 * price.gb_second / 8
    assert found.dollars_per_million.value == pytest.approx(most * 1_000_000, rel=1e-6)
    assert found.billed_init_ms.value >= round(found.init_ms.value, 6)


def test_a_memory_size_decides_the_vcpus():
    price = load_platforms()["cloudrun"].price
    assert [price.vcpus_at(size) for size in (128, 4096, 4097, 16_384, 32_768)] == [1, 1, 2, 4, 8]


@pytest.mark.parametrize(
    ("platform", "ms", "limit"),
    [
        ("agentcore", 20_000, InitLimit.BELOW),
        ("agentcore", 26_000, InitLimit.NEAR),
        ("agentcore", 31_000, InitLimit.PAST),
        ("cloudrun", 31_000, InitLimit.BELOW),
        ("lambda-managed", 140_000, InitLimit.PAST),
        ("azure-flex", 140_000, InitLimit.NONE),
    ],
)
def test_each_platform_has_its_own_limit(platform, ms, limit):
    size = load_platforms()[platform].memory
    profile = make_profile(cpu_us=(ms * 1000,) * 3, memory_mb=size.usual if size else 128)
    assert estimate(on(platform, profile)).limit is limit
