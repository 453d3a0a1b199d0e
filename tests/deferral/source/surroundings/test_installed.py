"""The state that installed packages read while they load, by their source."""

from __future__ import annotations

import textwrap

import pytest

from importcost.deferral.source.surroundings.installed import InstalledSources
from importcost.model.advice import VerdictKind
from tests.deferral.source.programs import analysed, import_verdict


def installed_in(folder, imports=None, **bodies):
    files = {}
    for name, body in bodies.items():
        path = folder / f"{name}.py"
        path.write_text(textwrap.dedent(body), encoding="utf-8")
        files[name] = str(path)
    return InstalledSources(files, imports or {})


HANDLER = """
import decimal, os, random, warnings
import heavy
def handler(event, context):
    {change}
    return heavy.answer(event)
"""

READING = {
    "variable": ("import os\nX = os.environ.get('HEAVY_MODE')", "os.environ['HEAVY_MODE'] = 'x'"),
    "every variable": ("import os\nX = dict(os.environ)", "os.environ['HEAVY_MODE'] = 'x'"),
    "called function": (
        "import os\ndef mode():\n    return os.getenv('HEAVY_MODE')\nX = mode()",
        "os.environ['HEAVY_MODE'] = 'x'",
    ),
    "folder": ("X = open('heavy.cfg').read()", "os.chdir('/tmp')"),
    "random numbers": ("import random\nX = random.random()", "random.seed(1)"),
    "decimals": (
        "from decimal import Decimal\nX = Decimal(1) / 3",
        "decimal.getcontext().prec = 2",
    ),
    "warnings": ("import warnings\nwarnings.warn('old')", "warnings.simplefilter('error')"),
}


@pytest.mark.parametrize("name", READING)
def test_a_package_stays_if_its_body_reads_what_a_function_changes(name, tmp_path):
    body, change = READING[name]
    text = HANDLER.format(change=change)
    verdict = import_verdict(analysed(text, installed=installed_in(tmp_path, heavy=body)), "heavy")
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert verdict.reason.startswith("importing heavy may read ")
    calm = installed_in(tmp_path, heavy="X = 1\ndef later():\n    return open('x')\n")
    assert import_verdict(analysed(text, installed=calm), "heavy").kind is VerdictKind.DEFERRABLE


def test_what_a_package_imports_counts_and_is_named(tmp_path):
    bodies = {"heavy": "import core\n", "core": "import os\nX = os.environ['HEAVY_MODE']\n"}
    installed = installed_in(tmp_path, {"heavy": ["core"]}, **bodies)
    text = HANDLER.format(change="os.environ['HEAVY_MODE'] = 'x'")
    reason = import_verdict(analysed(text, installed=installed), "heavy").reason
    assert reason.startswith("importing heavy (core) may read the environment, which handler()")
    text = HANDLER.format(change="os.environ['OTHER'] = 'x'")
    kind = import_verdict(analysed(text, installed=installed), "heavy").kind
    assert kind is VerdictKind.DEFERRABLE


def test_a_package_whose_source_cannot_be_read_counts_as_a_reader(tmp_path):
    installed = InstalledSources({"heavy": str(tmp_path / "gone.py")}, {})
    text = HANDLER.format(change="os.environ['OTHER'] = 'x'")
    kind = import_verdict(analysed(text, installed=installed), "heavy").kind
    assert kind is VerdictKind.NOT_DEFERRABLE


def test_a_compiled_module_reads_what_compiled_modules_are_known_to_read():
    installed = InstalledSources({"heavy": "/opt/heavy.so"}, {})
    text = HANDLER.format(change="os.environ['OMP_NUM_THREADS'] = '1'")
    kind = import_verdict(analysed(text, installed=installed), "heavy").kind
    assert kind is VerdictKind.NOT_DEFERRABLE
    text = HANDLER.format(change="os.environ['REQUEST_ID'] = '1'")
    kind = import_verdict(analysed(text, installed=installed), "heavy").kind
    assert kind is VerdictKind.DEFERRABLE


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("charset_normalizer", VerdictKind.DEFERRABLE),
        ("another_normalizer", VerdictKind.NOT_DEFERRABLE),
    ],
)
def test_a_handler_that_a_known_package_makes_and_does_not_add_waits_for_no_setup(
    name, kind, tmp_path
):
    bodies = {
        "heavy": f"import {name}\n",
        name: "import logging\nhandler = logging.StreamHandler()\n",
    }
    installed = installed_in(tmp_path, {"heavy": [name]}, **bodies)
    text = "import logging\n" + HANDLER.format(change="logging.basicConfig(level=event['level'])")
    verdict = import_verdict(analysed(text, installed=installed), "heavy")
    assert verdict.kind is kind, verdict.reason


FOLDERS = {
    "its own": "sys.path.insert(0, os.path.dirname(__file__))",
    "below": "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'lib'))",
    "absolute": (
        "sys.path.insert(0, os.path.abspath(os.path.join(os.path.dirname(__file__), 'lib')))"
    ),
    "a path": "sys.path.append(str(pathlib.Path(__file__).resolve().parent / 'lib'))",
    "named": "HERE = os.path.dirname(os.path.abspath(__file__))\nsys.path.insert(0, HERE)",
}
UNKNOWN = {
    "constant": "sys.path.insert(0, '/opt')",
    "computed": "sys.path.insert(0, os.path.join(os.path.dirname(__file__), os.environ['LIB']))",
    "not there": "sys.path.insert(0, os.path.join(os.path.dirname(__file__), 'absent'))",
    "assigned": "sys.path = [os.path.dirname(__file__)]",
    "variable of another value": "__file__ = '/x/y'\nsys.path.insert(0, os.path.dirname(__file__))",
}
PATHS = """
import os, pathlib, sys
import {module} as thing
{change}
def handler(event, context):
    return thing.answer(event)
"""


def moved_over(change, module, folder, *entries):
    """Return the verdict on an import before a change of sys.path, by what is in the folders."""
    for place in (folder, folder / "lib"):
        place.mkdir(exist_ok=True)
        for entry in ("common", *entries):
            (place / f"{entry}.py").write_text("", encoding="utf-8")
    installed = InstalledSources(
        {"boto3": "/opt/boto3.so", "botocore": "/opt/botocore.so", "heavy": "/opt/heavy.so"},
        {"boto3": ["botocore"]},
    )
    text = PATHS.format(module=module, change=change)
    files = analysed(text, folders={"app": str(folder)}, installed=installed)
    return import_verdict(files, module)


@pytest.mark.parametrize("module", ["boto3", "decimal"])
@pytest.mark.parametrize("name", FOLDERS)
def test_a_folder_beside_the_file_keeps_only_what_may_be_found_in_it(name, module, tmp_path):
    verdict = moved_over(FOLDERS[name], module, tmp_path)
    assert verdict.kind is VerdictKind.DEFERRABLE, verdict.reason


@pytest.mark.parametrize(
    ("module", "entry"),
    [("boto3", "botocore"), ("boto3", "urllib3"), ("boto3", "awscrt"), ("boto3", "json"),
     ("decimal", "numbers"), ("heavy", "other")],
)  # fmt: skip
@pytest.mark.parametrize("name", ["its own", "below"])
def test_a_folder_keeps_what_may_be_found_in_it(name, module, entry, tmp_path):
    verdict = moved_over(FOLDERS[name], module, tmp_path, entry)
    assert verdict.kind is VerdictKind.NOT_DEFERRABLE
    assert "may read sys.path, which line 4 changes" in verdict.reason


@pytest.mark.parametrize("name", UNKNOWN)
def test_a_folder_that_is_not_known_keeps_all(name, tmp_path):
    for module in ("boto3", "decimal"):
        verdict = moved_over(UNKNOWN[name], module, tmp_path)
        assert verdict.kind is VerdictKind.NOT_DEFERRABLE
