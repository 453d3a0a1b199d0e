import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.curve import saved_ms
from importcost.billing.estimate import (
    FLOOR_LABEL,
    InitLimit,
    billed_duration_ms,
    dollars_per_million,
    estimate,
    file_costs,
    local_cpu_us,
    throttle_factor,
)
from importcost.billing.figures.cost_model import cost_model
from importcost.billing.figures.floors import find_floor
from importcost.billing.figures.prices import load_prices
from importcost.billing.figures.speed import load_speed_reference
from importcost.billing.function_parts import InitPartKind
from importcost.billing.savings import changed
from importcost.errors import UsageError
from importcost.model.graph import ImportGraph, LoadedFile
from importcost.model.interval import Interval
from importcost.model.machine.speed import MachineSpeed
from importcost.model.profile_checks import check_profile
from importcost.model.results.savings import Basis, Saving
from importcost.reports.init_parts import init_parts
from tests.billing.profile_factory import make_profile
from tests.deferral.graph_factory import module


@pytest.mark.parametrize(
    ("init_ms", "duration_ms", "billed"),
    [(81.26, 2.13, 84), (3004.92, 111.23, 3117), (0.1, 0.2, 1), (81.3, 2.7, 84), (0.0, 0.0, 0)],
)
def test_billed_duration_rounds_the_sum(init_ms, duration_ms, billed):
    assert billed_duration_ms(init_ms, duration_ms) == billed


def test_billed_duration_ignores_the_noise_of_binary_fractions():
    assert billed_duration_ms(math.nextafter(84.0, 85.0), 0.0) == 84


@pytest.mark.parametrize(
    ("memory_mb", "factor"), [(512, 1769 / 512), (1769, 1), (1770, 1), (10240, 1)]
)
def test_throttle_factor(memory_mb, factor):
    assert throttle_factor(memory_mb) == pytest.approx(factor)


def test_throttle_factor_explains_the_published_deferred_pandas():
    # pandas took 1.73 s in init and 6.74 s in the handler at 512 MB.
    assert 1.73 * throttle_factor(512) == pytest.approx(6.74, rel=0.15)


def test_dollars_of_the_monthly_example():
    # 5 M invocations, 1 % cold, 1.8 s of init at 1 GB: 1.50 dollars of init.
    price = load_prices().gb_second("x86_64")
    per_million = dollars_per_million(1800, 1024, price)
    assert per_million * 5 * 0.01 == pytest.approx(1.50, abs=0.005)


def test_init_is_floor_plus_scaled_function_init():
    result = estimate(make_profile(speed_us=10_000))
    ratio = load_speed_reference().versions[12].lambda_us / 10_000 * cost_model("zip").alone.value
    floor = find_floor("python3.12", "zip", "x86_64").floor.p50_ms
    assert result.speed_ratio.value == pytest.approx(ratio)
    assert result.function_init_ms.value == pytest.approx(100 * ratio)
    assert result.init_ms.value == pytest.approx(floor + 100 * ratio)
    assert result.billed_init_ms.value == math.ceil(result.init_ms.value)


def test_a_slow_build_cancels_out():
    fast = make_profile(cpu_us=(95e3, 100e3, 105e3), speed_us=6000)
    slow = make_profile(cpu_us=(190e3, 200e3, 210e3), speed_us=12000)
    assert estimate(slow).init_ms.value == pytest.approx(estimate(fast).init_ms.value)
    assert estimate(slow).init_ms.high == pytest.approx(estimate(fast).init_ms.high)


def test_bands_add_in_quadrature():
    result = estimate(make_profile(cpu_us=(100e3, 100e3, 100e3)))
    function = result.function_init_ms
    floor = result.floor_ms
    up = math.hypot(function.high - function.value, floor.high - floor.value)
    down = math.hypot(function.value - function.low, floor.value - floor.low)
    assert result.init_ms.high - result.init_ms.value == pytest.approx(up)
    assert result.init_ms.value - result.init_ms.low == pytest.approx(down)
    assert function.high / function.value == pytest.approx(cost_model("zip").alone_band.high)


def test_a_noisier_measurement_widens_the_band():
    calm = estimate(make_profile(cpu_us=(99e3, 100e3, 101e3))).init_ms
    noisy = estimate(make_profile(cpu_us=(50e3, 100e3, 150e3))).init_ms
    assert noisy.high > calm.high
    assert noisy.low < calm.low
    assert noisy.value == calm.value


def test_the_local_interval_is_brought_to_the_confidence_of_the_estimate():
    # Of a normal error, 80 % lie within 1.2816 and 95 % within 1.9600 standard deviations.
    log = make_profile(source="lambda-log", speed_us=None, cpu_us=(80_400, 100_000, 119_600))
    function = estimate(log).function_init_ms
    assert function.high == pytest.approx(112.816, abs=0.01)
    assert function.low == pytest.approx(87.184, abs=0.01)
    assert function.confidence == 0.8


def test_phases_are_labelled_and_split_by_cpu():
    result = estimate(make_profile(imports_us=75_000, body_us=25_000))
    floor, imports, body = result.phases
    assert floor.label == FLOOR_LABEL
    assert floor.init_ms == result.floor_ms.value
    assert (imports.label, body.label) == ("handler imports", "module body")
    assert imports.init_ms == pytest.approx(3 * body.init_ms)
    assert sum(phase.share for phase in result.phases) == pytest.approx(1)


def test_waiting_goes_to_the_phase_that_waited():
    waiting = make_profile(
        blocked_us=50_000, imports_us=50_000, body_us=50_000, body_wait_us=50_000
    )
    _, imports, body = estimate(waiting).phases
    assert body.init_ms - imports.init_ms == pytest.approx(50)


def test_significant_waiting_is_billed_unscaled():
    idle = estimate(make_profile(speed_us=5000))
    waiting = estimate(make_profile(speed_us=5000, blocked_us=300_000))
    added = waiting.function_init_ms.value - idle.function_init_ms.value
    assert added == pytest.approx(300)
    assert any("300 ms of waiting" in note for note in waiting.notes)


@pytest.mark.parametrize(("blocked_us", "wall_us"), [(4_900, 20_000), (20_000, 1_000_000)])
def test_insignificant_waiting_is_left_out(blocked_us, wall_us):
    quiet = estimate(make_profile(wall_us=wall_us))
    result = estimate(make_profile(blocked_us=blocked_us, wall_us=wall_us))
    assert result.init_ms == quiet.init_ms


def test_a_log_from_lambda_is_not_scaled():
    log = make_profile(source="lambda-log", speed_us=None, blocked_us=50_000, package_type="image")
    result = estimate(log)
    assert (result.speed_ratio.low, result.speed_ratio.value, result.speed_ratio.high) == (1, 1, 1)
    assert result.function_init_ms.value == pytest.approx(100)
    assert not any("speed_workload" in source.figure for source in result.sources)


def test_an_unknown_machine_has_ratio_one_and_a_wide_band():
    result = estimate(make_profile(source="log", speed_us=None, python_version="unknown"))
    assert result.speed_ratio.value == 1
    assert result.speed_ratio.high / result.speed_ratio.low >= 4
    assert any("not known" in note for note in result.notes)


def test_an_image_has_coefficients_of_its_own():
    zipped, image = estimate(make_profile()), estimate(make_profile(package_type="image"))
    alone = [cost_model(name).alone.value for name in ("zip", "image")]
    found = image.speed_ratio.value / zipped.speed_ratio.value
    assert found == pytest.approx(alone[1] / alone[0])
    assert image.floor_ms.value > 140


def loaded(modules=100, native_mb=20.0, stdlib_mb=5.0):
    """A profile of some module files, one at least, and megabytes of native code."""
    names = [f"package.m{number}" for number in range(modules)]
    graph = ImportGraph(
        tuple(module(name, distribution="package", read_bytes=1000) for name in names),
        (),
        (
            LoadedFile(
                "/a.so", names[0] if names else None, "package", 9, round(native_mb * 1e6), True
            ),
            LoadedFile("/std.so", None, "stdlib", 9, round(stdlib_mb * 1e6), True),
            LoadedFile("/data.json", None, "package", 10**9, None, False),
        ),
    )
    return dataclasses.replace(make_profile(), graph=graph)


def part(result, kind):
    return next((one.ms for one in result.parts if one.kind is kind), 0.0)


def test_the_parts_are_interpreted_code_module_files_and_native_code():
    result, model = estimate(loaded()), cost_model("zip")
    ratio = load_speed_reference().versions[12].lambda_us / 10_000 * model.computing.value
    assert part(result, InitPartKind.INTERPRETED) == pytest.approx(100 * ratio)
    assert part(result, InitPartKind.FILES) == pytest.approx(100 * model.module_ms.value)
    assert part(result, InitPartKind.NATIVE) == pytest.approx(20 * model.native_ms.value)
    assert part(result, InitPartKind.FLOOR) == result.floor_ms.value
    assert sum(one.ms for one in result.parts) == pytest.approx(result.init_ms.value)
    assert (result.module_files, result.native_mb) == (100, 20.0)


def test_unknown_files_are_said_and_widen_the_band():
    unknown, known = estimate(make_profile()), estimate(loaded())
    assert any("were not recorded" in note for note in unknown.notes)
    assert not any("were not recorded" in note for note in known.notes)
    widths = [one.speed_ratio.high / one.speed_ratio.low for one in (unknown, known)]
    assert widths[0] >= widths[1]


@pytest.mark.unhurried
@given(
    st.integers(0, 3000),
    st.floats(0, 400),
    st.integers(0, 500),
    st.floats(0, 100),
    st.sampled_from(["zip", "image"]),
    st.sampled_from(["x86_64", "arm64"]),
)
def test_init_grows_with_each_part(modules, native_mb, more, more_mb, package_type, arch):
    place = {"package_type": package_type, "arch": arch}
    base = estimate(loaded(max(modules, 1), native_mb), **place)
    for other in (
        estimate(loaded(max(modules, 1) + more, native_mb), **place),
        estimate(loaded(max(modules, 1), native_mb + more_mb), **place),
    ):
        assert other.init_ms.value >= base.init_ms.value
        assert other.init_ms.high >= base.init_ms.high - 1e-9
    slower = dataclasses.replace(
        loaded(max(modules, 1), native_mb),
        function_init=make_profile(cpu_us=(110e3, 120e3, 130e3)).function_init,
    )
    assert estimate(slower, **place).init_ms.value > base.init_ms.value
    assert sum(ms for _, ms in init_parts(base)) == base.billed_init_ms.value


def test_what_is_not_loaded_costs_no_files():
    profile = loaded()
    names = [one.name for one in profile.graph.modules]
    less = estimate(changed(profile, 0.5, gone=names))
    assert part(less, InitPartKind.FILES) == part(less, InitPartKind.NATIVE) == 0
    whole = estimate(profile)
    files = file_costs(profile, whole).ms_of(names)
    saved = Saving(Interval(0.5, 0.5, 0.5, 0.8), Basis.PREDICTED, "it", gone=tuple(names))
    assert saved_ms(profile, saved, whole).value == pytest.approx(
        whole.init_ms.value - less.init_ms.value
    )
    assert files == pytest.approx(
        part(whole, InitPartKind.FILES) + part(whole, InitPartKind.NATIVE)
    )


def test_arm64_is_faster_cheaper_and_less_certain():
    x86 = estimate(make_profile())
    arm = estimate(make_profile(), arch="arm64")
    assert arm.init_ms.value < x86.init_ms.value
    assert arm.dollars_per_million.value < x86.dollars_per_million.value
    x86_width = x86.speed_ratio.high / x86.speed_ratio.low
    assert arm.speed_ratio.high / arm.speed_ratio.low > x86_width
    assert any("arm64 times are modelled" in note for note in arm.notes)


def test_another_python_than_the_runtime_is_noted():
    assert not any("Measured with" in note for note in estimate(make_profile()).notes)
    other = estimate(make_profile(python_version="3.11.7"))
    assert any("Measured with Python 3.11.7" in note for note in other.notes)
    assert any("PyPy" in note for note in estimate(make_profile(implementation="PyPy")).notes)


def test_the_preview_runtime_borrows_a_floor_and_says_so():
    result = estimate(make_profile(runtime="python3.15", python_version="3.15.2"))
    assert result.floor_ms == find_floor("python3.14", "zip", "x86_64").ms
    assert any("python3.14 is used instead (modelled)" in note for note in result.notes)


@pytest.mark.parametrize(
    ("init_ms", "limit"),
    [(1_000, InitLimit.BELOW), (8_200, InitLimit.NEAR), (10_500, InitLimit.PAST)],
)
def test_init_limit(init_ms, limit):
    cpu = init_ms * 1000 - find_floor("python3.12", "zip", "x86_64").floor.p50_ms * 1000
    log = make_profile(source="lambda-log", cpu_us=(cpu, cpu, cpu), speed_us=None)
    assert estimate(log).limit is limit


def test_a_band_that_reaches_the_limit_is_near_it():
    # 7.5 s is below 80 % of 10 s, but its upper end is past the limit.
    cpu = 7_500_000 / estimate(make_profile()).speed_ratio.value
    result = estimate(make_profile(cpu_us=(cpu, cpu, cpu)))
    assert result.limit is (InitLimit.NEAR if result.init_ms.high >= 10_000 else InitLimit.BELOW)
    wide = estimate(make_profile(cpu_us=(cpu, cpu, 2 * cpu)))
    assert wide.init_ms.value < 8000 < 10_000 < wide.init_ms.high
    assert wide.limit is InitLimit.NEAR


def test_past_the_limit_the_retry_is_throttled_and_the_lost_init_a_range():
    cpu = 12_000_000
    log = make_profile(source="lambda-log", cpu_us=(cpu, cpu, cpu), speed_us=None)
    small, large = estimate(log, memory_mb=512), estimate(log, memory_mb=3008)
    assert small.init_ms == large.init_ms
    factor = 1769 / 512
    assert small.billed_init_ms.value == math.ceil(small.init_ms.value * factor)
    assert large.billed_init_ms.value == math.ceil(large.init_ms.value)
    assert large.billed_init_ms.high == math.ceil(large.init_ms.high + 10_000)
    assert any("not clear" in note for note in large.notes)


def test_options_override_the_settings():
    result = estimate(make_profile(memory_mb=512), memory_mb=1024, package_type="image")
    assert (result.memory_mb, result.package_type) == (1024, "image")


def test_own_prices_are_used_and_named():
    prices = load_prices({"date": "2027-01-01", "gb_second": {"x86_64": [{"dollars": 1.0}]}})
    result = estimate(make_profile(memory_mb=1024), prices=prices)
    billed_s = result.billed_init_ms.value / 1000
    assert result.dollars_per_million.value == pytest.approx(billed_s * 1_000_000)
    assert "2027-01-01" in {source.date for source in result.sources}


@pytest.mark.parametrize(
    "wrong",
    [{"memory_mb": 127}, {"memory_mb": 10_241}, {"arch": "riscv"}, {"package_type": "jar"}],
)
def test_settings_that_lambda_does_not_have(wrong):
    with pytest.raises(UsageError, match=str(next(iter(wrong.values())))):
        estimate(make_profile(), **wrong)


def test_a_runtime_that_is_no_python():
    with pytest.raises(UsageError, match="nodejs20"):
        estimate(make_profile(runtime="nodejs20.x"))


cpu_times = st.floats(0, 3_000_000).flatmap(
    lambda value: st.tuples(
        st.floats(0.5, 1).map(lambda f: f * value),
        st.just(value),
        st.floats(1, 2).map(lambda f: f * value),
    )
)
profiles = st.builds(
    make_profile,
    cpu_us=cpu_times,
    blocked_us=st.integers(0, 500_000),
    imports_us=st.integers(0, 1_000_000),
    body_us=st.integers(0, 1_000_000),
    imports_wait_us=st.integers(0, 100_000),
    body_wait_us=st.integers(0, 100_000),
    speed_us=st.one_of(st.none(), st.integers(500, 200_000)),
    source=st.sampled_from(["measured", "log", "lambda-log"]),
    runtime=st.sampled_from([f"python3.{minor}" for minor in range(9, 16)]),
    arch=st.sampled_from(["x86_64", "arm64"]),
    package_type=st.sampled_from(["zip", "image"]),
)


@given(profiles)
def test_phases_add_up_exactly_and_none_is_negative(profile):
    result = estimate(profile)
    assert sum(phase.init_ms for phase in result.phases) == result.init_ms.value
    assert min(phase.init_ms for phase in result.phases) >= 0
    parts = result.floor_ms.value + result.function_init_ms.value
    assert result.init_ms.value == pytest.approx(parts)
    assert sum(part.ms for part in result.parts) == pytest.approx(parts)


@given(profiles)
def test_every_band_holds_its_value(profile):
    result = estimate(profile)
    for band in (
        result.floor_ms,
        result.speed_ratio,
        result.function_init_ms,
        result.init_ms,
        result.billed_init_ms,
        result.dollars_per_million,
    ):
        assert 0 <= band.low <= band.value <= band.high


@given(profiles, st.integers(128, 10_240), st.integers(128, 10_240))
def test_memory_moves_dollars_and_never_init(profile, one, other):
    small, large = (estimate(profile, memory_mb=memory) for memory in sorted((one, other)))
    assert small.init_ms == large.init_ms
    if small.limit is InitLimit.PAST:
        return
    assert small.billed_init_ms.value == large.billed_init_ms.value
    assert small.dollars_per_million.value <= large.dollars_per_million.value
    if one != other:
        assert small.dollars_per_million.value < large.dollars_per_million.value


def test_a_log_that_names_no_implementation_is_not_called_another_one():
    logged = dataclasses.replace(make_profile().environment, python_implementation="unknown")
    profile = dataclasses.replace(make_profile(), environment=logged, source="log")
    assert not [note for note in estimate(profile).notes if "not on unknown" in note]


PAIRS = MachineSpeed(
    relative=Interval(9.0, 10.0, 12.0, 0.8),
    samples=8,
    states=(),
    waiting_share=0.0,
    others_share=0.0,
    stolen_share=0.0,
)


def test_the_band_holds_the_error_of_launches_and_samples_in_pairs():
    exact = make_profile(cpu_us=(100e3, 100e3, 100e3))
    paired = estimate(dataclasses.replace(exact, machine=PAIRS)).function_init_ms
    alone = estimate(exact).function_init_ms
    assert paired.value == alone.value
    up, down = 0.2 * alone.value, 0.1 * alone.value
    assert paired.high - paired.value == pytest.approx(math.hypot(alone.high - alone.value, up))
    assert paired.value - paired.low == pytest.approx(math.hypot(alone.value - alone.low, down))


def test_launches_at_two_speeds_do_not_widen_the_band_if_their_pairs_agree():
    two_speeds = make_profile(cpu_us=(70e3, 100e3, 112e3))
    close = dataclasses.replace(PAIRS, relative=Interval(9.9, 10.0, 10.1, 0.95))
    paired = estimate(dataclasses.replace(two_speeds, machine=close)).init_ms
    calm = estimate(make_profile(cpu_us=(99e3, 100e3, 101e3))).init_ms
    assert (paired.low, paired.high) == pytest.approx((calm.low, calm.high), rel=0.001)
    assert local_cpu_us(dataclasses.replace(two_speeds, machine=close), 0.95) == Interval(
        99e3, 100e3, 101e3, 0.95
    )


def test_a_saved_profile_whose_files_have_impossible_sizes_is_refused():
    profile = loaded()
    files = (dataclasses.replace(profile.graph.files[0], resident_bytes=-1),)
    broken = dataclasses.replace(profile, graph=dataclasses.replace(profile.graph, files=files))
    with pytest.raises(UsageError, match=r"graph\.files\[0\]\.resident_bytes is -1"):
        check_profile(broken)
