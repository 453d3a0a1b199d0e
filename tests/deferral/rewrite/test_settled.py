"""Verdict and edit are one decision: what a verdict allows can be written, and nothing else."""

from pathlib import Path

# ruff: noqa: E501 - a line of a case is a line of its file
import pytest
from hypothesis import given, settings

from importcost.deferral.rewrite.rewrite import Refused, Rewritten, rewrite
from importcost.deferral.rewrite.settled import changes_of, settle_verdicts
from importcost.deferral.source.text import decode
from importcost.model.advice import DeferStyle, VerdictKind
from tests.deferral.rewrite.cases import analysed, source_of
from tests.deferral.rewrite.test_generated import files
from tests.sampling import examples

CORPUS = sorted((Path(__file__).parents[1] / "corpus").glob("*.py"))
PYTHON = (3, 12)
ALLOWED = (VerdictKind.DEFERRABLE, VerdictKind.NEEDS_GETTER, VerdictKind.ANNOTATIONS_ONLY)

# The source alone allows each of these, and the edit cannot be written.
UNWRITABLE = {
    "functools is another thing": (
        "import sdk\nfunctools = 3\nclient = sdk.client()\n\n\ndef f():\n    return client\n"
    ),
    "an annotation with both kinds of quotes": (
        "from shapes import Shape\n\n\ndef f(x: Shape['a', \"b\"] = None):\n    return x\n"
    ),
    "an annotation with a comment": (
        "from shapes import Shape\n\n\ndef f(\n    x: dict[  # why\n        Shape, int\n    ],\n):\n"
        "    return x\n"
    ),
    "a class in the function that binds the name": (
        "import shapes\n\n\ndef f():\n    class C:\n        shapes = shapes.area\n    return C\n\n\n"
        "def g():\n    return shapes\n"
    ),
    "a getter whose text is shown": (
        "import sdk\nclient = sdk.client()\n\n\ndef f():\n    return f'{client=}'\n"
    ),
}
TOGETHER = (
    "import boto3\none, two = boto3.a, boto3.b\nsession = boto3.Session()\n"
    "table = session.resource('t')\nqueue = session.client('q')\n\n\ndef f():\n    return table\n\n\ndef g():\n    return queue, one\n"
)


def assert_one_decision(file):
    """Check every verdict of a settled file against the edit that it allows."""
    for statement in (*file.imports, *file.objects):
        allowed = statement.verdict.kind in ALLOWED
        assert allowed == (statement.verdict.style is not None)
        for change in changes_of(statement):
            result = rewrite(file, [change], PYTHON)
            assert isinstance(result, Rewritten), (statement, result)
            assert result.text != file.source.text
            assert "refused" not in statement.verdict.reason


@pytest.mark.parametrize("path", CORPUS, ids=[path.stem for path in CORPUS])
def test_what_a_verdict_of_the_corpus_allows_can_be_written(path):
    is_package = b"# package:" in path.read_bytes()
    text = decode(path.name, path.read_bytes()).text
    file = analysed(source_of(text), PYTHON, "app.api", is_package=is_package)
    assert_one_decision(settle_verdicts(file, PYTHON))


@settings(max_examples=examples(60), deadline=None, report_multiple_bugs=False)
@given(files())
def test_what_a_verdict_allows_can_be_written(text):
    assert_one_decision(settle_verdicts(analysed(text, PYTHON), PYTHON))


@pytest.mark.parametrize("text", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_written_is_not_deferrable_for_the_edits_own_reason(text):
    file = analysed(text, PYTHON)
    settled = settle_verdicts(file, PYTHON)
    assert_one_decision(settled)
    for before, after in zip(file.imports, settled.imports, strict=True):
        for change in changes_of(before):
            result = rewrite(file, [change], PYTHON)
            if isinstance(result, Refused):
                assert after.verdict.kind is VerdictKind.NOT_DEFERRABLE
                assert after.verdict.reason.endswith(result.reason)


def test_objects_that_need_each_other_become_getters_together_whichever_is_asked_for():
    file = settle_verdicts(analysed(TOGETHER, PYTHON), PYTHON)
    assert_one_decision(file)
    chain = [one for one in file.objects if one.verdict.kind is VerdictKind.NEEDS_GETTER]
    assert [one.name for one in chain] == ["session", "table", "queue"]
    for one in chain:
        assert one.verdict.objects == ("session", "table", "queue")
        assert one.verdict.style is DeferStyle.GETTER
    assert chain[0].verdict.reason == (
        "only functions, table and queue use session, so a cached getter can make it"
    )
    assert chain[1].verdict.reason == "only functions use table, so a cached getter can make it"
