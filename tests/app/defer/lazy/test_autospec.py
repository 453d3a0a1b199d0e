"""Tests of the user's that make a mock after a name that becomes lazy."""

import pytest

from importcost.app.defer.lazy.autospec import autospecced
from tests.harness import write_files

LAZY = {"app": {"boto3", "heavy"}, "pk.app": {"requests"}}


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ('mock.patch("app.boto3", autospec=True)', "boto3"),
        ('patch.object(app, "heavy", autospec=True)', "heavy"),
        ('@patch(\n    "pk.app.requests",\n    autospec=True,\n)\ndef test(): pass', "requests"),
        ("create_autospec(app.boto3)", "boto3"),
        ("mock.create_autospec(pk.app.requests, instance=True)", "requests"),
        ('mocker.patch("app.boto3", spec=True)', "boto3"),
    ],
)
def test_a_mock_after_a_lazy_name_is_told(code, name, tmp_path):
    write_files(tmp_path, {"tests/test_app.py": f"import app\n\n{code}\n"})
    (note,) = autospecced(tmp_path, LAZY)
    assert note.startswith("tests/test_app.py:3 makes a mock after " + name)
    assert note.endswith("read it first, or defer with --style function")


@pytest.mark.parametrize(
    "code",
    [
        'mock.patch("app.boto3")',
        'mock.patch("app.boto3", autospec=False)',
        'mock.patch("app.boto3.client", autospec=True)',
        'mock.patch("other.boto3", autospec=True)',
        'patch.object(app, "other", autospec=True)',
        "create_autospec(app.other)",
        "create_autospec(boto3.client)",
        "patch(",
    ],
)
def test_other_mocks_are_not(code, tmp_path):
    write_files(tmp_path, {"tests/test_app.py": f"{code}  # autospec\n"})
    assert autospecced(tmp_path, LAZY) == ()


def test_without_a_lazy_name_no_file_is_searched(tmp_path):
    assert autospecced(tmp_path / "nowhere", {}) == ()
