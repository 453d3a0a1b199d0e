"""Names and targets on the command line become handlers with the settings that are theirs."""

import pytest

from importcost.app.gate.handler_requests import configuration
from importcost.app.projects.configured import (
    chosen_handlers,
    project_reader,
    settings_of_functions,
)
from importcost.app.projects.listing import list_functions
from importcost.config.read import load_config
from importcost.errors import UsageError
from tests.harness import write_files

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Add:
    Type: AWS::Serverless::Function
    Properties: {Handler: add.handler, Runtime: python3.12, CodeUri: src, MemorySize: 512}
  Show:
    Type: AWS::Serverless::Function
    Properties: {Handler: add.handler, Runtime: python3.12, CodeUri: src}
  Edge:
    Type: AWS::Serverless::Function
    Properties: {Handler: index.handler, Runtime: nodejs22.x, CodeUri: src}
"""
NODE = TEMPLATE[: TEMPLATE.index("  Add:")] + TEMPLATE[TEMPLATE.index("  Edge:") :]
CONFIG = """\
project = "template.yaml"
max_init_ms = 500

[handlers.Add]
max_init_ms = 900
"""


@pytest.fixture
def shop(tmp_path, monkeypatch):
    code = {"src/add.py": "def handler(event, context): ...\n"}
    folder = write_files(
        tmp_path / "shop", {"template.yaml": TEMPLATE, "importcost.toml": CONFIG, **code}
    )
    write_files(folder / "other", {"template.yaml": TEMPLATE, **code})
    write_files(folder / "node", {"template.yaml": NODE})
    monkeypatch.chdir(folder)
    return folder


def chosen_at(*names):
    read = project_reader()
    return chosen_handlers(configuration(None, read, names), names, read)


def limits(handlers):
    return {one.name: one.budgets.max_init_ms for one in handlers}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ((), {"Add": 900, "Show": 500}),
        (("Show",), {"Show": 500}),
        ((".",), {"Add": 900, "Show": 500}),
        (("template.yaml::Add", "Add"), {"Add": 900}),
        (("other",), {"Add": 500, "Show": 500}),
        (("other/template.yaml::Show",), {"Show": 500}),
        (("src/add.py",), {"src/add.py": 500}),
    ],
)
def test_each_target_has_the_table_of_its_function_else_the_defaults(shop, names, expected):
    assert limits(chosen_at(*names)) == expected


def test_functions_of_one_name_in_two_templates_are_called_by_their_places(shop):
    names = [one.name for one in chosen_at("Add", "other::Add")]
    assert names == [str(shop / "template.yaml::Add"), "other::Add"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Shaw", "has no handler Shaw: did you mean Show?"),
        ("other::shwo", "has no function shwo: did you mean Show?"),
        ("node", "has no function to measure here: of its only function, its runtime is nodejs22"),
        ("template.yaml::Edge", "its runtime is nodejs22.x, not Python"),
    ],
)
def test_what_means_nothing_is_said_with_what_is_near(shop, name, words):
    with pytest.raises(UsageError) as raised:
        chosen_at(name)
    assert words in str(raised.value)


def test_a_name_that_two_templates_have_asks_for_one_of_them(shop):
    (shop / "importcost.toml").write_text('project = "all"\nmax_init_ms = 500\n')
    (shop / "all").mkdir()
    (shop / "other").rename(shop / "all" / "b")
    write_files(shop / "all" / "a", {"template.yaml": TEMPLATE, "src/add.py": "handler = print\n"})
    with pytest.raises(UsageError, match="several handlers Add: name one of a/Add, b/Add"):
        chosen_at("Add")
    assert limits(chosen_at("b/Add")) == {"b/Add": 500}


def test_without_a_configuration_the_advice_names_the_project(shop):
    (shop / "importcost.toml").unlink()
    with pytest.raises(UsageError, match=r"write one with importcost init template\.yaml, or"):
        chosen_at("template.yaml")


def test_a_project_s_functions_have_their_settings_for_the_index(shop):
    project = list_functions(".")
    found = settings_of_functions(load_config(), project)
    assert limits(found.values()) == {"Add": 900, "Show": 500}
    assert (found["Add"].memory_mb, found["Show"].memory_mb) == (512, 128)
    assert settings_of_functions(load_config(), list_functions("other")) == {}


def test_a_table_that_names_a_function_of_another_project_judges_it(shop):
    table = '[handlers.checkout]\nhandler = "other/template.yaml::Add"\nmax_init_ms = 7\n'
    (shop / "importcost.toml").write_text(table)
    found = settings_of_functions(load_config(), list_functions("other"))
    assert limits(found.values()) == {"checkout": 7}
    assert list(found) == ["Add"]
