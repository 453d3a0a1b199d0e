"""A project's figures as JSON, CSV, Markdown and in the terminal."""

import csv
import io
import json
from dataclasses import replace
from importlib import resources

import jsonschema
import pytest

from importcost.errors import UsageError
from importcost.model.codec import to_plain
from importcost.model.results.project import (
    FunctionPackage,
    MonthlyTraffic,
    NotMeasured,
    PackageWeight,
    ProjectFigures,
    culprits_of,
    with_traffic,
)
from importcost.reports.index.exports import (
    COLUMNS,
    project_csv,
    project_json,
    project_markdown,
    project_schema,
    read_project_figures,
)
from importcost.reports.json_text import json_text
from importcost.reports.terminal.projects.figures import render_project
from tests.app.projects_work import figures

FUNCTIONS = (
    figures("Orders", ms=900, packages=[("boto3", 300), ("stdlib", 90)], saved_ms=120.0),
    figures("=cmd()|'x'", ms=300, packages=[("boto3", 100)], runtime_ends="Support ended."),
)


def project(functions=FUNCTIONS, traffic=()):
    found = with_traffic(functions, dict(traffic))
    return ProjectFigures(
        place="shop",
        tool="SAM",
        created_at="2026-11-30T12:00:00+00:00",
        functions=found,
        left_out=(NotMeasured("Node", "its runtime is nodejs22.x, not Python."),),
        culprits=culprits_of(found),
        notes=("A note.",),
    )


@pytest.mark.parametrize("functions", [FUNCTIONS, ()])
def test_json_that_is_written_function_by_function_is_one_text(functions):
    found = replace(project(functions), place='shop "functions": []')
    data = {"schema": "importcost-project", "schema_version": 1, **to_plain(found)}
    assert project_json(found) == json_text(data, indent=1) + "\n"


PACKAGE = FunctionPackage(85.5, 250, False, 0.42, (PackageWeight("numpy", 54.7, 0.28),), 12)


def test_packages_are_in_every_form():
    sized = replace(FUNCTIONS[0], package=PACKAGE)
    found = project((sized, FUNCTIONS[1]))
    assert read_project_figures(project_json(found), "f.json") == found
    rows = list(csv.DictReader(io.StringIO(project_csv(found))))
    assert (rows[0]["package_mb"], rows[0]["stale_modules"]) == ("85.5", "12")
    assert rows[1]["package_mb"] == ""
    text = " ".join(render_project(found, width=100, colour=False).split())
    assert "Largest package: Orders, 85.5 MB unpacked, 34% of Lambda's 250 MB; init never" in text
    assert "Without valid bytecode, which their reports say how to ship: Orders." in text
    assert "unpacked" not in render_project(project(), width=100, colour=False)


def test_json_reads_back():
    found = project(traffic={"*": MonthlyTraffic(1000, 0.5)})
    assert read_project_figures(project_json(found), "f.json") == found


def test_the_json_fits_the_published_schema():
    data = resources.files("importcost.reports").joinpath(
        "data", "importcost-project-1.schema.json"
    )
    schema = json.loads(data.read_text(encoding="utf-8"))
    assert schema == project_schema()
    saved = json.loads(project_json(project(traffic={"*": MonthlyTraffic(1000, 0.5)})))
    jsonschema.validate(saved, schema)
    del saved["functions"][0]["billed_init_ms"]["low"]
    with pytest.raises(jsonschema.ValidationError, match="low"):
        jsonschema.validate(saved, schema)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a project's figures"),
        ('{"schema": "importcost-profile"}', "not a project's figures"),
        ('{"schema": "importcost-project", "schema_version": 9}', "another importcost"),
        ('{"schema": "importcost-project", "schema_version": 1}', "does not hold"),
    ],
)
def test_broken_json_is_told(text, what):
    with pytest.raises(UsageError, match=what):
        read_project_figures(text, "f.json")


def test_csv_has_a_row_a_function_and_runs_nothing():
    rows = list(csv.DictReader(io.StringIO(project_csv(project()))))
    assert list(rows[0]) == list(COLUMNS)
    assert rows[0]["billed_init_ms"] == "900"
    assert rows[1]["function"] == "'=cmd()|'x'"


def test_markdown_escapes_names():
    text = project_markdown(project([figures("a|b<img>*x*\n::error::y")]))
    assert "a&#124;b&#60;img&gt;&#42;x&#42; :\N{REPLACEMENT CHARACTER}:error::y" in text


def test_the_terminal_shows_functions_culprits_and_reasons():
    text = render_project(project(), width=100, colour=False)
    assert "2 functions of shop: a cold start of each bills 1,200 ms of init in all." in text
    assert "Orders" in text
    assert "boto3 (package): 400 ms in 2 of 2 functions" in text
    assert "Support ended. (=cmd()|'x')" in text
    assert "Node: its runtime is nodejs22.x, not Python." in text
    assert "Note: A note." in text
    assert "a month" not in text


def test_traffic_adds_the_dollars_of_a_month():
    text = render_project(
        project(traffic={"*": MonthlyTraffic(10_000_000, 0.1)}), width=100, colour=False
    )
    assert "$ a month" in text
    assert "$3.00 a month" in text


@pytest.mark.parametrize("width", [20, 60, 200])
def test_no_line_is_wider_than_the_terminal(width):
    many = [figures(f"stack/{'x' * number}", ms=10 * number + 1) for number in range(60)]
    text = render_project(project(many), width=width, colour=False)
    assert max(map(len, text.splitlines())) <= max(width, 60)
    assert "and 30 more" in text
