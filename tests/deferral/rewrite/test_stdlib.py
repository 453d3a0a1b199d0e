"""Every edit that the verdicts allow, over the standard library's own modules as a corpus."""

import ast
import sysconfig
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from importcost.deferral.rewrite.rewrite import Refused, rewrite
from importcost.deferral.source.analyse import analyse
from importcost.deferral.source.model import ModuleObject, SourceFile, SourceText
from importcost.deferral.source.outside import OutsideUses
from importcost.deferral.source.text import LINE_END, decode, encode
from importcost.model.advice import DeferStyle
from tests.deferral.rewrite.cases import FITTING, fitting, python_for
from tests.sampling import is_whole, sample

ROOT = Path(sysconfig.get_path("stdlib"))
SAMPLE = 160
TOO_LARGE = 40_000  # bytes; only the whole sweep takes these
# The list speaks of modules: where another import of the same one has to stay, nothing is written.
KNOWN_REFUSALS = ("imports", "has to stay as it is")


def corpus():
    """Return the files to edit: a sample unless the whole library is asked for."""
    files = (path for path in ROOT.rglob("*.py") if "site-packages" not in path.parts)
    fitting = (path for path in files if is_whole() or path.stat().st_size < TOO_LARGE)
    return sample(fitting, SAMPLE, lambda path: path.relative_to(ROOT).as_posix())


def read(path, python, text=None):
    """Analyse a file of the corpus; None where it is one that cannot be."""
    source = decode(path.name, path.read_bytes())
    if not isinstance(source, SourceText):
        return None
    is_package = path.name == "__init__.py"
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = ".".join(parts[:-1] if is_package else parts)
    if text is not None:
        source = replace(source, text=text)
    file = analyse(source, module, is_package, python, OutsideUses())
    return file if isinstance(file, SourceFile) else None


def lines_of(text):
    return LINE_END.split(text)


def concerned_lines(file, changes):
    """Return the lines that the changes may touch; all others have to survive."""
    lines = set()
    for change in changes:
        lines.update(range(change.statement.line, change.statement.end_line + 1))
        lines.update(use.line for use in change.statement.uses)
        for name in change.statement.verdict.objects:
            made = next(item for item in file.objects if item.name == name)
            lines.update(range(made.line, made.end_line + 1))
            lines.update(use.line for use in made.uses)
    for node in ast.walk(ast.parse(file.source.text.replace("lazy import", "import"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            head = lines_of(file.source.text)[first.lineno - 1]
            if head.strip() and not ast.get_docstring(node) and "def " in head:
                lines.add(first.lineno)  # one-line bodies get their import on the line
        elif isinstance(node, ast.ImportFrom) and node.module == "typing":
            lines.update(range(node.lineno, node.end_lineno + 1))
        for annotation in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if annotation is not None:
                quoted = range(annotation.lineno, annotation.end_lineno + 1)
                lines.update(() if lines.isdisjoint(quoted) else quoted)
    return lines


def lost_line(file, changes, text):
    """Return the first untouched line that is not in the new text in its order, or None."""
    concerned = concerned_lines(file, changes)
    rest = iter(lines_of(text))
    for number, line in enumerate(lines_of(file.source.text), 1):
        if number not in concerned and line.strip() and line not in rest:
            return number, line
    return None


def check(path, style, file, tally):
    """Apply all that fits, and say what is wrong with the result."""
    python = python_for(style)
    changes = fitting(file, style)
    if not changes:
        return None
    result = rewrite(file, changes, python)
    if isinstance(result, Refused):
        tally["refused", style] += 1
        known = style is DeferStyle.LAZY_MODULES and all(w in result.reason for w in KNOWN_REFUSALS)
        return None if known else f"refused: {result.reason}"
    tally["files", style] += 1
    tally["changes", style] += len(changes)
    encode(file.source, result.text)
    lost = lost_line(file, changes, result.text)
    if lost:
        return f"line lost: {lost}"
    again = read(path, python, result.text)
    if again is None:
        return "not readable any more"
    return still_asked(again, style, changes) or not_settled(again, style, result.text)


def still_asked(file, style, changes):
    """Return the changes that would be made a second time."""
    done = {identity(change.statement) for change in changes}
    twice = [identity(item.statement) for item in fitting(file, style)]
    repeated = done.intersection(twice)
    if repeated and style is not DeferStyle.LAZY_MODULES:
        return f"asked for again: {sorted(repeated)}"
    return None


def identity(statement):
    return statement.name if isinstance(statement, ModuleObject) else statement.code


def not_settled(file, style, text):
    """Say where the analysis finds more once the first imports are gone."""
    result = rewrite(file, fitting(file, style), python_for(style))
    if isinstance(result, Refused):
        return f"second run refused: {result.reason}"
    return "found more" if result.text != text else None


def run(paths):
    tally, wrong = Counter(), []
    for path in paths:
        files = {python: read(path, python) for python in ((3, 12), (3, 15))}
        if files[3, 12] is None or files[3, 15] is None:
            tally["not readable"] += 1
            continue
        tally["readable"] += 1
        for style in FITTING:
            problem = check(path, style, files[python_for(style)], tally)
            if problem:
                wrong.append((path.relative_to(ROOT).as_posix(), style.value, problem))
    return tally, wrong


def assert_sound(tally, wrong):
    assert wrong == []
    rare = () if is_whole() else (DeferStyle.TYPE_CHECKING,)
    for style in set(FITTING).difference(rare):
        assert tally["files", style] > 0, style


@pytest.mark.slow
@pytest.mark.sweep
def test_every_allowed_edit_in_the_standard_library():
    tally, wrong = run(corpus())
    print(dict(tally))
    assert_sound(tally, wrong)
    assert tally["readable"] >= SAMPLE * 0.9
