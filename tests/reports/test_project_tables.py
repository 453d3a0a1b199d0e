"""What defer and strategies say about all functions of a project, in the terminal and as JSON."""

import json

import pytest

from importcost.billing.remedies.compare import compare_strategies
from importcost.billing.remedies.of_project import FunctionRemedies, ProjectRemedies
from importcost.billing.remedies.recommend import recommend
from importcost.billing.remedies.traffic import Traffic
from importcost.model.results.project_deferral import (
    DeferredFunction,
    DeferredProject,
    EditedFile,
)
from importcost.reports.terminal.projects.deferral import render_project_deferral
from importcost.reports.terminal.projects.remedies import (
    project_remedies_json,
    render_project_remedies,
)
from tests.reports.page_factory import small_profile

DEFERRED = DeferredProject(
    "shop",
    (
        DeferredFunction("Add", 43.0, is_verified=True, files=2),
        DeferredFunction("Show", 12.0, files=1, held_back="shared.py gets the edit of Add"),
        DeferredFunction("Health"),
        DeferredFunction("Edge", reason="its runtime is nodejs22.x, not Python"),
    ),
    (EditedFile("src/shared.py", ("Add", "Clear")), EditedFile("src/add.py", ("Add",))),
)


def test_each_function_has_its_saving_and_what_holds_it_back():
    text = render_project_deferral(DEFERRED, width=100, colour=False)
    assert "3 functions of shop: a cold start of each saves 55 ms here in all" in text
    assert "Add            43 ms  measured       2" in text
    assert "Show           12 ms  predicted      1" in text
    assert "src/shared.py: Add, Clear" in text
    assert "src/add.py: Add" not in text
    assert "Show: shared.py gets the edit of Add." in text
    assert "Edge: its runtime is nodejs22.x, not Python." in text


@pytest.fixture(scope="module")
def priced():
    found = compare_strategies(small_profile(), Traffic(1_000_000, 0.02, 50.0))
    known = FunctionRemedies("Orders", found, recommend(found))
    return ProjectRemedies("shop", (known, FunctionRemedies("Edge", reason="not Python")))


@pytest.mark.unhurried
def test_each_function_has_its_price_as_it_is_and_as_recommended(priced):
    text = render_project_remedies(priced, width=110, colour=False)
    option = priced.functions[0].recommendation.option
    row = next(line for line in text.splitlines() if line.startswith("Orders"))
    assert option.label in row
    assert row.count("$") == 2
    assert "1 function of shop: $" in text
    assert "Edge: not Python." in text


def test_the_json_has_each_function_in_the_form_of_a_single_one(priced):
    data = json.loads(project_remedies_json(priced))
    assert data["schema"] == "importcost-project-strategies"
    assert data["functions"][0]["function"] == "Orders"
    assert data["functions"][0]["schema"] == "importcost-strategies"
    assert data["functions"][1] == {"function": "Edge", "reason": "not Python"}


@pytest.mark.parametrize("width", [20, 60, 110])
def test_no_line_is_wider_than_the_terminal(priced, width):
    for text in (
        render_project_deferral(DEFERRED, width=width, colour=False),
        render_project_remedies(priced, width=width, colour=False),
    ):
        assert max(map(len, text.splitlines())) <= max(width, 60)
