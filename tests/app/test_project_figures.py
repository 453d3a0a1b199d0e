"""A function's figures in a project's index are those of its own report."""

from dataclasses import replace

import pytest

from importcost.app.bill.place import bill
from importcost.app.profile.report import report_on
from importcost.app.projects.figures import figures_of
from importcost.projects.functions import FunctionLayer, ProjectFunction, SourceLine
from tests.reports.page_factory import advised_profile, packaged_profile, small_profile

FUNCTION = ProjectFunction("Orders", SourceLine("/shop/template.yaml", 3), handler="app.handler")


@pytest.mark.parametrize("make", [small_profile, advised_profile])
def test_figures_are_those_of_the_report(make):
    report = report_on(bill(make(), None))
    found = figures_of(FUNCTION, report, "/shop")
    assert found.billed_init_ms == report.estimate.billed_init_ms
    assert found.own_ms == report.estimate.function_init_ms.value
    waiting = report.estimate.waiting_ms
    assert sum(one.self_ms for one in found.packages) <= found.own_ms - waiting + 1
    assert sum(one.self_ms for one in found.packages) >= 0.5 * (found.own_ms - waiting)
    assert [one.self_ms for one in found.packages] == sorted(
        (one.self_ms for one in found.packages), reverse=True
    )


def test_suggested_changes_are_named_by_their_place():
    report = report_on(bill(advised_profile(), None))
    found = figures_of(FUNCTION, report, "/shop")
    suggested = [one for one in report.profile.advice.findings if one.is_suggested]
    assert len(found.changes) == len(suggested) > 0
    assert all(one.place.rpartition(":")[2].isdigit() for one in found.changes)
    assert all(one.saved_ms >= 0 for one in found.changes)


def test_a_layer_has_its_modules_time_and_owns_those_of_no_distribution():
    profile = small_profile()
    own = next(one for one in profile.graph.modules if one.distribution == "requests")
    layered = replace(own, file="/layers/shared/python/store.py", distribution="unknown")
    modules = tuple(layered if one is own else one for one in profile.graph.modules)
    target = replace(profile.target, layers=("/layers/shared",))
    changed = replace(profile, graph=replace(profile.graph, modules=modules), target=target)
    function = replace(FUNCTION, layers=(FunctionLayer("Shared", "/layers/shared"),))
    found = figures_of(function, report_on(bill(changed, None)), "/shop")
    before = figures_of(FUNCTION, report_on(bill(profile, None)), "/shop")
    (layer,) = found.layers
    package = next(one for one in found.packages if one.name == "layer Shared")
    assert (layer.name, layer.self_ms, layer.modules) == ("Shared", package.self_ms, 1)
    assert before.layers == ()
    files = {one.module: one.file for one in found.own_modules}
    assert files[own.name] == "Shared/python/store.py"


def test_the_package_keeps_its_largest_distributions_and_its_stale_modules():
    found = figures_of(FUNCTION, report_on(bill(packaged_profile(), None)), "/shop").package
    assert (found.size_mb, found.limit_mb, found.stale_modules) == (40.0, 250, 9)
    assert [one.name for one in found.largest[:2]] == ["botocore", "pandas"]
    assert found.largest[0].size_mb == 20.0
    assert figures_of(FUNCTION, report_on(bill(small_profile(), None)), "/shop").package is None
