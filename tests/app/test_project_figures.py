"""A function's figures in a project's index are those of its own report."""

import pytest

from importcost.app.bill.place import bill
from importcost.app.profile.report import report_on
from importcost.app.projects.figures import figures_of
from importcost.projects.functions import ProjectFunction, SourceLine
from tests.reports.page_factory import advised_profile, small_profile

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
