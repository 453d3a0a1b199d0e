"""The data of a project's page: columns, sums, culprits, and a contract that holds them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from importcost.model.results.project import Culprit, CulpritKind, ProjectFigures, culprits_of
from importcost.reports.index.data import MOST_CULPRITS_SHOWN, index_data
from importcost.reports.index.page import render_project_page
from importcost.reports.text import printable_lines
from importcost.secrecy import with_strings
from tests.app.projects_work import figures
from tests.reports.page.contract_files import SCHEMA_FILE
from tests.reports.page.test_html import parsed
from tests.reports.page_factory import HOSTILE_NAMES
from tests.reports.project_factory import (
    hostile_project,
    large_project,
    project_figures,
    small_project,
)


def saved(project: ProjectFigures) -> Any:
    return json.loads(json.dumps(index_data(project)))


@pytest.mark.parametrize(
    "project",
    [small_project(), large_project(50), hostile_project(), project_figures(())],
    ids=["small", "large", "hostile", "empty"],
)
def test_a_projects_data_fits_the_schema(project: ProjectFigures) -> None:
    schema = json.loads(SCHEMA_FILE.read_text("utf-8"))
    held = Draft202012Validator({"$ref": "#/$defs/WholeIndexData", "$defs": schema["$defs"]})
    assert list(held.iter_errors(saved(project))) == []


def test_each_function_keeps_its_own_packages() -> None:
    data = saved(small_project())
    columns = data["functions"]
    names = [data["packages"][one]["name"] for one in columns["package_ids"]]
    assert columns["package_counts"] == [4, 3, 2, 1]
    assert names[4:7] == ["boto3", "stripe", "stdlib"]
    assert columns["package_ms"][4:7] == [120, 90, 30]
    assert data["changes"][0] == [
        {"place": "orders/app.py:3", "code": "import pandas", "saved_ms": 310.0},
        {"place": "shared/store.py:4", "code": "import stripe", "saved_ms": 60.0},
    ]


def test_the_sums_are_those_of_all_functions() -> None:
    sums = saved(small_project())["sums"]
    assert sums["billed_ms"] == 1800
    assert sums["saved_ms"] == 310
    assert sums["dollars_a_month"] == pytest.approx(0.18 * 900 / 400 + 0.2 * 500 / 400)
    assert saved(large_project(3))["sums"]["dollars_a_month"] is not None
    assert saved(project_figures((figures("A"),)))["sums"]["dollars_a_month"] is None


def test_a_module_names_its_functions_and_a_package_its_number() -> None:
    data = saved(small_project())
    kinds = {one["name"]: one for one in data["culprits"]}
    assert kinds["shared.store.py"]["function_ids"] == [0, 1]
    boto3 = kinds["boto3"]
    assert data["packages"][boto3["package_id"]]["name"] == "boto3"
    assert boto3["functions"] == 3
    assert boto3["function_ids"] == []


def test_a_layer_and_a_shared_change_name_their_functions_and_what_they_would_save() -> None:
    data = saved(small_project())
    layer = next(one for one in data["culprits"] if one["kind"] == "layer")
    assert (layer["name"], layer["total_ms"], layer["function_ids"]) == ("Shared", 130, [0, 1])
    changes = [one for one in data["culprits"] if one["kind"] == "change"]
    assert [(one["name"], one["code"], one["total_ms"]) for one in changes] == [
        ("shared/store.py:4", "import stripe", 110)
    ]
    assert changes[0]["function_ids"] == [0, 1]


def test_what_the_page_has_no_room_for_is_counted() -> None:
    packages = [(f"package-{number}", 1.0) for number in range(MOST_CULPRITS_SHOWN + 7)]
    data = saved(project_figures((figures("A", packages=packages),)))
    assert len(data["culprits"]) == MOST_CULPRITS_SHOWN
    assert data["culprits_left"] == {"package": 7, "layer": 0, "module": 0, "change": 0}


def test_a_culprit_that_no_function_has_does_no_harm() -> None:
    """Figures that somebody edited are read as well."""
    project = small_project()
    stray = (
        Culprit(CulpritKind.PACKAGE, "gone", 5.0, ("Nobody",)),
        Culprit(CulpritKind.MODULE, "x.py", 5.0, ("N",)),
    )
    data = saved(
        ProjectFigures(
            project.place,
            project.tool,
            project.created_at,
            project.functions,
            (),
            (*culprits_of(project.functions), *stray),
        )
    )
    assert [one["function_ids"] for one in data["culprits"][-2:]] == [[], []]


def test_functions_left_out_are_grouped_by_reason() -> None:
    left = saved(small_project())["left_out"]
    assert left[0] == {"reason": "its runtime is nodejs22.x, not Python.", "names": ["Edge"]}


def test_the_page_holds_its_data_one_script_and_no_markup_of_names() -> None:
    html = render_project_page(hostile_project())
    html.encode("utf-8")
    page = parsed(html)
    scripts = page.all("script")
    kinds = [script.attributes.get("type") for script in scripts]
    assert kinds == ["application/json", None, "application/json"]
    whole = with_strings(saved(hostile_project()), printable_lines)
    assert {**json.loads(scripts[0].text), "changes": json.loads(scripts[2].text)} == whole
    assert not page.all("img")
    outside = "".join(
        one.text
        for one in page.elements
        if one.attributes.get("id") not in ("data", "changes-data")
    )
    assert "__pwned" not in outside
    assert HOSTILE_NAMES[0] in scripts[0].text or HOSTILE_NAMES[0] in str(whole)


def test_without_script_the_page_says_what_is_billed() -> None:
    text = " ".join(render_project_page(small_project()).split())
    assert "4 functions: a cold start of each bills 1,800 ms of init in all" in text
