"""The page's modules under the JavaScript tools: unit tests, types and rules.

Node is enough for the unit tests. Types and rules need `npm ci --prefix tests/page` as well.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.reports.page.browser import REQUIRE_ALL
from tests.reports.page.page_cases import CASES_FILE, cases_text

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "tests" / "page"
TOOLS = FOLDER / "node_modules"
OLDEST_NODE = 18


def without(reason: str) -> None:
    """Skip, or fail where nothing may be skipped."""
    if os.environ.get(REQUIRE_ALL) == "1":
        pytest.fail(f"{reason} ({REQUIRE_ALL}=1)")
    pytest.skip(reason)


def run(*command: str) -> None:
    done = subprocess.run(
        command, cwd=ROOT, check=False, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"


@pytest.fixture
def node() -> str:
    found = shutil.which("node")
    if found is None:
        without("Node is not on PATH; it checks the page's modules")
    version = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=60)
    major = int(re.match(r"v(\d+)", version.stdout)[1])
    if major < OLDEST_NODE:
        without(f"Node {major} is on PATH; the page's checks need {OLDEST_NODE}")
    return found


def tool(package: str, script: str) -> str:
    found = TOOLS / package / script
    if not found.exists():
        without(f"{package} is not installed: run npm ci --prefix tests/page")
    return str(found)


def test_the_cases_are_those_that_python_gives() -> None:
    assert CASES_FILE.read_text("utf-8") == cases_text(), (
        "run python tests/reports/page/page_cases.py"
    )


@pytest.mark.unhurried
def test_the_modules_pass_their_unit_tests(node: str) -> None:
    files = sorted(str(file) for file in FOLDER.glob("*.test.js"))
    assert len(files) > 5
    run(node, "--test", *files)


@pytest.mark.slow
def test_the_modules_types_are_sound(node: str) -> None:
    run(node, tool("typescript", "bin/tsc"), "-p", str(FOLDER / "tsconfig.json"))


@pytest.mark.slow
def test_the_modules_keep_the_rules(node: str) -> None:
    rules = str(FOLDER / "eslint.config.js")
    folders = ("templates/js", "tests/page")
    run(node, tool("eslint", "bin/eslint.js"), "-c", rules, "--max-warnings", "0", *folders)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ('/** @param {string} a */ export function bad(a) { return a * "x"; }', "TS2362"),
        ("export function bad(a) { return a; }", "TS7006"),
    ],
)
@pytest.mark.slow
def test_a_wrong_type_is_noticed(node: str, tmp_path: Path, line: str, complaint: str) -> None:
    (tmp_path / "bad.js").write_text(line + "\n", encoding="utf-8")
    options = (FOLDER / "tsconfig.json").read_text("utf-8")
    (tmp_path / "tsconfig.json").write_text(
        re.sub(r'"include": .*', '"include": ["bad.js"]', options), encoding="utf-8"
    )
    with pytest.raises(AssertionError, match=complaint):
        run(node, tool("typescript", "bin/tsc"), "-p", str(tmp_path / "tsconfig.json"))
