"""Find object literals in TypeScript, as far as they can be read without running it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from importcost.errors import UsageError
from importcost.projects.placeholders import plain_placeholder

MAX_SCRIPT_NESTED = 200
_SKIPPED = re.compile(r"(?:\s+|//[^\n]*|/\*[\s\S]*?(?:\*/|\Z))+")
_NAME = re.compile(r"[A-Za-z_$][\w$]*")
_NUMBER = re.compile(r"-?\d[\d_]*(?:\.\d+)?(?![\w.])")
_CALLEE = re.compile(r"(?:new\s+)?([A-Za-z_$][\w$.]*)\s*$")
_IMPORTED = re.compile(r"""(?:from|import\s*\(|import)\s*["'](\.{1,2}/[^"'\n]+|\.{1,2})["']""")
_OPENING, _CLOSING = "([{", ")]}"
_LITERALS = {"true": True, "false": False, "null": None, "undefined": None}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\n": ""}


@dataclass(frozen=True, slots=True)
class ScriptObject:
    """An object literal: its values by name, its line, and the call that it is an argument of.

    `callee` is the called name, `title` the first text among the call's arguments.
    """

    values: dict[str, Any]
    line: int
    callee: str
    title: str | None


def imported_scripts(text: str) -> list[str]:
    """Return the relative paths that a script imports."""
    return [match[1] for match in _IMPORTED.finditer(text)]


def objects_with(text: str, names: frozenset[str], file: str) -> Iterator[ScriptObject]:
    """Yield the object literals that have one of `names` as a key, in the order of the text.

    Raises UsageError, with the line, for brackets and quotes that are not closed.
    """
    scan = _Scan(text, file)
    for start, opened in scan.objects(names):
        call = next((at for at in reversed(opened) if text[at] == "("), None)
        callee = _CALLEE.search(text, max(0, call - 200), call) if call is not None else None
        title = _first_text(text[call + 1 : start]) if call is not None else None
        values = _Values(text, file).table(start)
        yield ScriptObject(values, _line(text, start), callee[1] if callee else "", title)


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1


def _first_text(text: str) -> str | None:
    match = re.search(r"""["'`]([^"'`\n$]+)["'`]""", text)
    return match[1] if match else None


class _Scan:
    """One walk over a script, past its texts and comments, with the brackets that are open."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file

    def objects(self, names: frozenset[str]) -> list[tuple[int, tuple[int, ...]]]:
        """Return where objects with a key of `names` begin, and the brackets open around them."""
        text, at, opened = self._text, 0, list[int]()
        found: dict[int, tuple[int, ...]] = {}
        while at < len(text):
            skipped = _SKIPPED.match(text, at)
            name = None if skipped else _NAME.match(text, at)
            if skipped:
                at = skipped.end()
            elif text[at] in "\"'`":
                at = _end_of_text(text, at, self._file)
            elif text[at] in _OPENING:
                opened.append(at)
                self._check(len(opened), at)
                at += 1
            elif text[at] in _CLOSING:
                self._close(opened, at)
                at += 1
            elif name:
                at = name.end()
                is_key = opened and text[opened[-1]] == "{" and _is_key(text, at)
                if is_key and name[0] in names:
                    found.setdefault(opened[-1], tuple(opened[:-1]))
            else:
                at += 1
        if opened:
            raise _broken(self._file, text, opened[-1], "a bracket is not closed")
        return sorted(found.items())

    def _check(self, depth: int, at: int) -> None:
        if depth > MAX_SCRIPT_NESTED:
            raise _broken(self._file, self._text, at, "its brackets are nested too deeply")

    def _close(self, opened: list[int], at: int) -> None:
        wanted = _OPENING[_CLOSING.index(self._text[at])]
        if not opened or self._text[opened.pop()] != wanted:
            raise _broken(self._file, self._text, at, "a bracket closes nothing")


def _is_key(text: str, at: int) -> bool:
    skipped = _SKIPPED.match(text, at)
    at = skipped.end() if skipped else at
    return text[at : at + 1] == ":"


def _end_of_text(text: str, at: int, file: str) -> int:
    """Return the place behind a text; a template's `${}` may hold texts of its own."""
    quote, start = text[at], at
    at += 1
    while at < len(text) and text[at] != quote:
        if text[at] == "\\":
            at += 1
        elif text[at] == "\n" and quote != "`":
            break
        elif quote == "`" and text.startswith("${", at):
            at = _end_of_hole(text, at + 2, file)
            continue
        at += 1
    if at >= len(text) or text[at] != quote:
        raise _broken(file, text, start, "a text is not closed")
    return at + 1


def _end_of_hole(text: str, at: int, file: str) -> int:
    depth, start = 1, at
    while at < len(text):
        if text[at] in "\"'":
            at = _end_of_text(text, at, file)
            continue
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
        if depth == 0:
            return at
    raise _broken(file, text, start, "a text is not closed")


def _broken(file: str, text: str, at: int, what: str) -> UsageError:
    return UsageError(f"{file} line {_line(text, at)} cannot be read: {what}.")


class _Values:
    """Reads literals; whatever is not one becomes a placeholder."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file

    def table(self, at: int) -> dict[str, Any]:
        """Return the object that begins at a place."""
        found, _ = self._table(at + 1)
        return found

    def _table(self, at: int) -> tuple[dict[str, Any], int]:
        found: dict[str, Any] = {}
        while True:
            at = self._past(at)
            if self._text[at] == "}":
                return found, at + 1
            key, at = self._key(at)
            at = self._past(at)
            if key is not None and self._text[at] == ":":
                found[key], at = self._value(self._past(at + 1))
            elif key is not None and self._text[at] in ",}":
                found[key] = plain_placeholder(f"{key} is made by code")
            else:
                at = self._rest(at)
            at = self._past(at)
            at += self._text[at] == ","

    def _key(self, at: int) -> tuple[str | None, int]:
        if self._text[at] in "\"'":
            end = _end_of_text(self._text, at, self._file)
            return self._text[at + 1 : end - 1], end
        match = _NAME.match(self._text, at)
        return (match[0], match.end()) if match else (None, at)

    def _value(self, at: int) -> tuple[Any, int]:
        start, end = at, self._rest(at)
        first = self._text[at]
        found: Any
        if first == "{":
            found, at = self._table(at + 1)
        elif first == "[":
            found, at = self._list(at + 1)
        elif first in "\"'`":
            found, at = self._string(at)
        else:
            match = _NUMBER.match(self._text, at) or _NAME.match(self._text, at)
            at = match.end() if match else at + 1
            found = _constant(match[0]) if match else None
        # What follows a literal (`as const`, `+ x`, a call) makes another value of it.
        if self._past(at) != end or isinstance(found, _Name):
            return plain_placeholder(f"{self._shown(start, end)} is made by code"), end
        return found, end

    def _list(self, at: int) -> tuple[list[Any], int]:
        found: list[Any] = []
        while True:
            at = self._past(at)
            if self._text[at] == "]":
                return found, at + 1
            one, at = self._value(at)
            found.append(one)
            at = self._past(at)
            at += self._text[at] == ","

    def _string(self, at: int) -> tuple[Any, int]:
        end = _end_of_text(self._text, at, self._file)
        inner = self._text[at + 1 : end - 1]
        if self._text[at] == "`" and "${" in inner:
            return plain_placeholder("it is made by code"), end
        return re.sub(r"\\(.)", lambda one: _ESCAPES.get(one[1], one[1]), inner, flags=re.S), end

    def _rest(self, at: int) -> int:
        """Return the end of an expression: the comma or bracket behind it."""
        depth = 0
        while True:
            at = self._past(at)
            sign = self._text[at]
            if sign in "\"'`":
                at = _end_of_text(self._text, at, self._file)
                continue
            if depth == 0 and (sign == "," or sign in _CLOSING):
                return at
            depth += (sign in _OPENING) - (sign in _CLOSING)
            at += 1

    def _past(self, at: int) -> int:
        skipped = _SKIPPED.match(self._text, at)
        return skipped.end() if skipped else at

    def _shown(self, start: int, end: int) -> str:
        return " ".join(self._text[start:end].split())[:60]


class _Name(str):
    """A name of the script, whose value is not known."""

    __slots__ = ()


def _constant(text: str) -> Any:
    if text in _LITERALS:
        return _LITERALS[text]
    if not _NUMBER.fullmatch(text):
        return _Name(text)
    plain = text.replace("_", "")[:40]
    return float(plain) if "." in plain else int(plain)
