"""The page is what the data render, and the data fit the scripts and what was asked for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.benchmarks.results.catalogue import Run, read_catalogue
from tests.benchmarks.results.main import Places
from tests.benchmarks.results.status import Status, status_of
from tests.benchmarks.results.store import read_store, store_text

PLACES = Places()
CATALOGUE = read_catalogue(PLACES.data)
STORE = read_store(PLACES.store)


def calls_of(run: Run, name: str) -> Iterator[ast.Call]:
    """Yield the calls of a function or method of this name in a run's script."""
    tree = ast.parse((PLACES.scripts / run.script).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        called = node.func if isinstance(node, ast.Call) else None
        if name in (getattr(called, "id", None), getattr(called, "attr", None)):
            yield node


def options_of(run: Run) -> set[str]:
    """Return the options that a run's script declares."""
    words = (word for call in calls_of(run, "add_argument") for word in call.args)
    return {word.value for word in words if isinstance(word, ast.Constant)}


def told_by(run: Run) -> set[str]:
    """Return the first parts of the names that a run's script tells; `**` where it is computed."""
    return {one.arg or "**" for call in calls_of(run, "tell") for one in call.keywords}


def test_the_page_is_what_the_data_render():
    page = PLACES.page.read_text(encoding="utf-8")
    assert page == PLACES.rendered(CATALOGUE, STORE), "render it: tests/benchmarks/run --render"


def test_the_store_is_kept_in_its_own_form():
    assert PLACES.store.read_text(encoding="utf-8") == store_text(STORE)


def test_every_value_belongs_to_a_figure():
    known = {figure.name for figure in CATALOGUE.figures}
    assert (STORE.values.keys() | STORE.failures.keys()) <= known


@pytest.mark.parametrize("figure", CATALOGUE.figures, ids=lambda one: one.name)
def test_every_missed_target_and_missing_value_has_its_reason(figure):
    if status_of(figure, STORE, None) in (Status.FAIL, Status.NOT_MEASURED):
        assert figure.why, f"say why in figures/{figure.topic}.toml"


def test_every_figure_that_was_asked_for_has_an_entry():
    answered = {name for figure in CATALOGUE.figures for name in figure.asked}
    assert answered == CATALOGUE.asked.keys()


@pytest.mark.parametrize("run", CATALOGUE.runs.values(), ids=CATALOGUE.runs)
def test_every_run_names_a_script_and_options_that_it_has(run):
    assert (PLACES.scripts / run.script).is_file()
    asked = {word for word in run.arguments if word.startswith("--")}
    assert asked <= options_of(run)


@pytest.mark.parametrize("run", CATALOGUE.runs.values(), ids=CATALOGUE.runs)
def test_every_run_tests_what_is_there(run):
    paths = [word for word in run.arguments if re.match(r"tests\b", word)]
    assert [one for one in paths if not (PLACES.scripts.parents[1] / one).exists()] == []


@pytest.mark.parametrize("figure", CATALOGUE.figures, ids=lambda one: one.name)
def test_every_figure_has_a_script_that_tells_it_or_the_reason_why_not(figure):
    if figure.run is None:
        assert figure.by_hand
    else:
        told = told_by(CATALOGUE.runs[figure.run])
        assert figure.value.partition(".")[0] in told or "**" in told


def test_every_script_is_in_the_list_of_scripts():
    listed = (PLACES.scripts / "README.md").read_text(encoding="utf-8")
    scripts = {file.name for file in PLACES.scripts.glob("*.py")}
    assert [one for one in sorted(scripts) if one not in listed] == []
