"""A module that the measured Python has no more is told as that."""

from __future__ import annotations

import importlib.util
import json
import sys
from importlib import resources

import pytest

from importcost.measure.failures.lacking import removed_from_python
from importcost.measure.removed import last_version
from importcost.model.profile import Target
from importcost.model.supplies import MissingModule


@pytest.mark.parametrize(
    ("module", "version", "expected"),
    [
        ("distutils.util", "3.12.1", "3.11"),
        ("distutils", "3.11.7", None),
        ("cgi", "3.13", "3.12"),
        ("cgi", "3.9", None),
        ("requests", "3.13", None),
    ],
)
def test_the_last_version_that_has_a_module(module, version, expected):
    assert last_version(module, version) == expected


def test_the_list_agrees_with_this_interpreter():
    text = resources.files("importcost.measure").joinpath("data", "removed-modules.json")
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    for module in json.loads(text.read_text())["modules"]:
        if last_version(module, version) is not None:
            assert module not in sys.stdlib_module_names
        elif module in sys.stdlib_module_names and module not in ("msilib", "ossaudiodev"):
            assert importlib.util.find_spec(module) is not None or sys.platform != "linux"


def test_the_message_names_the_version_and_the_line():
    target = Target("app", None, "/task", "/task/app.py")
    modules = [
        MissingModule("requests", "/task/app.py", 1),
        MissingModule("distutils", "/task/app.py", 2),
    ]
    words = str(removed_from_python(modules, "3.12", target))
    assert "the module distutils (app.py line 2), which Python had up to 3.11" in words
    assert "--python" in words
    assert removed_from_python(modules, "3.11", target) is None
