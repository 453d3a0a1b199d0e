"""Paths in the files of projects that were written on Windows or macOS."""

from __future__ import annotations

import pytest

from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import ReadOptions
from importcost.projects.places import inside
from importcost.reports.facts import short_path
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"
TEMPLATE = """Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {CodeUri: 'src\\orders', Handler: app.handler, Runtime: python3.12}
"""
SERVICE = """service: shop
provider: {name: aws, runtime: python3.12}
functions:
  f: {handler: src/orders/app.handler}
package: {patterns: ['src\\orders']}
"""


@pytest.mark.parametrize("text", ["src\\orders", ".\\src\\orders", "src\\..\\src\\orders\\"])
def test_the_separators_of_windows_are_followed(tmp_path, text):
    (tmp_path / "src" / "orders").mkdir(parents=True)
    assert inside(text, tmp_path, tmp_path, "x") == (tmp_path / "src" / "orders").resolve()


def test_a_name_with_a_backslash_in_it_is_that_name_first(tmp_path):
    (tmp_path / "src\\orders").mkdir()
    (tmp_path / "src" / "orders").mkdir(parents=True)
    assert inside("src\\orders", tmp_path, tmp_path, "x").name == "src\\orders"


@pytest.mark.parametrize("text", ["C:\\src", "C:/src", "c:src", "\\src", "\\\\server\\src"])
def test_drives_and_shares_are_absolute(tmp_path, text):
    with pytest.raises(UsageError, match="is an absolute path: write it relative"):
        inside(text, tmp_path, tmp_path, "template.yaml line 4")


def test_windows_separators_lead_no_further_than_others(tmp_path):
    (tmp_path / "project").mkdir()
    with pytest.raises(UsageError, match="leads out of the project"):
        inside("..\\..\\etc", tmp_path / "project", tmp_path / "project", "x")


@pytest.mark.parametrize(
    ("name", "text"), [("template.yaml", TEMPLATE), ("serverless.yml", SERVICE)]
)
def test_a_project_written_on_windows_is_measurable(tmp_path, name, text):
    write_files(tmp_path, {name: text.replace("\n", "\r\n"), "src/orders/app.py": HANDLER})
    (function,) = read_project_place(tmp_path / name, ReadOptions()).functions
    assert function.problem is None
    assert function.handler in ("app.handler", "src/orders/app.handler")


@pytest.mark.parametrize(
    ("file", "shown"),
    [
        ("C:\\Users\\a\\venv\\Lib\\site-packages\\requests\\api.py", "requests/api.py"),
        ("C:\\Python312\\Lib\\json\\decoder.py", "Lib/json/decoder.py"),
        (
            "/Library/Frameworks/Python.framework/Versions/3.12/lib/python3.12/json/decoder.py",
            "python3.12/json/decoder.py",
        ),
        (
            "/opt/homebrew/Cellar/python@3.12/3.12.1/lib/python3.12/site-packages/boto3/session.py",
            "boto3/session.py",
        ),
        ("/private/tmp/shop/orders/app.py", "shop/orders/app.py"),
    ],
)
def test_a_profile_of_another_system_shows_short_paths(file, shown):
    assert short_path(file, None) == shown
