"""The files in docs/gates.md: they parse, and name options that exist."""

from __future__ import annotations

import ast
import json
import re
import shlex
from pathlib import Path

import pytest
import yaml

from importcost.cli.budget import command as budget_command
from importcost.cli.check import command as check_command
from importcost.cli.comment import command as comment_command
from importcost.cli.group import COMMANDS

PAGE = (Path(__file__).parents[2] / "docs/gates.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
KNOWN = {
    "check": check_command,
    "budget": budget_command,
    "comment": comment_command,
}


def blocks(kind):
    return [text for name, text in BLOCKS if name == kind]


def titled(word):
    (found,) = [text for _, text in BLOCKS if word in text.splitlines()[0]]
    return yaml.safe_load(found)


def commands():
    """Yield the command lines of importcost on the page, as words."""
    for _, text in BLOCKS:
        for line in re.findall(r"importcost (?:check|budget|comment)\b[^'\n]*", text):
            # A command inside JSON or Starlark ends with its quote; one in YAML may hold quotes.
            plain = line.split('",')[0].split(" #")[0]
            yield shlex.split(re.sub(r"\$\([^)]*\)|\$@", "x", plain))


def test_every_option_on_the_page_exists():
    found = list(commands())
    assert {words[1] for words in found} == set(KNOWN)
    for words in found:
        assert words[1] in COMMANDS
        known = {name for one in KNOWN[words[1]].params for name in one.opts}
        used = {word.partition("=")[0] for word in words[2:] if word.startswith("-")}
        assert used <= known, words


@pytest.mark.parametrize("text", blocks("yaml"), ids=lambda text: text.splitlines()[0])
def test_yaml_parses(text):
    assert yaml.safe_load(text)


def steps(data):
    """Return all texts in a document."""
    if isinstance(data, dict):
        return [one for value in data.values() for one in steps(value)]
    if isinstance(data, list):
        return [one for value in data for one in steps(value)]
    return [data]


@pytest.mark.parametrize(
    ("file", "report"),
    [
        (".gitlab-ci.yml", "importcost.xml"),
        ("bitbucket-pipelines.yml", "test-results/importcost.xml"),
        ("azure-pipelines.yml", "importcost.xml"),
        (".circleci/config.yml", "test-results/importcost/importcost.xml"),
    ],
)
def test_the_report_is_written_where_the_server_looks(file, report):
    data = titled(file)
    (command,) = [one for one in steps(data) if isinstance(one, str) and "importcost check" in one]
    assert f"--junit {report}" in command
    places = {
        ".gitlab-ci.yml": lambda: data["importcost"]["artifacts"]["reports"]["junit"],
        # Bitbucket looks into folders of this name by itself.
        "bitbucket-pipelines.yml": lambda: "test-results/importcost.xml",
        "azure-pipelines.yml": lambda: data["steps"][4]["inputs"]["testResultsFiles"],
        ".circleci/config.yml": lambda: (
            report
            if report.startswith(
                f"{data['jobs']['importcost']['steps'][-1]['store_test_results']['path']}/"
            )
            else ""
        ),
    }
    assert places[file]() == report


def test_gitlab_gets_what_its_report_is_called():
    data = titled(".gitlab-ci.yml")["importcost"]
    quality = data["artifacts"]["reports"]["codequality"]
    assert f"--code-quality {quality}" in data["script"][1]
    assert data["variables"]["GIT_DEPTH"] == "0"


def test_jenkins_braces_match():
    (text,) = blocks("groovy")
    assert text.count("{") == text.count("}") > 0
    assert "--junit importcost.xml" in text
    assert "junit 'importcost.xml'" in text


def test_the_project_of_nx_is_json_with_inputs_and_outputs():
    (text,) = blocks("json")
    targets = json.loads(text)["targets"]
    assert targets["importcost"]["dependsOn"] == ["importcost-budget"]
    (output,) = targets["importcost"]["outputs"]
    assert output.removeprefix("{workspaceRoot}/") in targets["importcost"]["options"]["command"]


def test_build_files_parse_and_the_report_is_their_output():
    pants, bazel = (ast.parse(text) for text in blocks("python"))
    for tree, attribute in ((pants, "output_files"), (bazel, "outs")):
        calls = [node.value for node in tree.body if isinstance(node, ast.Expr)]
        outputs = [
            ast.literal_eval(keyword.value)
            for call in calls
            for keyword in call.keywords
            if keyword.arg == attribute
        ]
        assert outputs == [["importcost-orders.xml"]]
