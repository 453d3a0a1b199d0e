from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.estimate import estimate
from importcost.gate.baseline import handler_baseline
from importcost.gate.budget_rules import thresholds_of, within
from importcost.gate.budgets import RULE_TEXT, Budgets, Level, Levels, Rule
from importcost.gate.checks import Check, Status, exit_code, worst_status
from importcost.gate.compare import ComparedVerdict, compare_timings
from importcost.gate.event_rules import rule_of_event
from importcost.gate.import_rules import MAX_CHAINS
from importcost.gate.patterns import matches, topmost
from importcost.gate.rules import (
    failing_handler,
    measured_check,
    one_sided_handler,
    run_checks,
    unmeasured_handler,
)
from importcost.gate.subject import Evidence, JudgedHandler, evidence_of
from importcost.model.advice import Advice, BytecodeFinding, Verification
from importcost.model.interval import Interval
from importcost.model.package.bytecode import (
    BytecodeCount,
    PackageBytecode,
    Recipe,
    ShippedState,
)
from importcost.model.package.size import (
    BYTES_PER_MB,
    DistributionSize,
    PackageForm,
    PackageSize,
    PlaceSize,
)
from importcost.model.profile import Pair
from tests.gate.profiles import GRAPH, HANDLER_FILE, ROWS, event_of, profile_of
from tests.gate.timings import pairs, timing


def subject_of(profile=None, *, levels=None, baseline=None, comparison=None, **budgets):
    profile = profile_of(events={}) if profile is None else profile
    evidence = evidence_of(profile, estimate(profile))
    return JudgedHandler(
        "orders", Budgets(**budgets), evidence, levels or Levels(), baseline, comparison
    )


def found(rule, *args, **values):
    return [check for check in run_checks(subject_of(*args, **values)) if check.rule is rule]


def statuses(rule, *args, **values):
    return [check.status for check in found(rule, *args, **values)]


@pytest.mark.parametrize(
    ("name", "pattern", "is_meant"),
    [
        ("pandas", "pandas", True),
        ("pandas.core.frame", "pandas", True),
        ("pandas_stubs", "pandas", False),
        ("botocore.vendored.requests", "*.requests", True),
        ("botocore.vendored.requests.api", "*.requests", True),
        ("requests", "*.requests", False),
        ("google.cloud.storage", "google.*", True),
        ("google", "google.*", False),
        ("Pandas", "pandas", False),
    ],
)
def test_a_pattern_means_the_module_and_all_in_it(name, pattern, is_meant):
    assert matches(name, pattern) is is_meant


def test_the_topmost_of_some_modules_are_those_whose_packages_are_not_among_them():
    assert topmost(["a.b", "a.b.c", "d", "d.e.f", "ab"]) == ("a.b", "d", "ab")


def test_a_forbidden_import_shows_its_whole_chain_and_the_line_to_change():
    (check,) = found(Rule.FORBIDDEN_IMPORT, forbid=("numpy", "pandas"))[:1]
    assert check.status is Status.FAIL
    assert check.message == (
        "pandas is forbidden and loaded at init: "
        "handler (handler.py:1) > helper (helper.py:4) > pandas."
    )
    assert (check.file, check.line) == ("/var/task/helper.py", 4)
    assert (check.about, check.imports) == ("pandas", "pandas")


def test_a_budget_points_at_the_heaviest_own_import():
    (check,) = found(Rule.INIT, max_init_ms=1)
    assert (check.file, check.line, check.imports) == ("/var/task/helper.py", 4, "pandas")
    lighter = profile_of({**ROWS, "numpy": 900_000}, events={})
    (check,) = found(Rule.INIT, lighter, max_init_ms=1)
    # Two imports share numpy, so neither has it alone: the one that loads more of the whole.
    assert (check.file, check.line) == ("/var/task/helper.py", 4)
    (alone,) = found(
        Rule.INIT,
        profile_of(
            {"handler": 1, "pandas": 9_000, "numpy": 50_000},
            "handler:1 > pandas\nhandler:2 > numpy",
            events={},
        ),
        max_init_ms=1,
    )
    assert (alone.line, alone.imports) == (2, "numpy")


def test_a_module_count_points_at_the_import_that_brings_most_modules():
    (check,) = found(Rule.MODULE_COUNT, max_modules=1)
    assert (check.file, check.line) == ("/var/task/helper.py", 4)


def test_a_budget_that_no_import_breaks_points_at_the_settings():
    (check,) = found(Rule.INIT, profile_of({"handler": 900_000}, "", events={}), max_init_ms=1)
    assert check.file is None
    (kept,) = found(Rule.INIT, max_init_ms=10_000)
    assert (kept.status, kept.file) == (Status.PASS, None)


def test_forbidden_submodules_are_one_finding_with_the_pattern_named():
    (check,) = found(Rule.FORBIDDEN_IMPORT, forbid=("pan*",))
    assert "pandas is forbidden by pan*" in check.message


def test_what_is_not_loaded_passes():
    assert statuses(Rule.FORBIDDEN_IMPORT, forbid=("scipy",)) == [Status.PASS]


def test_more_forbidden_modules_than_are_shown_are_counted():
    graph = "\n".join(f"handler:{line} > other{line}" for line in range(1, MAX_CHAINS + 6))
    checks = found(Rule.FORBIDDEN_IMPORT, profile_of(graph=graph), forbid=("other*",))
    assert len(checks) == MAX_CHAINS + 1
    assert checks[-1].status is Status.FAIL
    assert "5 more modules" in checks[-1].message
    assert f"other{MAX_CHAINS + 5}" in checks[-1].message


@pytest.mark.parametrize(("most", "status"), [(5, Status.PASS), (4, Status.FAIL)])
def test_modules_are_counted(most, status):
    (check,) = found(Rule.MODULE_COUNT, max_modules=most)
    assert (check.status, check.measured, check.budget) == (status, 5, most)


BASE = profile_of(graph="handler:1 > helper\nhandler:2 > numpy")
BASELINE = handler_baseline("orders", BASE, estimate(BASE))


def test_modules_that_the_baseline_does_not_have_fail_with_their_chain():
    (check,) = found(Rule.NEW_MODULE, baseline=BASELINE, allowed_new_modules=())
    assert check.status is Status.FAIL
    assert check.message == (
        "pandas (and 1 in it) is loaded at init and not in the baseline: "
        "handler (handler.py:1) > helper (helper.py:4) > pandas."
    )
    assert (check.file, check.line) == ("/var/task/helper.py", 4)


@pytest.mark.parametrize("allowed", [("pandas",), ("*",), ("pandas", "scipy")])
def test_new_modules_that_are_allowed_pass(allowed):
    assert statuses(Rule.NEW_MODULE, baseline=BASELINE, allowed_new_modules=allowed) == [
        Status.PASS
    ]


def test_new_modules_without_a_baseline_are_not_measured():
    (check,) = found(Rule.NEW_MODULE, allowed_new_modules=())
    assert check.status is Status.NOT_MEASURED
    assert "--update-baseline" in check.message
    assert exit_code([check]) == 3


@pytest.mark.parametrize(
    "budgets", [{"forbid": ("pandas",)}, {"max_modules": 3}, {"allowed_new_modules": ()}]
)
def test_a_log_without_a_graph_never_passes(budgets):
    checks = run_checks(subject_of(profile_of(graph=None, events={3: []}), **budgets))
    assert exit_code(checks) == 3


@pytest.mark.parametrize(
    ("event", "rule"),
    [
        ("socket.connect: ('10.0.0.1', 443)", Rule.NETWORK),
        ("socket.getaddrinfo: 'example.org'", Rule.NETWORK),
        ("subprocess.Popen: 'git'", Rule.SUBPROCESS),
        ("os.system: b'ls'", Rule.SUBPROCESS),
        ("open for writing: '/tmp/cache'", Rule.FILE_WRITE),
        ("sqlite3.connect: '/tmp/db'", Rule.FILE_WRITE),
        ("sqlite3.connect: ':memory:'", None),
        ("open for writing: '/dev/null'", None),
        ("something.new: 1", None),
    ],
)
def test_events_at_import_belong_to_rules(event, rule):
    assert rule_of_event(event_of(event)) is rule
    checks = run_checks(subject_of(profile_of(events={3: [], 7: [event]})))
    broken = [check for check in checks if check.status is Status.FAIL]
    assert [check.rule for check in broken] == ([rule] if rule else [])
    for check in broken:
        assert (check.file, check.line) == (HANDLER_FILE, 7)
        assert event in check.message
        assert check.level is Level.WARN


def test_events_that_were_not_watched_are_said_to_be_unknown():
    checks = run_checks(subject_of(profile_of()))
    unknown = {check.rule for check in checks if check.status is Status.NOT_MEASURED}
    assert unknown == {Rule.NETWORK, Rule.SUBPROCESS, Rule.FILE_WRITE}
    assert exit_code(checks) == 0
    strict = run_checks(subject_of(profile_of(), levels=Levels(Level.ERROR)))
    assert exit_code(strict) == 3


@pytest.mark.parametrize(
    ("budget", "status"),
    [(94, Status.FAIL), (95, Status.WARN), (99, Status.WARN), (100, Status.PASS)],
)
def test_only_an_interval_wholly_over_the_budget_fails(budget, status):
    assert within(Interval(95, 100, 120), budget) is status


@pytest.mark.parametrize(
    ("rule", "key", "field"),
    [
        (Rule.INIT, "max_init_ms", "init_ms"),
        (Rule.BILLED_INIT, "max_billed_init_ms", "billed_init_ms"),
        (Rule.COST, "max_cost_per_million", "dollars_per_million"),
    ],
)
def test_each_absolute_budget_is_held_against_its_estimate(rule, key, field):
    interval = getattr(estimate(profile_of()), field)
    budgets = {
        Status.FAIL: interval.low * 0.9,
        Status.WARN: (interval.low + interval.value) / 2,
        Status.PASS: interval.value,
    }
    for status, budget in budgets.items():
        (check,) = found(rule, **{key: budget})
        assert check.status is status
        assert check.measured == pytest.approx(interval.value, abs=1e-4)
        assert key in check.message


@pytest.mark.parametrize("key", ["max_init_ms", "max_billed_init_ms", "max_cost_per_million"])
def test_a_budget_on_time_without_a_time_is_not_measured(key):
    profile = profile_of(events={3: []})
    evidence = replace(evidence_of(profile), estimate=None)
    checks = run_checks(JudgedHandler("orders", Budgets(**{key: 100.0}), evidence))
    assert exit_code(checks) == 3


@pytest.mark.parametrize(
    ("peaks_kb", "status"),
    [
        ([90 * 1024] * 8, Status.PASS),
        ([95 * 1024] * 3 + [101 * 1024] * 4, Status.WARN),
        ([110 * 1024] * 8, Status.FAIL),
        ([], Status.NOT_MEASURED),
    ],
)
def test_memory_is_the_runs_peak(peaks_kb, status):
    assert statuses(Rule.MEMORY, profile_of(peaks_kb=peaks_kb), max_memory_mb=100) == [status]


def package_of(size_mb, **facts):
    """Return a package of one distribution and a few own files, `size_mb` in all."""
    size = round(size_mb * BYTES_PER_MB)
    sizes = (
        DistributionSize("pandas", "2.2", "function", 9, size - 1000, 2, 500, 0, 0),
        DistributionSize("function", None, "function", 1, 1000, 1, 1000, 0, 0),
    )
    return PackageSize(PackageForm.BUILT, (PlaceSize("function", 10, size),), sizes, **facts)


@pytest.mark.parametrize(
    ("package", "status", "words"),
    [
        (package_of(99.9), Status.PASS, "the package is 99.9 MB; max_package_mb is 100."),
        (package_of(100), Status.PASS, "the package is 100.0 MB; max_package_mb is 100."),
        (package_of(100.2), Status.FAIL, "Largest: pandas 100.2, own files 0.0 MB."),
        (package_of(9, lacking=("why",)), Status.NOT_MEASURED, "It may be larger: why."),
        (package_of(101, lacking=("why",)), Status.FAIL, "is at least 101.0 MB"),
        (None, Status.NOT_MEASURED, "what is deployed is not known"),
    ],
)
def test_a_packages_size_is_exact(package, status, words):
    profile = replace(profile_of(), package=package)
    (check,) = found(Rule.PACKAGE_SIZE, profile, max_package_mb=100)
    assert check.status is status
    assert words in check.message
    assert check.budget == 100


RECIPE = Recipe("SAM", "SAM dates every file 1980-01-01", ("run this", "or that"), "https://x", "")


def with_bytecode(old_code=(), **loaded):
    """Return a package whose modules init loads in these states; one more is never loaded."""
    counts = tuple(
        BytecodeCount(state, loaded.get(state.name, 0) + 1, loaded.get(state.name, 0))
        for state in ShippedState
    )
    shipped = PackageBytecode("3.12", ("function",), counts, (), old_code, RECIPE)
    return package_of(5, bytecode=shipped)


@pytest.mark.parametrize(
    ("package", "status", "words"),
    [
        (with_bytecode(HASHED=3, VALID=2), Status.PASS, "Init loads 5 modules of the package, all"),
        (
            with_bytecode(HASHED=1, MISSING=2, OTHER_DATE=1),
            Status.FAIL,
            (
                "3 of the 4 modules of the package that init loads are compiled at every cold start"
                ", for lack of bytecode that Python 3.12 takes: 2 without any, 1 with that of "
                "another date (SAM dates every file 1980-01-01). With SAM: run this; or that."
            ),
        ),
        (with_bytecode(OTHER_PYTHON=1), Status.FAIL, "The one module of the package that init"),
        (with_bytecode(old_code=("a.py",), OLD_CODE=1), Status.FAIL, "a.py: the unchecked-hash"),
    ],
)
def test_stale_bytecode_is_told_with_its_recipe(package, status, words):
    profile = replace(profile_of(), package=package)
    (check,) = found(Rule.STALE_BYTECODE, profile)
    assert (check.status, check.level) == (status, Level.WARN)
    assert words in check.message
    assert not check.is_failure  # unless a project asks for it
    strict = Levels(by_rule={Rule.STALE_BYTECODE: Level.ERROR})
    (check,) = found(Rule.STALE_BYTECODE, profile, levels=strict)
    assert check.is_failure is (status is Status.FAIL)


def test_sources_alone_have_no_bytecode_to_check():
    assert found(Rule.STALE_BYTECODE, replace(profile_of(), package=package_of(5))) == []


def test_what_stale_bytecode_costs_is_measured_where_pairs_were():
    saved = Interval(20_000, 30_000, 40_000)
    pairs_ = Verification(saved, 30_000.0, 12, (), None, 60_000.0)
    advice = Advice((), (), None, BytecodeFinding(3, "python3.12 -m compileall", pairs_))
    profile = replace(profile_of(), package=with_bytecode(MISSING=2), advice=advice)
    (check,) = found(Rule.STALE_BYTECODE, profile)
    whole_ms = 62.0 * estimate(profile).speed_ratio.value
    assert f"That costs {whole_ms / 2:,.0f} ms (" in check.message
    assert "of each cold start, measured in pairs." in check.message


def comparison_of(shift_us, *, count=15, spread_us=100, **budgets):
    thresholds = thresholds_of(Budgets(**budgets))
    return compare_timings(
        {"orders": pairs(count, 100_000, shift_us, spread_us=spread_us)}, thresholds
    )[0]


@pytest.mark.parametrize(
    ("shift_us", "budgets", "status"),
    [
        (0, {}, Status.PASS),
        (-20_000, {}, Status.PASS),
        (5_000, {}, Status.FAIL),
        (5_000, {"max_increase": 0.08}, Status.PASS),
        (5_100, {"max_increase": 0.05}, Status.WARN),
        (9_000, {"max_increase": 0.05}, Status.FAIL),
        (1_500, {"max_increase": 0.01}, Status.FAIL),
        (5_000, {"min_delta_ms": 10}, Status.PASS),
    ],
)
def test_a_comparison_fails_what_is_proven_to_exceed_what_is_allowed(shift_us, budgets, status):
    comparison = comparison_of(shift_us, **budgets)
    (check,) = found(Rule.INCREASE, comparison=comparison, **budgets)
    assert check.status is status
    assert comparison.reason in check.message


def test_an_unclear_comparison_fails_only_where_strictness_is_asked_for():
    checks = found(Rule.INCREASE, comparison=comparison_of(3_000, spread_us=1_500))
    assert [check.status for check in checks] == [Status.INCONCLUSIVE]
    assert exit_code(checks) == 0
    assert exit_code(checks, strict=True) == 1


def test_an_unclear_comparison_that_surely_keeps_its_budget_passes():
    comparison = comparison_of(3_000, spread_us=1_500, max_increase=0.5)
    assert statuses(Rule.INCREASE, comparison=comparison, max_increase=0.5) == [Status.PASS]


@pytest.mark.parametrize(
    ("base_us", "spread_us", "status"),
    [(0, 1, Status.FAIL), (40_000, 16_000, Status.INCONCLUSIVE)],
)
def test_a_little_cpu_within_the_budget_does_not_excuse_a_wait(base_us, spread_us, status):
    values = [
        Pair(
            timing(100_000, blocked_us=base_us),
            timing(103_000 + at, blocked_us=50_000 + spread_us * (at % 5 - 2)),
        )
        for at in range(-7, 8)
    ]
    (comparison,) = compare_timings({"orders": values}, thresholds_of(Budgets(max_increase=0.05)))
    assert comparison.cpu.verdict is ComparedVerdict.SLOWER
    (check,) = found(Rule.INCREASE, comparison=comparison, max_increase=0.05)
    assert check.status is status
    assert "wall time" in check.message


def test_too_few_pairs_do_not_pass_a_generous_budget():
    values = [Pair(timing(100_000), timing(101_000))] * 3
    (comparison,) = compare_timings({"orders": values})
    assert statuses(Rule.INCREASE, comparison=comparison, max_increase=0.5) == [Status.INCONCLUSIVE]


@pytest.mark.parametrize(
    ("factor", "status"), [(1.0, Status.PASS), (1.06, Status.WARN), (1.3, Status.FAIL)]
)
def test_against_figures_of_the_baseline_only_intervals_apart_fail(factor, status):
    baseline = handler_baseline("orders", profile_of(), estimate(profile_of()))
    slower = profile_of({name: round(us * factor) for name, us in ROWS.items()})
    assert statuses(Rule.INCREASE, slower, baseline=baseline, max_increase=0.05) == [status]


def test_a_machine_that_is_slower_today_is_no_slowdown():
    baseline = handler_baseline("orders", profile_of(), estimate(profile_of()))
    today = profile_of({name: round(us * 1.3) for name, us in ROWS.items()}, speed_us=13_000)
    assert statuses(Rule.INCREASE, today, baseline=baseline, max_increase=0.05) == [Status.PASS]


def test_a_slowdown_below_the_smallest_delta_passes_against_figures():
    baseline = handler_baseline("orders", profile_of(), estimate(profile_of()))
    slower = profile_of({name: round(us * 1.3) for name, us in ROWS.items()})
    budgets = {"max_increase": 0.05, "min_delta_ms": 50}
    assert statuses(Rule.INCREASE, slower, baseline=baseline, **budgets) == [Status.PASS]


def test_figures_of_another_interpreter_are_refused_in_words():
    there = profile_of(python_version="3.11.2")
    baseline = handler_baseline("orders", there, estimate(there))
    (check,) = found(Rule.INCREASE, baseline=baseline, max_increase=0.05)
    assert check.status is Status.SKIPPED
    assert "3.11.2" in check.message
    assert "3.12.1" in check.message


def test_budgets_that_are_not_set_make_no_checks():
    assert {check.rule for check in run_checks(subject_of(profile_of(events={3: []})))} == {
        Rule.NETWORK,
        Rule.SUBPROCESS,
        Rule.FILE_WRITE,
    }


def test_checks_come_certain_ones_first():
    checks = run_checks(
        subject_of(
            forbid=("pandas",),
            max_modules=1,
            max_init_ms=1,
            max_memory_mb=1,
            comparison=comparison_of(0),
        )
    )
    order = list(dict.fromkeys(check.rule for check in checks))
    assert order[:2] == [Rule.FORBIDDEN_IMPORT, Rule.MODULE_COUNT]
    assert order[-3:] == [Rule.MEMORY, Rule.INIT, Rule.INCREASE]


def test_a_rule_that_is_off_is_said_to_be_and_never_fails():
    levels = Levels(by_rule={Rule.FORBIDDEN_IMPORT: Level.OFF})
    checks = found(Rule.FORBIDDEN_IMPORT, levels=levels, forbid=("pandas", "numpy"))
    assert [check.status for check in checks] == [Status.SKIPPED]
    assert checks[0].file is None
    assert exit_code(checks) == 0


@pytest.mark.parametrize(
    ("levels", "rule", "level"),
    [
        (Levels(), Rule.FORBIDDEN_IMPORT, Level.ERROR),
        (Levels(), Rule.NETWORK, Level.WARN),
        (Levels(Level.ERROR), Rule.NETWORK, Level.ERROR),
        (Levels(Level.WARN), Rule.INIT, Level.WARN),
        (Levels(Level.WARN, {Rule.INIT: Level.ERROR}), Rule.INIT, Level.ERROR),
        (Levels(Level.WARN, {Rule.INIT: Level.ERROR}), Rule.COST, Level.WARN),
        (Levels(Level.WARN), Rule.MEASUREMENT, Level.ERROR),
        (Levels(Level.OFF), Rule.MEASUREMENT, Level.OFF),
        (Levels(Level.OFF, {Rule.INIT: Level.WARN}), Rule.MEASUREMENT, Level.ERROR),
        (Levels(by_rule={Rule.MEASUREMENT: Level.OFF}), Rule.MEASUREMENT, Level.ERROR),
    ],
)
def test_the_nearest_level_holds_and_measuring_is_an_error_unless_all_is_off(levels, rule, level):
    assert levels.of(rule) is level


def test_every_rule_is_explained():
    assert set(RULE_TEXT) == set(Rule)


def check_of(status, level=Level.ERROR):
    return Check(Rule.INIT, level, status, "Something.", "orders")


@pytest.mark.parametrize(
    ("checks", "code", "strict_code"),
    [
        ([], 3, 3),
        ([check_of(Status.PASS)], 0, 0),
        ([check_of(Status.PASS), check_of(Status.SKIPPED)], 0, 0),
        ([check_of(Status.WARN)], 0, 0),
        ([check_of(Status.INCONCLUSIVE)], 0, 1),
        ([check_of(Status.FAIL)], 1, 1),
        ([check_of(Status.NOT_MEASURED), check_of(Status.PASS)], 3, 3),
        ([check_of(Status.NOT_MEASURED), check_of(Status.FAIL)], 1, 1),
        ([check_of(Status.FAIL, Level.WARN)], 0, 0),
        ([check_of(Status.NOT_MEASURED, Level.WARN)], 0, 0),
        ([check_of(Status.INCONCLUSIVE, Level.WARN)], 0, 0),
    ],
)
def test_the_exit_code_follows_from_the_checks(checks, code, strict_code):
    assert exit_code(checks) == code
    assert exit_code(checks, strict=True) == strict_code


any_checks = st.lists(
    st.builds(check_of, st.sampled_from(Status), st.sampled_from([Level.WARN, Level.ERROR]))
)


@given(any_checks, any_checks)
def test_more_checks_and_strictness_never_turn_a_failure_into_a_pass(checks, more):
    if checks and exit_code(checks):
        assert exit_code([*checks, *more])
        assert exit_code(checks, strict=True)
    assert all(exit_code([check]) for check in checks if check.is_failure)


def test_the_worst_status_is_what_a_summary_shows():
    assert worst_status([check_of(Status.PASS), check_of(Status.WARN)]) is Status.WARN
    assert worst_status([]) is Status.SKIPPED


def test_a_handler_that_fails_or_was_not_measured_never_passes():
    failing = failing_handler("orders", Levels(), "It fails.")
    assert exit_code([failing]) == 1
    assert exit_code([unmeasured_handler("orders", Levels(), "No engine answers.")]) == 3
    assert exit_code([measured_check("orders", Levels())]) == 0


@pytest.mark.parametrize(("is_new", "word"), [(True, "new"), (False, "removed")])
def test_a_handler_on_one_side_only_is_reported_and_fails_nothing(is_new, word):
    check = one_sided_handler("orders", Levels(), is_new=is_new)
    assert word in check.message
    assert exit_code([check]) == 0


def test_nothing_measured_at_all_never_passes_a_budget():
    budgets = Budgets(100, 100, 1.0, 0.05, 0, 100, 100, ("pandas",), ())
    checks = run_checks(JudgedHandler("orders", budgets, Evidence()))
    assert Status.PASS not in {check.status for check in checks}
    assert exit_code(checks) == 3


@pytest.mark.parametrize(
    ("file", "short"),
    [
        ("/var/task/shop/orders.py", "shop/orders.py"),
        ("/var/task/.venv/lib/python3.12/site-packages/pandas/core/api.py", "pandas/core/api.py"),
        ("/usr/lib/python3/dist-packages/apt/cache.py", "apt/cache.py"),
        ("/usr/lib/python3.12/json/decoder.py", "json/decoder.py"),
        ("/opt/other.py", "/opt/other.py"),
        (None, ""),
    ],
)
def test_files_are_named_from_the_task_root_or_their_library_on(file, short):
    assert subject_of().short(file) == short


def test_a_chain_through_an_import_in_a_function_names_both():
    graph = GRAPH + "\nrequests:9@helper:12 > scipy"
    (check,) = found(Rule.FORBIDDEN_IMPORT, profile_of(graph=graph), forbid=("scipy",))
    assert "helper > requests (" in check.message


def test_what_a_new_import_loads_in_turn_is_one_finding_with_it():
    graph = """
        handler:1 > helper
        handler:2 > numpy
        handler:3 > aio
        aio.events:3 > conc.futures
        aio:1 > aio.events
        aio.events:4 > ssl
        ssl:2 > _ssl
        aio.events:5 > socket
    """
    (check,) = found(
        Rule.NEW_MODULE, profile_of(graph=graph), baseline=BASELINE, allowed_new_modules=()
    )
    assert check.message == (
        "aio (and 1 in it; what it loads: ssl, socket, conc, _ssl) is loaded at init and not "
        "in the baseline: handler (handler.py:3) > aio."
    )


def test_new_modules_of_two_statements_are_two_findings():
    graph = "handler:1 > helper\nhandler:2 > numpy\nhandler:3 > aio\nhelper:7 > cmd"
    checks = found(
        Rule.NEW_MODULE, profile_of(graph=graph), baseline=BASELINE, allowed_new_modules=()
    )
    assert sorted((check.message.split()[0], check.line) for check in checks) == [
        ("aio", 3),
        ("cmd", 7),
    ]
