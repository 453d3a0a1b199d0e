"""Docstrings, comments and messages are plain English.

The rules are few and exact, so that everything they report is wrong: how a docstring may not
begin, what a message may not say, and words for which the field has better ones.
"""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import importcost

PACKAGE = Path(importcost.__file__).parent
FIXED_TEXT = PACKAGE / "probe" / "speed_workload.py"
"""Published figures are fitted to exactly this text: no word of it may change."""

QUESTION = re.compile(
    r"(?:What|Which|Where|Whether|How|Who|Why)\b(?!.*\?)|(?:Tells?|Says?) (?:whether|what|which)\b"
)
NEGATED_NOUN = re.compile(
    r"(?<!\bthere )\b(?:is|are|was|were|be) no (?!(?:longer|more|less|better|worse)\b)[\w`]+",
    re.IGNORECASE,
)
BETTER = {
    "anew": "again",
    "mend": "fix",
    "mends": "fixes",
    "mended": "fixed",
    "mending": "fixing",
    "sister": "sibling",
    "sisters": "siblings",
}
OLD_WORD = re.compile(rf"\b(?:{'|'.join(BETTER)})\b", re.IGNORECASE)

Text = tuple[int, str]


def docstrings_and_messages(tree: ast.Module) -> tuple[list[Text], list[Text]]:
    """Return the docstrings (of attributes, too) and all other strings, with their lines."""
    docstrings: dict[int, Text] = {}
    messages: list[Text] = []
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        for statement in body if isinstance(body, list) else []:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                text = statement.value.value
                if isinstance(text, str):
                    docstrings[id(statement.value)] = (statement.lineno, " ".join(text.split()))
        if isinstance(node, ast.Constant) and id(node) not in docstrings:
            messages += [(node.lineno, node.value)] if isinstance(node.value, str) else []
    return list(docstrings.values()), messages


def comments(text: str) -> Iterator[Text]:
    lines = iter(text.splitlines(keepends=True))
    for token in tokenize.generate_tokens(lambda: next(lines, "")):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def findings(text: str) -> list[Text]:
    """Return what is wrong in a source text: line and sentence."""
    docstrings, messages = docstrings_and_messages(ast.parse(text))
    found = [
        (line, f"a docstring begins with a verb or names the thing, not with {said.group()!r}")
        for line, docstring in docstrings
        if (said := QUESTION.match(docstring))
    ]
    found += [
        (line, f"write 'is not a ...' instead of {said.group()!r}")
        for line, message in messages
        if (said := NEGATED_NOUN.search(message))
    ]
    found += [
        (line, f"write {BETTER[said.group().lower()]!r} instead of {said.group()!r}")
        for line, sentence in (*docstrings, *messages, *comments(text))
        if (said := OLD_WORD.search(sentence))
    ]
    return sorted(found)


@pytest.mark.unhurried
def test_the_package_is_written_in_plain_english():
    wrong = [
        f"{path.relative_to(PACKAGE.parent)}:{line}: {sentence}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path != FIXED_TEXT
        for line, sentence in findings(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"""Which imports cost."""', (1, "not with 'Which'")),
        ('def f():\n    """Tell whether it costs."""', (2, "not with 'Tell whether'")),
        ('X = 1\n"""Whether it costs."""', (2, "not with 'Whether'")),
        ('raise E(f"{x} is no JSON")', (1, "instead of 'is no JSON'")),
        ('raise E(f"{x} is no `price`")', (1, "instead of 'is no `price`'")),
        ("# write it anew", (1, "'again' instead of 'anew'")),
        ('print("Hooks that Mend it.")', (1, "'fix' instead of 'Mend'")),
    ],
)
def test_bad_prose_is_found_with_its_line(text, expected):
    ((line, sentence),) = findings(text)
    assert line == expected[0]
    assert expected[1] in sentence


@pytest.mark.parametrize(
    "text",
    [
        '"""Return what a caller asks for."""',
        '"""How much is it? The answer in words."""',
        'raise E("There is no file x, so there is no handler.")',
        'raise E(f"{x} has no function handler.")',
        'raise E("The module is no longer loaded.")',
        "mender = sisterhood = 1  # a mandate",
    ],
)
def test_plain_english_is_left_alone(text):
    assert findings(text) == []
