"""The target that judges and rewrites handlers, which a grammar makes of pieces of Python."""

from __future__ import annotations

import ast
import re
import warnings
from typing import NamedTuple

from importcost.deferral.rewrite.rewrite import Change, Rewritten, rewrite
from importcost.deferral.rewrite.settled import settle_verdicts
from importcost.deferral.rewrite.tree import CannotRewriteError, parse_text
from importcost.deferral.source.analyse import analyse
from importcost.deferral.source.model import SourceFile, SourceText
from importcost.deferral.source.outside import OutsideUses
from importcost.deferral.source.parse import mask_lazy
from tests.deferral.rewrite.cases import FITTING, fitting
from tests.fuzz.choices import Choices, broken

VERSIONS = ((3, 9), (3, 12), (3, 14), (3, 15))
NAMES = ("a", "b", "c", "d", "handler", "event", "self", "x", "__all__", "TYPE_CHECKING")
MODULES = ("json", "os.path", "pandas", "a.b.c", "typing", "threading", "boto3", "functools")
STATEMENTS = (
    "import {m}", "import {m} as {n}", "from {m} import {n}", "from {m} import {n} as {n}, {n}",
    "import {m}, {m} as {n}; {n} = {e}", "{n} = {e}", "{n}: {a} = {e}", "{n}: '{n}'", "{n} += {e}",
    "del {n}", "pass", "{e}", "raise {e}", "assert {e}, {e}", "{n} = {n} = {e}", "{n}, *{n} = {e}",
    "lazy import {m}", "__lazy_modules__ = ['{m}']", "type {n} = {a}", "for {n} in {e}: {n}",
    '"""doc"""', "...", "import {m};", "pass  # {n}", "{n} = \\\n  {e}", "from . import {n}",
    "from ..x import (\n  {n},  # {n}\n)", "import {m}, \\\n  {m} as {n}  # {n}",
    "with {e}: import {m}", "{n}.{n} = {e}", "{n} = {n}",
)  # fmt: skip
OF_MODULES = ("from {m} import *", "from __future__ import annotations")
OF_FUNCTIONS = ("return {e}", "return {n}", "yield {e}", "import {m}; return {m}")
OF_LOOPS = ("break", "continue")
ODD = (
    *OF_MODULES, *OF_FUNCTIONS, *OF_LOOPS, "global {n}", "nonlocal {n}", "(await {n})", "(yield)",
    "{n}: {e} = {e}", "type {n} = {e}", "{{{n} async for {n} in {n}}}",
)  # fmt: skip
"""Statements that few places may have; the others are refused, which is to be seen too."""
BLOCKS = (
    "def {n}(x={e}):\n{b}", "def {n}(y: {a} = 1, *, x: '{n}' = 2) -> {a}:\n{b}",
    "async def {n}():\n{b}", "class {n}({n}):\n{b}", "class {n}:\n{b}", "if {e}:\n{b}",
    "if {e}:\n{b}\nelif {e}:\n{b}\nelse:\n{b}", "while {e}:\n{b}", "for {n} in {e}:\n{b}",
    "with {e} as {n}:\n{b}", "try:\n{b}\nexcept ImportError:\n{b}", "try:\n{b}\nfinally:\n{b}",
    "match {e}:\n    case 1:\n        {n}\n    case _:\n        {n}", "@{n}\ndef {n}(x):\n{b}",
    "if TYPE_CHECKING:\n{b}", "def handler(event, context):\n{b}", "try:\n{b}\nexcept* {n}:\n{b}",
    "if __name__ == 'x':\n{b}", 'def {n}():\n  """doc"""\n  return {e}', "@{n}\nclass {n}:\n{b}",
    "class {n}(metaclass={n}, x={e}):\n{b}", "def {n}(): return {e}", "def {n}[T: {n}](x: T): {n}",
)  # fmt: skip
EXPRESSIONS = (
    "{n}", "{n}.x", "1", "{n}({e})", "'{n}'", "f'{{{n}}}'", "f'{{{n}!r:>{{{n}}}}}'",
    "[{e} for {n} in {n}]", "{{{e}: {e}}}", "(lambda {n}={e}: {e})", "({n} := {e})", "({e} + {e})",
    "(not {e})", "{n}[{e}]", "({e},)", "{n}[1:{e}]", "({e} if {e} else {e})", "{n}(*{n}, **{n})",
    "(\n{e}\n)", "{n}.x.y.z({e})", "getattr({n}, 'x')", "globals()", "'{n}.x'", "({e} and {e})",
    "__import__('{n}')", "b'x'", "1j", "...", "(-{e})", '"""x\n"""',
    "f'{{{n}.x=}}'", "f'''{{\n{n}}}'''", "'\\N{{EM DASH}}'", "list['{n}']", "threading.Lock()",
    "{n}.x", "{n}", "{n}.x({n})", "[*{n}]", "({n} for {n} in {n})",
)  # fmt: skip
YIELDS = ("(yield)", "(yield {e})")
AWAITS = ("(await {e})", "{{{n} async for {n} in {n}}}")
ANNOTATIONS = ("{n}", "{n}.x", "'{n}'", "{n}[{a}]", "list['{n}']", "({a} | {n})", "{n}['{n}', {a}]")
INDENTS = ("    ", "    ", "    ", "\t", " ")
MOST_LINES = (4, 8, 8, 16, 16, 24, 60)
"""Lines of a program: short ones cost little, and long ones join more."""
DEEPEST = 4


class Around(NamedTuple):
    """What is around a statement: the kind of the nearest scope, and whether a loop is in it."""

    scope: str = "module"
    is_loop: bool = False

    def below(self, header: str) -> Around:
        """Return what is around the block below a header, such as `async def a():`."""
        word = header.split(maxsplit=1)[0]
        if word in ("def", "async", "class"):
            return Around(word)
        return Around(self.scope, self.is_loop or word in ("for", "while"))

    def statements(self) -> tuple[str, ...]:
        """Return the statements that may be here."""
        return (
            *STATEMENTS,
            *(OF_MODULES[:1] if self.scope == "module" else ()),
            *(OF_FUNCTIONS if self.scope in ("def", "async") else ()),
            *(OF_LOOPS if self.is_loop else ()),
        )

    def expressions(self) -> tuple[str, ...]:
        """Return the expressions that may be here."""
        return (
            *EXPRESSIONS,
            *(YIELDS if self.scope == "def" else ()),
            *(AWAITS if self.scope == "async" else ()),
        )


def rewrite_source(data: bytes) -> None:
    """Judge a handler, and apply every change that its verdicts allow, in every style."""
    choices = Choices(data)
    python = choices.pick(VERSIONS)
    _rewrite_quietly(_program(choices), python)


def rewrite_source_text(data: bytes) -> None:
    """Do the same with a text as it is."""
    _rewrite_quietly(data.decode("utf-8", "replace"), VERSIONS[len(data) % len(VERSIONS)])


def _rewrite_quietly(text: str, python: tuple[int, int]) -> None:
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
    was_read = _is_read(text)
    for style in FITTING:
        changes = fitting(file, style)
        done = rewrite(file, changes, python) if changes else None
        if isinstance(done, Rewritten):
            assert done.text != text or not changes or done.notes
            assert not was_read or _is_read(done.text)
    if not _compiles(text):
        return  # each change is refused for this reason, as those above were
    for statement in file.imports:
        for style in FITTING:
            done = rewrite(file, [Change(statement, style)], python)
            if isinstance(done, Rewritten) and done.text != text:
                assert not was_read or _is_read(done.text)


def _is_read(text: str) -> bool:
    """Return True if Python reads a text; 3.15's own word `lazy` is left out."""
    try:
        ast.parse(mask_lazy(text)[0])
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _compiles(text: str) -> bool:
    try:
        parse_text(text)
    except CannotRewriteError:
        return False
    return True


def _program(choices: Choices) -> str:
    lines: list[str] = []
    most = choices.pick(MOST_LINES)
    if choices.chance(8):
        lines.append(OF_MODULES[1])
    while not choices.is_over and len(lines) < most:
        lines += _statement(choices, 0, Around())
    text = choices.pick(["\n", "\n", "\n", "\r\n", "\r"]).join(lines)
    text += choices.pick(["\n", "", "\n\n", "\x0c"])
    return broken(text, choices) if choices.chance(32) else text


def _statement(choices: Choices, depth: int, around: Around) -> list[str]:
    """Return the lines of a statement, with statements below it if it is a block."""
    if depth >= DEEPEST or not choices.chance(3):
        pool = ODD if choices.chance(64) else around.statements()
        return _filled(choices.pick(pool), choices, around).split("\n")
    lines: list[str] = []
    header = ""
    for line in choices.pick(BLOCKS).split("\n"):
        if line != "{b}":
            lines += _filled(line, choices, around).split("\n")
            header = line
            continue
        inside = around.below(header)
        indent = choices.pick(INDENTS)
        if inside.scope in ("def", "async") and choices.chance(8):
            lines.append(f"{indent}global {choices.pick(NAMES)}")
        for _ in range(1 + choices.number(3)):
            lines += [indent + inner for inner in _statement(choices, depth + 1, inside)]
    return lines


_PLACE = re.compile(r"\{([nmea])\}|\{\{|\}\}")


def _filled(pattern: str, choices: Choices, around: Around, depth: int = 0) -> str:
    """Return a piece of Python with names, modules, expressions and annotations in its places."""

    def fill(match: re.Match[str]) -> str:
        kind = match[1]
        if kind is None:
            return match[0][0]
        if kind in "nm":
            return choices.pick(NAMES if kind == "n" else MODULES)
        known = ANNOTATIONS if kind == "a" else around.expressions()
        inner = choices.pick(known if depth < 4 else known[:2])
        return _filled(inner, choices, around, depth + 1)

    return _PLACE.sub(fill, pattern)
