"""Each snippet of the corpus: what the run shows, what the source says, and what its author wrote.

A comment `# hazard: KIND` (or accepted, note) belongs to its own line, `# hazard@N: KIND` to
line N.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from importcost.snapstart.facts import source_facts
from importcost.snapstart.modules import Project, parse_module
from importcost.snapstart.verdict import all_findings, run_findings, source_findings
from tests.snapstart.runs import snapshot_of

CORPUS = Path(__file__).with_name("corpus")
SNIPPETS = sorted(CORPUS.glob("*.py"))
COMMENT = re.compile(r"# (hazard|accepted|note)(?:@(\d+))?: ([a-z-]+)")


def expected(text: str) -> set[tuple[str, int, str]]:
    return {
        (found[1], int(found[2] or number), found[3])
        for number, line in enumerate(text.splitlines(), 1)
        for found in COMMENT.finditer(line)
    }


def told(findings) -> set[tuple[str, int, str]]:
    return {(item.severity.value, item.line, item.kind.value) for item in findings}


@cache
def views(path: Path, folder: Path):
    """Return the text of a snippet, its project, its facts and its run."""
    text = path.read_text()
    file = folder / f"{path.stem}.py"
    file.write_text(text)
    run = snapshot_of(folder, path.stem)
    project = Project({path.stem: parse_module(path.stem, str(file), text)})
    return text, project, source_facts(project), run


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("corpus")


def test_the_corpus_is_large_enough_and_has_both_outcomes():
    kinds = {kind for path in SNIPPETS for _, _, kind in expected(path.read_text())}
    wanted = {"random", "uuid", "secrets", "urandom", "clock", "credentials", "connection"}
    assert wanted | {"tempfile", "environment", "late-hook"} <= kinds
    assert len(SNIPPETS) >= 25


@pytest.mark.unhurried
@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_the_source_says_what_the_snippet_says(path, folder):
    text, _, facts, _ = views(path, folder)
    assert told(source_findings(facts)) == expected(text)


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_the_run_shows_what_the_snippet_says(path, folder):
    text, project, facts, run = views(path, folder)
    assert told(run_findings(project, facts, run.observation)) == expected(text)


@pytest.mark.parametrize("path", SNIPPETS, ids=lambda path: path.stem)
def test_both_views_merge_into_findings_that_both_have(path, folder):
    text, project, facts, run = views(path, folder)
    merged = all_findings(project, facts, run.observation)
    assert told(merged) == expected(text)
    assert all(item.found_by == ("source", "run") for item in merged)
