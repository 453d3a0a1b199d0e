"""The handlers that pin the rules of analysis, rewritten: a second run changes nothing more."""

from pathlib import Path

import pytest

from importcost.deferral.rewrite.rewrite import Rewritten, rewrite
from importcost.deferral.source.text import decode
from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import FITTING, analysed, fitting, python_for, source_of

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.py"))
# The list speaks of modules: where another import of the same one has to stay, nothing is written.
RUNS = [
    pytest.param(path, style, id=f"{path.stem}: {style.value}")
    for path in CORPUS
    for style in FITTING
    if style is not DeferStyle.LAZY_MODULES
]


def once(text, path, style):
    is_package = b"# package:" in path.read_bytes()
    file = analysed(source_of(text), python_for(style), "app.api", is_package=is_package)
    result = rewrite(file, fitting(file, style), python_for(style))
    assert isinstance(result, Rewritten), result
    return result.text


@pytest.mark.parametrize(("path", "style"), RUNS)
def test_a_second_run_changes_nothing_more(path, style):
    text = once(decode(path.name, path.read_bytes()).text, path, style)
    assert once(text, path, style) == text
