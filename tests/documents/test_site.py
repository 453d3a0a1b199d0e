"""The site builds without a warning: no dead link or anchor, no page that nothing leads to."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.documents.blocks import ROOT
from tests.documents.write_reference import FOLDER, PAGES
from tests.harness import PATIENCE_S

DOCS = ROOT / "docs"
CONFIGURATION = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


@pytest.mark.unhurried
def test_the_site_builds_without_a_dead_link(site):
    for page in DOCS.rglob("*.md"):
        assert (site / page.relative_to(DOCS).with_suffix(".html")).is_file()
    assert (site / "repository" / "tests" / "benchmarks" / "RESULTS.html").is_file()


def test_the_site_loads_nothing_from_anywhere(site):
    for page in site.rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        loaded = re.findall(r"<(?:script|img|link)\b[^>]*(?:src|href)=\"(https?:[^\"]+)", text)
        assert loaded == [], page


def test_every_page_is_in_the_contents():
    listed = set(re.findall(r": ([\w/-]+\.md)$", CONFIGURATION, re.MULTILINE))
    assert listed == {str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md")}


@pytest.mark.unhurried
@pytest.mark.parametrize("name", PAGES)
def test_the_reference_is_what_the_code_says(name):
    """Run `python -m tests.documents.write_reference` after a change of what it tells."""
    assert (FOLDER / name).read_text(encoding="utf-8") == PAGES[name]()


@pytest.mark.unhurried
def test_a_dead_link_is_seen(tmp_path):
    """The build's own settings: a link to no file and one to no heading end it."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "index.md").write_text("# A\n\n[b](gone.md) [c](#nowhere)\n")
    checks = CONFIGURATION[CONFIGURATION.index("validation:") : CONFIGURATION.index("nav:\n  -")]
    (tmp_path / "mkdocs.yml").write_text(f"site_name: a\n{checks}")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert built.returncode != 0
    assert "gone.md" in built.stderr
    assert "nowhere" in built.stderr
