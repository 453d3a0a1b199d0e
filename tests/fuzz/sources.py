"""The target that judges and rewrites handlers, which a grammar makes of pieces of Python."""

from __future__ import annotations

import ast
import warnings

from importcost.deferral.rewrite.rewrite import Change, Rewritten, rewrite
from importcost.deferral.rewrite.settled import settle_verdicts
from importcost.deferral.source.analyse import analyse
from importcost.deferral.source.model import SourceFile, SourceText
from importcost.deferral.source.outside import OutsideUses
from tests.deferral.rewrite.cases import FITTING, fitting
from tests.fuzz.choices import Choices, broken

VERSIONS = ((3, 9), (3, 12), (3, 14), (3, 15))
NAMES = ("a", "b", "c", "d", "handler", "event", "self", "x", "__all__", "TYPE_CHECKING")
MODULES = ("json", "os.path", "pandas", "a.b.c", "typing", "threading", "boto3", "functools")
STATEMENTS = (
    "import {m}", "import {m} as {n}", "from {m} import {n}", "from {m} import {n} as {n}, {n}",
    "from {m} import *", "import {m}, {m} as {n}; {n} = {e}", "{n} = {e}", "{n}: {e} = {e}",
    "{n}: '{n}'", "{n} += {e}", "del {n}", "global {n}", "nonlocal {n}", "return {e}", "pass",
    "{e}", "raise {e}", "assert {e}, {e}", "{n} = {n} = {e}", "{n}, *{n} = {e}", "yield {e}",
    "from __future__ import annotations", "lazy import {m}", "__lazy_modules__ = ['{m}']",
    "type {n} = {e}", "for {n} in {e}: {n}", '"""doc"""', "...", "break", "import {m};",
    "pass  # {n}", "{n} = \\\n  {e}", "from . import {n}", "from ..x import (\n  {n},  # {n}\n)",
    "import {m}, \\\n  {m} as {n}  # {n}", "with {e}: import {m}", "{n}.{n} = {e}", "{n} = {n}",
)  # fmt: skip
BLOCKS = (
    "def {n}(x={e}):\n{b}", "def {n}(y: {e} = 1, *, x: '{n}' = 2) -> {e}:\n{b}",
    "async def {n}():\n{b}", "class {n}({n}):\n{b}", "class {n}:\n{b}", "if {e}:\n{b}",
    "if {e}:\n{b}\nelif {e}:\n{b}\nelse:\n{b}", "while {e}:\n{b}", "for {n} in {e}:\n{b}",
    "with {e} as {n}:\n{b}", "try:\n{b}\nexcept ImportError:\n{b}", "try:\n{b}\nfinally:\n{b}",
    "match {e}:\n    case 1:\n        {n}\n    case _:\n        {n}", "@{n}\ndef {n}(x):\n{b}",
    "if TYPE_CHECKING:\n{b}", "def handler(event, context):\n{b}", "try:\n{b}\nexcept* {n}:\n{b}",
    "if __name__ == 'x':\n{b}", 'def {n}():\n  """doc"""\n  return {e}', "@{n}\nclass {n}:\n{b}",
    "class {n}(metaclass={n}, x={e}):\n{b}", "def {n}(): return {e}", "def {n}[T: {n}](x: T): {e}",
)  # fmt: skip
EXPRESSIONS = (
    "{n}", "{n}.x", "1", "{n}({e})", "'{n}'", "f'{{{n}}}'", "f'{{{n}!r:>{{{n}}}}}'",
    "[{e} for {n} in {n}]", "{{{e}: {e}}}", "(lambda {n}={e}: {e})", "({n} := {e})", "({e} + {e})",
    "(not {e})", "{n}[{e}]", "({e},)", "{n}[1:{e}]", "({e} if {e} else {e})", "{n}(*{n}, **{n})",
    "(\n{e}\n)", "{n}.x.y.z({e})", "getattr({n}, 'x')", "globals()", "'{n}.x'", "({e} and {e})",
    "__import__('{n}')", "b'x'", "1j", "...", "(-{e})", '"""x\n"""', "(yield)", "(await {n})",
    "f'{{{n}.x=}}'", "f'''{{\n{n}}}'''", "'\\N{{EM DASH}}'", "list['{n}']", "threading.Lock()",
    "{n}.x", "{n}", "{n}.x({n})", "[*{n}]", "{{{n} async for {n} in {n}}}", "({n} for {n} in {n})",
)  # fmt: skip
INDENTS = ("    ", "    ", "    ", "\t", " ")
MOST_LINES = 60
DEEPEST = 4


def rewrite_source(data: bytes) -> None:
    """Judge a handler, and apply every change that its verdicts allow, in every style."""
    choices = Choices(data)
    python = choices.pick(VERSIONS)
    text = _program(choices)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compiling odd sources warns, as Python itself does
        _rewrite(text, python)


def _rewrite(text: str, python: tuple[int, int]) -> None:
    source = SourceText("pkg/handler.py", text, "utf-8", False)
    outside = OutsideUses(entry=frozenset({"handler"}))
    file = analyse(source, "pkg.handler", False, python, outside)
    if not isinstance(file, SourceFile):
        return
    file = settle_verdicts(file, python)
    for style in FITTING:
        changes = fitting(file, style)
        done = rewrite(file, changes, python) if changes else None
        if isinstance(done, Rewritten):
            assert done.text != text or not changes or done.notes
            _still_reads(done.text, text)
    for statement in file.imports:
        for style in FITTING:
            done = rewrite(file, [Change(statement, style)], python)
            if isinstance(done, Rewritten):
                _still_reads(done.text, text)


def _still_reads(text: str, before: str) -> None:
    """Assert that a result is Python wherever the original is (3.15's own words aside)."""
    try:
        ast.parse(before)
    except (SyntaxError, ValueError, RecursionError):
        return
    if "lazy " not in text:
        ast.parse(text)


def _program(choices: Choices) -> str:
    lines: list[str] = []
    while not choices.is_over and len(lines) < MOST_LINES:
        lines += _statement(choices, 0)
    text = choices.pick(["\n", "\n", "\n", "\r\n", "\r"]).join(lines)
    text += choices.pick(["\n", "", "\n\n", "\x0c"])
    return broken(text, choices) if choices.chance(8) else text


def _statement(choices: Choices, depth: int) -> list[str]:
    """Return the lines of a statement, with statements below it if it is a block."""
    if depth >= DEEPEST or not choices.chance(3):
        return _filled(choices.pick(STATEMENTS), choices).split("\n")
    lines: list[str] = []
    for line in choices.pick(BLOCKS).split("\n"):
        if line != "{b}":
            lines += _filled(line, choices).split("\n")
            continue
        indent = choices.pick(INDENTS)
        for _ in range(1 + choices.number(3)):
            lines += [indent + inner for inner in _statement(choices, depth + 1)]
    return lines


def _filled(pattern: str, choices: Choices, depth: int = 0) -> str:
    """Return a piece of Python with names, modules and expressions in its places."""
    made: list[str] = []
    at = 0
    while at < len(pattern):
        place = pattern[at : at + 3]
        if place == "{n}":
            made.append(choices.pick(NAMES))
        elif place == "{m}":
            made.append(choices.pick(MODULES))
        elif place == "{e}":
            inner = choices.pick(EXPRESSIONS if depth < 4 else EXPRESSIONS[:2])
            made.append(_filled(inner, choices, depth + 1))
        elif pattern[at : at + 2] in ("{{", "}}"):
            made.append(pattern[at])
            at += 2
            continue
        else:
            made.append(pattern[at])
            at += 1
            continue
        at += 3
    return "".join(made)
