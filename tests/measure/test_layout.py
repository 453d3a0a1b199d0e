"""Lambda's search path and variables, as laid out on this machine."""

from __future__ import annotations

import pytest

from importcost.measure.layout import (
    lambda_environment,
    layer_search_path,
    library_path,
    local_layout,
)
from importcost.measure.runners.base import Packages
from importcost.model.profile import Settings, Target
from tests.harness import write_files

SETTINGS = Settings(memory_mb=512, arch="arm64", package_type="zip", runtime="python3.12")
VERSIONED = "python/lib/python3.12/site-packages"


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (("python/a.py",), ["python"]),
        ((f"{VERSIONED}/a.py",), [VERSIONED, "python"]),
        (("python/lib/python3.9/site-packages/a.py",), ["python"]),
        (("bin/tool",), []),
    ],
)
def test_a_layer_stands_on_the_path_as_lambda_puts_it(tmp_path, files, expected):
    layer = write_files(tmp_path, dict.fromkeys(files, ""))
    assert list(layer_search_path(str(layer), "3.12")) == [str(layer / name) for name in expected]


def test_the_task_root_comes_first_then_later_layers_then_what_was_installed(tmp_path):
    first = write_files(tmp_path / "first", {"python/a.py": ""})
    second = write_files(tmp_path / "second", {"python/a.py": ""})
    target = Target("app", None, "/task", "/task/app.py", (str(first), str(second)))
    packages = Packages(("/cache/own", "/cache/asked"), "/cache/runtime")
    layout = local_layout(target, "3.12", packages)
    assert layout.search_path == (
        "/task", str(second / "python"), str(first / "python"),
        "/cache/own", "/cache/asked", "/cache/runtime",
    )  # fmt: skip
    assert layout.task_root == "/task"
    assert layout.runtime_packages == ("/cache/runtime",)
    assert local_layout(target, "3.12").search_path == layout.search_path[:-3]


def test_native_libraries_of_the_task_root_come_before_those_of_layers(tmp_path):
    root = write_files(tmp_path / "root", {"lib/a.so": ""})
    layer = write_files(tmp_path / "layer", {"lib/b.so": ""})
    target = Target("app", None, str(root), str(root / "app.py"), (str(layer),))
    assert library_path(target) == f"{root / 'lib'}:{layer / 'lib'}"
    assert library_path(Target("app", None, str(tmp_path), "app.py")) is None


def test_the_function_is_told_what_lambda_tells_it(tmp_path):
    target = Target("orders.create", "handler", str(tmp_path), str(tmp_path / "x.py"))
    variables = lambda_environment(target, SETTINGS, "/var/task")
    assert variables["_HANDLER"] == "orders/create.handler"
    assert variables["LAMBDA_TASK_ROOT"] == "/var/task"
    assert variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "512"
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_python3.12"
    assert "LD_LIBRARY_PATH" not in variables


def test_no_credential_of_the_host_is_passed_on(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "the-hosts-own")
    monkeypatch.setenv("AWS_PROFILE", "production")
    target = Target("app", None, str(tmp_path), str(tmp_path / "app.py"))
    variables = lambda_environment(target, SETTINGS, "/var/task")
    assert "the-hosts-own" not in variables.values()
    assert "AWS_PROFILE" not in variables
