"""A configuration names functions of a project; their settings come from its template."""

import pytest

from importcost.app.gate.handler_requests import HowToMeasure, configuration, requests_for
from importcost.app.projects.configured import of_project, project_reader
from importcost.config.read import HandlerConfig
from importcost.errors import UsageError
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"
TEMPLATE = """
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.11
      CodeUri: a
      MemorySize: 512
      Architectures: [arm64]
      Environment: {Variables: {TABLE: !Ref Table, STAGE: test}}
  Users:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.11, CodeUri: b}
  Node: {Type: AWS::Serverless::Function, Properties: {Runtime: nodejs22.x}}
"""
CONFIG = """
project = "template.yaml"
max_init_ms = 900
env = { STAGE = "prod" }
[handlers.Orders]
max_init_ms = 20
memory = 1024
"""


@pytest.fixture
def folder(tmp_path):
    files = {"template.yaml": TEMPLATE, "a/app.py": HANDLER, "b/app.py": HANDLER}
    return write_files(tmp_path, {**files, "importcost.toml": CONFIG})


def test_every_function_of_a_project_has_budgets(folder):
    config = configuration(str(folder / "importcost.toml"), project_reader())
    assert [(one.name, one.budgets.max_init_ms) for one in config.handlers] == [
        ("Orders", 20.0),
        ("Users", 900.0),
    ]


def test_settings_come_from_the_template_but_for_the_configurations_own(folder):
    config = configuration(str(folder / "importcost.toml"), project_reader())
    orders, users = requests_for(config, config.handlers, HowToMeasure(), project_reader())
    assert (orders.target, orders.task_root) == ("app.handler", str(folder / "a"))
    assert (orders.memory_mb, orders.arch, orders.runtime) == (1024, "arm64", "python3.11")
    assert orders.environment == {"TABLE": "importcost-placeholder", "STAGE": "prod"}
    assert users.task_root == str(folder / "b")


def test_a_handler_of_no_project_stays_as_it_is():
    handler = HandlerConfig("a", "app.py", memory_mb=256)
    assert of_project(handler, project_reader()) is handler


@pytest.mark.parametrize(
    ("name", "what"),
    [("Nobody", "has no function Nobody"), ("Node", "its runtime is nodejs22.x")],
)
def test_a_table_that_names_no_measurable_function_is_told(folder, name, what):
    (folder / "importcost.toml").write_text(f'project = "template.yaml"\n[handlers.{name}]\n')
    config = configuration(str(folder / "importcost.toml"), project_reader())
    with pytest.raises(UsageError, match=rf"toml line 2: .*{what}"):
        requests_for(config, config.handlers, HowToMeasure(), project_reader())


def test_a_project_without_functions_is_told(folder):
    (folder / "template.yaml").write_text("Resources: {}\n")
    (folder / "importcost.toml").write_text('project = "template.yaml"\n')
    with pytest.raises(UsageError, match="has no Lambda function"):
        configuration(str(folder / "importcost.toml"), project_reader())
