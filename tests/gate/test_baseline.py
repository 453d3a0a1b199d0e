from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.billing.estimate import estimate
from importcost.errors import UsageError
from importcost.gate.baseline import (
    Baseline,
    Figures,
    HandlerBaseline,
    Machine,
    baseline_from_text,
    baseline_to_text,
    handler_baseline,
    why_modules_only,
    with_handlers,
)
from importcost.gate.subject import evidence_of
from importcost.model.interval import Interval
from importcost.model.machine.speed import MachineSpeed
from tests.deferral.graph_factory import parse, preloaded
from tests.gate.profiles import profile_of

PROFILE = profile_of()
ENTRY = handler_baseline("orders", PROFILE, estimate(PROFILE))

texts = st.text(max_size=20)
optional = st.none() | texts
times = st.integers(0, 10**9)
machines = st.builds(Machine, texts, texts, texts, texts, optional, optional)
others = st.tuples(st.none() | st.integers(1, 10**9), times, st.floats(0, 1e6), times)
figures = st.builds(
    lambda ends, rest: Figures(ends[1], ends[0], ends[2], *rest),
    st.tuples(times, times, times).map(sorted),
    others,
)
modules = st.lists(texts, unique=True).map(lambda names: tuple(sorted(names)))
entries = st.builds(HandlerBaseline, texts, machines, figures, modules)
baselines = st.lists(entries, unique_by=lambda one: one.handler).map(
    lambda found: Baseline(tuple(sorted(found, key=lambda one: one.handler)))
)


@pytest.mark.unhurried
@given(baselines)
def test_what_is_written_is_read_back(baseline):
    assert baseline_from_text(baseline_to_text(baseline), "b.json") == baseline


@pytest.mark.unhurried
@given(baselines)
def test_the_text_is_plain_and_does_not_depend_on_the_order_of_handlers(baseline):
    text = baseline_to_text(baseline)
    assert text.isascii()
    assert text == baseline_to_text(Baseline(baseline.handlers[::-1]))


def test_each_module_has_a_line_of_its_own():
    lines = [line.strip().rstrip(",") for line in baseline_to_text(Baseline((ENTRY,))).splitlines()]
    for name in ("handler", "helper", "numpy", "pandas", "pandas.core"):
        assert lines.count(json.dumps(name)) == 1


def test_one_more_module_changes_one_line_more():
    more = replace(ENTRY, modules=tuple(sorted((*ENTRY.modules, "scipy"))))
    old = baseline_to_text(Baseline((ENTRY,))).splitlines()
    new = baseline_to_text(Baseline((more,))).splitlines()
    assert len(new) == len(old) + 1
    # JSON's commas: the line before the last one may change with it.
    assert len(set(new) - set(old)) <= 2


def test_a_baseline_holds_what_was_measured():
    assert ENTRY.modules == ("handler", "helper", "numpy", "pandas", "pandas.core")
    assert ENTRY.figures.init_cpu_us == 62_000
    assert ENTRY.figures.billed_init_ms == estimate(PROFILE).billed_init_ms.value


def test_a_baselines_interval_is_that_of_launches_and_samples_in_pairs():
    pairs = MachineSpeed(Interval(9.0, 10.0, 12.0), 6, (), None, None, None)
    profile = replace(PROFILE, machine=pairs)
    figures = handler_baseline("orders", profile, estimate(profile)).figures
    assert figures.init_cpu_us == 62_000
    assert (figures.init_cpu_low_us, figures.init_cpu_high_us) == (55_800, 74_400)
    init = evidence_of(profile).function_init.cpu_us
    assert (init.low, init.high) == (pytest.approx(55_800), pytest.approx(74_400))


def test_renewed_handlers_replace_their_entries_and_leave_the_others():
    other = replace(ENTRY, handler="billing")
    renewed = replace(ENTRY, modules=("handler",))
    found = with_handlers(Baseline((other, ENTRY)), [renewed])
    assert found == Baseline((other, renewed))
    assert with_handlers(None, [ENTRY]).find("orders") == ENTRY
    assert found.find("missing") is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("python_version", "3.12.2"),
        ("python_implementation", "PyPy"),
        ("platform", "macOS-15.1-arm64"),
        ("machine", "aarch64"),
        ("cpu_model", "Another"),
        ("image", "public.ecr.aws/lambda/python:3.12"),
    ],
)
def test_figures_from_elsewhere_are_refused_and_both_places_named(field, value):
    environment = replace(PROFILE.environment, **{field: value})
    sentence = why_modules_only(ENTRY, environment)
    assert sentence is not None
    assert value.partition("-")[0] in sentence
    assert "its modules are used" in sentence


def test_figures_from_here_are_used_whatever_the_kernel():
    here = replace(PROFILE.environment, platform="Linux-6.1-x86_64")
    entry = handler_baseline("orders", replace(PROFILE, environment=here), estimate(PROFILE))
    assert why_modules_only(entry, replace(here, platform="Linux-6.8-x86_64")) is None


FIGURES = asdict(ENTRY.figures)


def broken(**changes):
    data = json.loads(baseline_to_text(Baseline((ENTRY,))))
    data["handlers"]["orders"].update(changes)
    return json.dumps(data)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "not an importcost baseline"),
        ('{"schema": "other"}', "not an importcost baseline"),
        ('{"schema": "importcost-baseline", "schema_version": 9}', "version 9"),
        ('{"schema": "importcost-baseline", "schema_version": 1}', "handlers"),
        (broken(modules="pandas"), "handlers.orders.modules"),
        (broken(modules=[1]), "handlers.orders.modules"),
        (broken(machine=None), "machine"),
        (broken(machine={"python_version": "3.12"}), "machine.python_implementation"),
        (broken(figures={"init_cpu_us": "fast"}), "figures.init_cpu_us"),
        (broken(figures={"init_cpu_us": True}), "figures.init_cpu_us"),
        (broken(figures={**FIGURES, "init_cpu_low_us": 10**9}), "figures cannot have been"),
        (broken(figures={**FIGURES, "init_cpu_low_us": -1}), "figures cannot have been"),
        (broken(figures={**FIGURES, "speed_us": -1}), "figures cannot have been"),
        (broken(figures={**FIGURES, "speed_us": 0}), "figures cannot have been"),
    ],
)
def test_what_is_no_baseline_is_refused_with_file_and_place(text, place):
    with pytest.raises(UsageError) as caught:
        baseline_from_text(text, "base.json")
    assert "base.json" in str(caught.value)
    assert place in str(caught.value)
    assert "--update-baseline" in str(caught.value)


def test_merged_lists_are_put_in_order_and_doubles_dropped():
    text = broken(modules=["numpy", "handler", "numpy"])
    assert baseline_from_text(text, "b.json").handlers[0].modules == ("handler", "numpy")


@given(st.sets(st.sampled_from(["json", "numpy", "pandas", "helper"]), min_size=1))
def test_the_modules_are_those_of_the_function_alone(names):
    rows = [f"handler:{line} > {name}" for line, name in enumerate(sorted(names), 1)]
    graph = parse("\n".join(rows))
    profile = replace(PROFILE, graph=replace(graph, modules=(*graph.modules, preloaded("abc"))))
    found = handler_baseline("h", profile, estimate(profile)).modules
    assert set(found) == {"handler", *names}
