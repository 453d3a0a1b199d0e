"""Evaluate Terraform's expressions over what the files of a module hold.

The grammar is that of the language's documentation (expressions, read 2026-11-30); what is not
known before `apply` becomes a visible placeholder:
https://developer.hashicorp.com/terraform/language/expressions
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Mapping
from typing import Any

from importcost.errors import UsageError
from importcost.projects.placeholders import (
    PLACEHOLDER,
    OpenText,
    open_reason,
    plain_placeholder,
)
from importcost.projects.terraform.functions import FUNCTIONS, FailedText, OpenTable

MAX_EVALUATIONS = 200_000
MAX_NESTED = 80
MAX_CHARACTERS = 50_000_000
"""Characters of all texts that the expressions of one module make."""
_ODD_VALUES = (ArithmeticError, RecursionError, ValueError)
"""Numbers past every float or of thousands of digits, and brackets in brackets by the thousand."""
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w-]*)|(?P<quote>")
    |(?P<sign>==|!=|<=|>=|&&|\|\||=>|\.\.\.|[-+*/%!?:.,()\[\]{}<>=]))""",
    re.VERBOSE,
)
_HEREDOC = re.compile(
    r"<<(?P<flush>-?)(?P<mark>[A-Za-z_][\w-]*)\n(?P<body>(?:[^\n]*\n)*?)[ \t]*(?P=mark)"
)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {'"': '"', "n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
_LITERALS = {"true": True, "false": False, "null": None}
_BINARY = (("||",), ("&&",), ("==", "!="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))

RootLookup = Callable[[str], Any]
"""Returns the value of a root name such as `var` or `local`, a placeholder if it is not known."""
FileText = Callable[[str], str | None]
"""Returns the text of a file that a configuration names, None for one that may not be read."""


class Expressions:
    """Evaluates expressions; `lookup` gives the values of root names, `texts` those of file()."""

    def __init__(self, lookup: RootLookup, file: str, texts: FileText | None = None) -> None:
        self._lookup = lookup
        self._texts = texts
        self._file = file
        self._steps = 0
        self._depth = 0
        self._characters = 0

    def value(self, raw: Any) -> Any:
        """Return a parsed HCL value with all its expressions evaluated.

        A text is `"..."` with interpolations, or `${...}` for a whole expression, as the parser
        gives them. Raises UsageError for values that expand without end.
        """
        self._steps += 1
        self._depth += 1
        try:
            if self._steps > MAX_EVALUATIONS:
                raise UsageError(f"{self._file} has expressions that expand without end.")
            if self._depth > MAX_NESTED:
                return plain_placeholder("its expression contains itself")
            if isinstance(raw, dict):
                pairs = ((key, one) for key, one in raw.items() if not key.startswith("__"))
                return {_plain_key(key): self.value(one) for key, one in pairs}
            if isinstance(raw, list):
                return [self.value(one) for one in raw]
            return self._of_text(raw) if isinstance(raw, str) else raw
        except _ODD_VALUES:
            return plain_placeholder("its expression is not evaluated")
        finally:
            self._depth -= 1

    def _of_text(self, raw: str) -> Any:
        if raw.startswith('"') and raw.endswith('"') and len(raw) > 1:
            return self.template(raw[1:-1])
        if raw.startswith("${") and raw.endswith("}"):
            return self.expression(raw[2:-1])
        return self.expression(raw) if raw and not raw.startswith("<<") else self.template(raw)

    def template(self, text: str) -> Any:
        """Return a quoted text, or a heredoc as the parser keeps it, with interpolations filled in.

        A heredoc knows no escapes, and one that begins with `<<-` loses what its lines share of
        indentation.
        """
        heredoc = _HEREDOC.fullmatch(text)
        if heredoc is not None:
            body = heredoc["body"]
            return self._filled(textwrap.dedent(body) if heredoc["flush"] else body, str)
        return self._filled(text, _unescaped)

    def _filled(self, text: str, plain: Callable[[str], str]) -> Any:
        """Return a text with its interpolations filled in, and `plain` of all that is between."""
        parts: list[Any] = []
        at = 0
        while True:
            start = text.find("${", at)
            if start < 0:
                break
            if text[start - 1 : start] == "$":  # $${ is a literal ${
                parts.append(text[at:start])
                parts.append("{")
                at = start + 2
                continue
            end = _end_of(text, start + 2)
            parts += [plain(text[at:start]), self.expression(text[start + 2 : end])]
            at = end + 1
        if not parts:
            return plain(text)
        rest = plain(text[at:])
        if len(parts) == 2 and not parts[0] and not rest:
            return parts[1]
        texts = [_as_string(part) for part in (*parts, rest)]
        self.count_made(sum(map(len, texts)))
        made = "".join(texts)
        reason = open_reason(*parts)
        return OpenText(made, reason) if reason else made

    def expression(self, text: str) -> Any:
        """Return the value of an expression, a placeholder for one that cannot be read."""
        if len(text) > 100_000:
            return plain_placeholder("its expression is too long")
        try:
            reader = _Reader(self, text)
            found = reader.conditional()
            reader.must_end()
        except (_UnreadableError, *_ODD_VALUES):
            return plain_placeholder(f"{' '.join(text.split())[:60]} is not evaluated")
        return found

    def count_made(self, characters: int) -> None:
        """Count a text. Raises UsageError for texts of texts that double without end."""
        self._characters += characters
        if self._characters > MAX_CHARACTERS:
            raise UsageError(f"{self._file} has expressions that expand without end.")

    def file_text(self, path: Any) -> str | None:
        """Return what `file()` gives, None if the file is not here or may not be read."""
        if self._texts is None or not isinstance(path, str) or isinstance(path, OpenText):
            return None
        found = self._texts(path)
        self.count_made(len(found or ""))
        return found

    def root(self, name: str) -> Any:
        """Return the value of a root name."""
        return self._lookup(name)


class _UnreadableError(Exception):
    """The expression uses what is not evaluated here."""


class _Reader:
    """A recursive descent over one expression that evaluates as it reads."""

    def __init__(self, whole: Expressions, text: str) -> None:
        self._whole = whole
        self._text = text
        self._at = 0

    def conditional(self) -> Any:
        """Read `a ? b : c`, or what is above it."""
        found = self._binary(0)
        if not self._takes("?"):
            return found
        first = self.conditional()
        self._must(":")
        second = self.conditional()
        if isinstance(found, OpenText):
            return OpenText(first, found.reason) if isinstance(first, str) else first
        return first if found else second

    def must_end(self) -> None:
        """Raise for text that is left over."""
        if self._text[self._at :].strip():
            raise _UnreadableError

    def _binary(self, level: int) -> Any:
        if level == len(_BINARY):
            return self._unary()
        found = self._binary(level + 1)
        while (sign := self._peek()) in _BINARY[level]:
            self._must(sign)
            other = self._binary(level + 1)
            found = _operated(sign, found, other)
        return found

    def _unary(self) -> Any:
        if self._takes("!"):
            found = self._unary()
            return found if isinstance(found, OpenText) else not found
        if self._takes("-"):
            found = self._unary()
            return -found if isinstance(found, int | float) else plain_placeholder("not a number")
        return self._with_way(self._primary())

    def _primary(self) -> Any:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise _UnreadableError
        self._at = match.end()
        if match["number"]:
            return float(match["number"]) if "." in match["number"] else int(match["number"])
        if match["quote"]:
            end = _end_of_quote(self._text, self._at)
            inner = self._text[self._at : end]
            self._at = end + 1
            return self._whole.template(inner)
        if match["name"]:
            return self._named(match["name"])
        if match["sign"] == "(":
            found = self.conditional()
            self._must(")")
            return found
        if match["sign"] == "[":
            return self._items()
        if match["sign"] == "{":
            return self._entries()
        raise _UnreadableError

    def _named(self, name: str) -> Any:
        if name in _LITERALS:
            return _LITERALS[name]
        if self._peek() != "(":
            return self._whole.root(name)
        self._must("(")
        arguments = self._until(")")
        if name == "file" and len(arguments) == 1:
            text = self._whole.file_text(arguments[0])
            return _failed_call(name, arguments) if text is None else text
        function = FUNCTIONS.get(name)
        if function is None:
            return plain_placeholder(f"{name}() is not evaluated")
        try:
            found = function(*arguments)
        except (TypeError, KeyError, IndexError, AttributeError, *_ODD_VALUES):
            return _failed_call(name, arguments)
        if name == "try":
            return found
        if isinstance(found, str):
            self._whole.count_made(len(found))
        opened = next((one for one in arguments if isinstance(one, OpenText)), None)
        return found if opened is None else _opened(found, opened)

    def _items(self) -> list[Any]:
        if self._peek_name() == "for":
            raise _UnreadableError
        return self._until("]")

    def _entries(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if self._peek_name() == "for":
            raise _UnreadableError
        while not self._takes("}"):
            key = self._key()
            if not (self._takes("=") or self._takes(":")):
                raise _UnreadableError
            found[key] = self.conditional()
            self._takes(",")
        return found

    def _key(self) -> str:
        name = self._peek_name()
        if name is not None:
            match = _TOKEN.match(self._text, self._at)
            self._at = match.end() if match else self._at
            return name
        return str(self._primary())

    def _until(self, end: str) -> list[Any]:
        found: list[Any] = []
        while not self._takes(end):
            found.append(self.conditional())
            if self._takes("..."):
                found[-1:] = found[-1] if isinstance(found[-1], list) else [found[-1]]
            if not self._takes(",") and self._peek() != end:
                raise _UnreadableError
        return found

    def _with_way(self, found: Any) -> Any:
        """Follow `.name`, `[key]` and `[*]` behind a value."""
        while True:
            if self._takes("."):
                match = _TOKEN.match(self._text, self._at)
                if match is None or not (match["name"] or match["number"] or match["sign"] == "*"):
                    raise _UnreadableError
                self._at = match.end()
                found = _member(found, match["name"] or match["number"] or "*")
            elif self._takes("["):
                key = "*" if self._takes("*") else self.conditional()
                self._must("]")
                found = _member(found, key)
            else:
                return found

    def _peek(self) -> str:
        match = _TOKEN.match(self._text, self._at)
        return (match["sign"] or "") if match else ""

    def _peek_name(self) -> str | None:
        match = _TOKEN.match(self._text, self._at)
        return match["name"] if match else None

    def _takes(self, sign: str) -> bool:
        match = _TOKEN.match(self._text, self._at)
        if match is None or match["sign"] != sign:
            return False
        self._at = match.end()
        return True

    def _must(self, sign: str) -> None:
        if not self._takes(sign):
            raise _UnreadableError


def _operated(sign: str, one: Any, other: Any) -> Any:
    reason = open_reason(one, other)
    if sign in ("&&", "||"):
        decisive = sign == "||"
        if decisive in (one, other):
            return decisive
        return plain_placeholder(reason) if reason else not decisive
    if reason:
        return plain_placeholder(reason)
    if sign in ("==", "!="):
        return (_as_string(one) == _as_string(other)) == (sign == "==")
    try:
        return _ARITHMETIC[sign](float(one), float(other))
    except (TypeError, ValueError, ZeroDivisionError):
        return plain_placeholder("it is not a number")


def _failed_call(name: str, arguments: list[Any]) -> OpenText:
    """Return the placeholder of a call that raised: it failed, unless an argument is open."""
    opened = next((one for one in arguments if isinstance(one, OpenText)), None)
    if opened is None or isinstance(opened, FailedText):
        return FailedText(PLACEHOLDER, opened.reason if opened else f"{name}() is not evaluated")
    return plain_placeholder(opened.reason)


def _opened(value: Any, part: OpenText) -> Any:
    """Return a result with its texts marked as open, as a part of an argument was."""
    if isinstance(value, list):
        return [_opened(one, part) for one in value]
    return type(part)(value, part.reason) if type(value) is str else value


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else value


_ARITHMETIC: Mapping[str, Callable[[float, float], Any]] = {
    "+": lambda a, b: _whole(a + b),
    "-": lambda a, b: _whole(a - b),
    "*": lambda a, b: _whole(a * b),
    "/": lambda a, b: _whole(a / b),
    "%": lambda a, b: _whole(a % b),
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}


def _member(value: Any, key: Any) -> Any:
    if isinstance(value, OpenText):
        return value
    if key == "*":
        return value
    if isinstance(value, dict):
        found = value.get(str(key), value)
        if found is not value:
            return found
        if isinstance(value, OpenTable):
            return plain_placeholder(f"{key} is known only when it is applied")
        return _failed(f"{key} is not there")
    if isinstance(value, list):
        try:
            return value[int(key)]
        except (ValueError, IndexError, TypeError):
            return _failed(f"item {key} is not there")
    return _failed(f"{key} is not there")


def _failed(reason: str) -> OpenText:
    return FailedText(PLACEHOLDER, reason)


def _end_of(text: str, at: int) -> int:
    """Return where the `}` of an interpolation is that starts at `at`."""
    depth = 1
    while at < len(text):
        sign = text[at]
        if sign == '"':
            at = _end_of_quote(text, at + 1)
        elif sign == "{":
            depth += 1
        elif sign == "}":
            depth -= 1
            if depth == 0:
                return at
        at += 1
    return len(text)


def _end_of_quote(text: str, at: int) -> int:
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == '"':
            return at
        elif text.startswith("${", at):
            at = _end_of(text, at + 2)
        at += 1
    return len(text)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[0]), text)


def _as_string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _plain_key(key: str) -> str:
    return key[1:-1] if len(key) > 1 and key[0] == key[-1] == '"' else key
