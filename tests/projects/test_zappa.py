"""Zappa's settings are one function a stage, measured as the app that its handler imports."""

import json

import pytest

from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import ReadOptions
from tests.harness import write_files

SETTINGS = {
    "dev": {
        "app_function": "web.app",
        "project_name": "shop",
        "runtime": "python3.12",
        "environment_variables": {"A": "1"},
        "aws_environment_variables": {"B": "2"},
        "layers": ["arn:aws:lambda:eu-west-1:1:layer:x:1"],
    },
    "prod": {
        "extends": "dev",
        "memory_size": 1024,
        "timeout_seconds": 60,
        "architecture": "arm64",
        "aws_environment_variables": {"INSTANTIATE_LAMBDA_HANDLER_ON_IMPORT": "1"},
        "slim_handler": True,
    },
    "own": {"extends": "dev", "lambda_handler": "entry.handler"},
}
TOML = """
[dev]
app_function = "web.app"
project_name = "shop"
runtime = "python3.12"

[prod]
extends = "dev"
memory_size = 1024
"""
YAML = "dev: {app_function: web.app, runtime: python3.12, project_name: shop}\n"
YAML += "prod: {extends: dev, memory_size: 1024}\n"
SOURCES = {"web.py": "app = print\n", "entry.py": "def handler(event, context): ...\n"}


def project(folder, text, suffix="json", **options):
    text = text if isinstance(text, str) else json.dumps(text)
    write_files(folder, {**SOURCES, f"zappa_settings.{suffix}": text})
    return read_project_place(folder, ReadOptions(**options))


def functions(*args, **options):
    return {one.name: one for one in project(*args, **options).functions}


def test_each_stage_is_a_function_with_the_settings_that_it_extends(tmp_path):
    found = functions(tmp_path, SETTINGS)
    dev, prod = found["dev"], found["prod"]
    assert (dev.handler, dev.runtime, dev.memory_mb, dev.timeout_s) == (
        "web.app",
        "python3.12",
        512,
        30,
    )
    assert dev.environment == {"A": "1", "B": "2"}
    assert dev.deployed_name == "shop-dev"
    assert (prod.handler, prod.memory_mb, prod.timeout_s, prod.arch) == (
        "web.app",
        1024,
        60,
        "arm64",
    )
    assert found["own"].handler == "entry.handler"
    assert [one.problem for one in found.values()] == [None] * 3


def test_when_the_app_is_imported_is_told(tmp_path):
    late, slim = project(tmp_path, SETTINGS).notes
    assert "imports the app of dev, own in the first request, not in init" in late
    assert "prod loads the app's code from S3" in slim


@pytest.mark.parametrize(("text", "suffix"), [(TOML, "toml"), (YAML, "yml"), (YAML, "yaml")])
def test_toml_and_yaml_are_read_as_well(tmp_path, text, suffix):
    found = functions(tmp_path, text, suffix)
    assert [(one.handler, one.memory_mb) for one in found.values()] == [
        ("web.app", 512),
        ("web.app", 1024),
    ]
    assert found["prod"].declared.line == (7 if suffix == "toml" else 2)


def test_the_stage_chooses(tmp_path):
    assert list(functions(tmp_path, SETTINGS, stage="prod")) == ["prod"]


@pytest.mark.parametrize(
    ("settings", "what"),
    [
        ({"django_settings": "shop.settings"}, "run `zappa package` and name the ZIP"),
        ({"s3_bucket": "x"}, "neither app_function nor django_settings"),
        ({"app_function": "gone.app"}, r"has no gone\.py"),
    ],
)
def test_a_stage_that_cannot_be_measured_says_why(tmp_path, settings, what):
    (found,) = project(tmp_path, {"dev": settings}).functions
    assert found.problem is not None
    assert what.replace("\\", "") in found.problem


@pytest.mark.parametrize(
    ("text", "suffix", "what"),
    [
        ('{"dev":\n {"a": }}', "json", "line 2 is not valid JSON"),
        ('[dev]\napp_function = \n"x"', "toml", "not valid TOML: .*line 2"),
        ("dev:\n  - [", "yml", "line 2 is not valid YAML"),
        ("[]", "json", "has no stages"),
        ({"dev": {"extends": "dev"}}, "json", "stage dev extends itself"),
        ({"dev": {"extends": "base"}}, "json", "dev extends base, which is not there"),
    ],
)
def test_what_cannot_be_read_is_told(tmp_path, text, suffix, what):
    with pytest.raises(UsageError, match=what):
        project(tmp_path, text, suffix)


def test_a_stage_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="has no stage beta: it has dev, prod, own"):
        project(tmp_path, SETTINGS, stage="beta")
