"""Every message that ends a command, read from where it is raised, with its remedy."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import importcost
from importcost import errors
from importcost.parameters import Parameter
from tests.documents.reference.text import page, plain, table

PACKAGE = Path(importcost.__file__).parent
INTRODUCTION = """
One sentence says what happened, where, and what to do next. Words in `<angle brackets>` stand for
what the case has: a file, a module, a number. The same problem in a configuration is worded with
settings instead of options. A traceback in what importcost says is the handler's own; "importcost
itself failed" is a defect: please report it.
"""
LEAST_WORDS = 2
HEADINGS = {
    2: "Exit code 2: it cannot be carried out as written",
    3: "Exit code 3: it could not be measured",
}


def errors_page() -> str:
    """Return the page: a table for each exit code, by the sentence's first words."""
    by_code: dict[int, set[tuple[str, str]]] = defaultdict(set)
    for code, what, remedy in _raised():
        by_code[code].add((what, remedy))
    parts = [INTRODUCTION]
    for code, heading in HEADINGS.items():
        rows = sorted(by_code[code], key=lambda row: (_begin(row[0]), row))
        parts += [f"## {heading}", table(("it says", "do"), rows)]
    return page("Messages", *parts)


def _raised() -> Iterator[tuple[int, str, str]]:
    """Yield exit code, event and remedy of each error that the source makes in words."""
    codes = {
        name: kind.exit_code
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.ImportcostError)
    }
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            code = codes.get(node.func.id)
            if code is None or not node.args:
                continue
            what = _words(node.args[0])
            remedy = _words(node.args[1]) if len(node.args) > 1 else ""
            sentence, _, rest = what.partition(": ") if not remedy else (what, "", "")
            if len(_known(sentence)) < LEAST_WORDS:
                sentence, rest = what, ""
            if len(_known(sentence)) >= LEAST_WORDS:  # else only the case has the words
                yield code, plain(sentence.rstrip(".")), plain(remedy or rest.rstrip("."))


def _begin(sentence: str) -> str:
    """Return what a sentence is sorted by: its words after a file or a name at its beginning."""
    return re.sub(r"&lt;.*?&gt;|[^a-z -]", "", sentence.lower()).strip()


def _known(sentence: str) -> list[str]:
    """Return the words of a sentence that are the same in each case."""
    return re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^<>]*>", "", sentence))


def _words(node: ast.expr) -> str:
    """Return the words of an expression; what only a case knows is `<its name>`."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_words, node.values))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _words(node.left) + _words(node.right)
    if isinstance(node, ast.FormattedValue):
        return f"<{_name(node.value)}>"
    if isinstance(node, ast.Starred):
        return "".join(map(_words, getattr(node.value, "elts", [])))
    if isinstance(node, ast.Call):
        return _called(node)
    if isinstance(node, ast.Attribute):
        return _option(node)
    return f"<{_name(node)}>"


def _called(node: ast.Call) -> str:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name == "words":
        return "".join(map(_words, node.args))
    if name == "remedy":
        ways = [_words(one) for one in node.args]
        return ", or ".join(filter(None, [", ".join(ways[:-1]), ways[-1]]))
    if isinstance(node.func, ast.Attribute) and node.func.attr in ("of", "named"):
        values = " ".join(map(_words, node.args))
        return f"{_words(node.func.value)} {values}".strip()
    return f"<{_name(node)}>"


def _option(node: ast.Attribute) -> str:
    is_parameter = isinstance(node.value, ast.Name) and node.value.id == "Parameter"
    if is_parameter and node.attr in Parameter.__members__:
        return Parameter[node.attr].value.option
    return f"<{_name(node)}>"


def _name(node: ast.expr) -> str:
    """Return a few words for a value: the last name in the expression."""
    names = [
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute | ast.Name)
    ]
    return names[0].strip("_").replace("_", " ") if names else "..."
