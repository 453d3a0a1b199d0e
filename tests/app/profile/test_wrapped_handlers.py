"""A wrapped handler is measured as Lambda starts it: the wrapper first, which imports the own."""

from __future__ import annotations

import re
import sys

import pytest

from importcost.app.profile.measured import measure_billed, profile_handler
from importcost.app.profile.report import report_on
from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.requests import request_in_project
from importcost.cli.outputs import terminal_report
from importcost.errors import HandlerError, LackingError, UsageError
from importcost.model.codec import profile_from_plain, profile_to_plain
from importcost.model.profile import Phase
from importcost.reports.page.data import page_data
from importcost.reports.terminal.tree import render_tree
from tests.app.profile.test_rehearsal import Notes
from tests.harness import write_files

pytestmark = pytest.mark.usefixtures("few_launches")

EAGER = (
    "import importlib, os, fakeagent\n"
    "module, _, name = os.environ['{variable}'].rpartition('.')\n"
    "own = getattr(importlib.import_module(module), name)\n"
    "def {function}(event, context):\n    return own(event, context)\n"
)
LATE = "import fakeagent\ndef {function}(event, context):\n    raise NotImplementedError\n"
OWN = "import sqlite3\n\n\ndef handler(event, context):\n    return 'own'\n"


def project(root, module: str, text: str):
    """Write a function with its own handler, and a layer with a wrapper like a product's."""
    path = "layer/python/" + module.replace(".", "/") + ".py"
    packages = module.split(".")[:-1]
    inits = {
        "layer/python/" + "/".join(packages[: at + 1]) + "/__init__.py": ""
        for at in range(len(packages))
    }
    write_files(
        root,
        {
            "app/orders.py": OWN,
            path: text,
            **inits,
            "layer/python/fakeagent/__init__.py": "import zoneinfo, decimal\n",
        },
    )
    return root


def request(root, handler: str, environment=None, **options):
    values = {"runner": "local", "python": sys.executable, "runs": 5, "boto3": "none", **options}
    return ProfileRequest(
        target=handler,
        task_root=str(root / "app"),
        layers=(str(root / "layer"),),
        environment=environment or {},
        **values,
    )


def datadog(root, text: str = EAGER):
    text = text.format(variable="DD_LAMBDA_HANDLER", function="handler")
    return project(root, "datadog_lambda.handler", text)


DATADOG = ("datadog_lambda.handler.handler", {"DD_LAMBDA_HANDLER": "orders.handler"})


@pytest.mark.unhurried
def test_the_wrapper_is_imported_first_and_the_body_is_the_own_handlers(tmp_path):
    billed = measure_billed(request(datadog(tmp_path), *DATADOG), Notes())
    profile = billed.profile
    tree = profile.tree
    assert tree.name(list(tree.roots())[-1]) == "datadog_lambda.handler"
    bodies = [
        tree.name(node)
        for node in range(len(tree))
        if tree.phases[tree.phase_ids[node]] == Phase.MODULE_BODY.value
    ]
    assert bodies == ["orders"]
    total = sum(phase.cpu_us for phase in profile.phases[2:])
    assert total == round(profile.function_init.cpu_us.value)
    assert not [one for one in profile.warnings if one.code.value == "handler-not-found"]
    parts = report_on(billed).facts.wrapped
    assert {"sqlite3"} <= {tree.name(node) for node in parts.own_nodes}
    assert {"fakeagent", "zoneinfo"} <= {tree.name(node) for node in parts.nodes}
    assert profile_from_plain(profile_to_plain(profile)).target == profile.target


@pytest.mark.unhurried
def test_the_report_tells_the_wrappers_part_and_yours(tmp_path):
    billed = measure_billed(request(datadog(tmp_path), *DATADOG), Notes())
    text = " ".join(terminal_report(report_on(billed)).split())
    assert "Lambda starts Datadog's wrapper datadog_lambda.handler.handler" in text
    assert "which imports orders.handler" in text
    assert "are yours and what only they load" in text


@pytest.mark.unhurried
def test_a_wrapper_that_waits_for_the_first_request_is_told_so(tmp_path):
    handler = "sentry_sdk.integrations.init_serverless_sdk.sentry_lambda_handler"
    module, _, function = handler.rpartition(".")
    project(tmp_path, module, LATE.format(function=function))
    asked = request(tmp_path, handler, {"SENTRY_INITIAL_HANDLER": "orders.handler"})
    billed = measure_billed(asked, Notes())
    names = set(billed.profile.tree.names)
    assert "orders" not in names
    assert "fakeagent" in names
    text = " ".join(terminal_report(report_on(billed)).split())
    assert "which imports orders.handler in the first request, after init" in text


def test_a_failure_behind_a_wrapper_names_it(tmp_path):
    datadog(tmp_path)
    write_files(tmp_path, {"app/orders.py": "raise RuntimeError('no')\n"})
    with pytest.raises(HandlerError) as caught:
        profile_handler(request(tmp_path, *DATADOG), Notes())
    message = str(caught.value)
    assert "orders.py behind Datadog's wrapper datadog_lambda.handler.handler raised" in message


@pytest.mark.unhurried
def test_a_wrapper_that_is_nowhere_is_named_with_the_ways_to_get_it(tmp_path):
    write_files(tmp_path, {"app/orders.py": OWN, "layer/python/other.py": ""})
    asked = request(tmp_path, *DATADOG, installs_missing=False)
    with pytest.raises(LackingError) as caught:
        profile_handler(asked, Notes())
    message = str(caught.value)
    assert "is started by Datadog's wrapper datadog_lambda.handler.handler" in message
    assert "--with datadog-lambda" in message
    assert "--layer" in message


@pytest.mark.unhurried
def test_a_function_of_a_template_is_resolved_by_its_variables(tmp_path):
    datadog(tmp_path)
    template = (
        "Resources:\n"
        "  Orders:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties:\n"
        "      Runtime: python3.12\n"
        "      CodeUri: app/\n"
        "      Handler: datadog_lambda.handler.handler\n"
        "      Layers: [!Ref Agent]\n"
        "      Environment:\n"
        "        Variables: {DD_LAMBDA_HANDLER: orders.handler}\n"
        "  Agent:\n"
        "    Type: AWS::Serverless::LayerVersion\n"
        "    Properties: {ContentUri: layer/}\n"
    )
    write_files(tmp_path, {"template.yaml": template})
    base = ProfileRequest(
        target=f"{tmp_path / 'template.yaml'}::Orders",
        runner="local",
        python=sys.executable,
        runs=5,
        boto3="none",
    )
    asked = request_in_project(base, ())
    profile = profile_handler(asked, Notes())
    assert profile.target.module == "orders"
    assert profile.target.wrapper.product == "Datadog"
    assert "fakeagent" in profile.tree.names


def test_a_wrapped_function_whose_own_handler_is_not_known_is_listed_with_the_reason(tmp_path):
    from importcost.app.projects.listing import list_functions

    datadog(tmp_path)
    template = (
        "Resources:\n"
        "  Orders:\n"
        "    Type: AWS::Serverless::Function\n"
        "    Properties: {Runtime: python3.12, CodeUri: app/,"
        " Handler: newrelic_lambda_wrapper.handler}\n"
    )
    write_files(tmp_path, {"template.yaml": template})
    (found,) = list_functions(str(tmp_path / "template.yaml")).functions
    assert "New Relic's, and NEW_RELIC_LAMBDA_HANDLER names no other" in found.problem


@pytest.mark.unhurried
def test_without_its_wrapper_the_handler_is_launched_in_pairs(tmp_path):
    billed = measure_billed(request(datadog(tmp_path), *DATADOG, without_wrapper=True), Notes())
    found = billed.profile.without_wrapper
    assert found.pairs >= 3
    assert not found.is_broken
    assert {"fakeagent", "zoneinfo", "datadog_lambda.handler"} <= set(found.gone)
    assert not {"orders", "sqlite3"} & set(found.gone)
    text = " ".join(terminal_report(report_on(billed)).split())
    assert re.search(
        r"Datadog's wrapper (costs [\d,.]+ ms of [\d,.]+ ms|shows no cost beyond the noise) "
        r"\(-?[\d,.]+ to -?[\d,.]+ ms\), measured with and without it in \d+ pairs",
        text,
    )
    assert profile_from_plain(profile_to_plain(billed.profile)).without_wrapper == found


@pytest.mark.unhurried
def test_both_sides_of_a_late_wrapper_import_the_own_handler(tmp_path):
    handler = "sentry_sdk.integrations.init_serverless_sdk.sentry_lambda_handler"
    module, _, function = handler.rpartition(".")
    project(tmp_path, module, LATE.format(function=function))
    variables = {"SENTRY_INITIAL_HANDLER": "orders.handler"}
    asked = request(tmp_path, handler, variables, without_wrapper=True)
    found = profile_handler(asked, Notes()).without_wrapper
    assert "fakeagent" in found.gone
    assert "sqlite3" not in found.gone


def test_a_handler_that_nothing_wraps_cannot_lose_its_wrapper(tmp_path):
    datadog(tmp_path)
    with pytest.raises(UsageError, match="Nothing wraps"):
        profile_handler(request(tmp_path, "orders.handler", without_wrapper=True), Notes())


@pytest.mark.unhurried
def test_the_page_tells_whose_each_module_is(tmp_path):
    billed = measure_billed(request(datadog(tmp_path), *DATADOG), Notes())
    report = report_on(billed)
    data = page_data(report.profile, report.estimate, report.facts)
    wrapper = data["wrapper"]
    assert wrapper["label"] == "Datadog's wrapper"
    assert report.profile.tree.name(wrapper["own_node"]) == "orders"
    assert "Lambda starts Datadog's wrapper" in wrapper["notes"][0]
    tree = render_tree(report.profile, report.facts, width=120, colour=False, min_ms=0)
    (agent,) = [line for line in tree.splitlines() if " fakeagent" in line]
    (own,) = [line for line in tree.splitlines() if " sqlite3 " in line]
    assert "(wrapper)" in agent
    assert "(wrapper)" not in own
