"""Find the line of each key in a TOML text, which the standard library's reader does not report."""

from __future__ import annotations

import re
from collections.abc import Mapping

KeyPath = tuple[str, ...]
"""Keys from the root of the document down; an item of a list has its index (from 0) as key."""

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"[ \t]*")
_SPACE = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SCALAR = re.compile(r"[^,\]}#\r\n]*")
_TEXTS = (
    re.compile(r'"""(?:\\.|[^\\])*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:\\.|[^"\\\n])*"'),
    re.compile(r"'[^'\n]*'"),
)
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_ESCAPES = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b"}


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line (from 1) on which each key of a valid TOML text is first written.

    Keys that dots or headers imply count as written there. For a text that is not valid TOML,
    return the lines up to the error.
    """
    scanner = _Scanner(text)
    try:
        scanner.document()
    except (_EndError, RecursionError):
        # Valid texts end in order; the actual reader reports errors of the others.
        return scanner.lines
    return scanner.lines


def nearest_line(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of a key, else of the nearest table around it, else 1."""
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


class _EndError(Exception):
    """The text does not continue as TOML does."""


class _Scanner:
    """Walks over a TOML text and records the lines of keys."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._counted_to = 0
        self._line = 1
        self.lines: dict[KeyPath, int] = {}
        self._arrays: dict[KeyPath, int] = {}

    def document(self) -> None:
        """Walk over the whole text."""
        table: KeyPath = ()
        self._skip(_SPACE)
        while self._at < len(self._text):
            if self._text.startswith("[", self._at):
                table = self._header()
            else:
                self._assignment(table)
            self._skip(_SPACE)

    def _header(self) -> KeyPath:
        is_array = self._text.startswith("[[", self._at)
        line = self._line_here()
        self._at += 1 + is_array
        names = self._dotted()
        self._expect("]]" if is_array else "]")
        path: KeyPath = ()
        for position, name in enumerate(names):
            path = (*path, name)
            self._note(path, line)
            is_last = position == len(names) - 1
            if is_array and is_last:
                self._arrays[path] = self._arrays.get(path, -1) + 1
            if path in self._arrays:
                path = (*path, str(self._arrays[path]))
                self._note(path, line)
        return path

    def _assignment(self, table: KeyPath) -> None:
        line = self._line_here()
        path = table
        for name in self._dotted():
            path = (*path, name)
            self._note(path, line)
        self._expect("=")
        self._value(path)

    def _value(self, path: KeyPath) -> None:
        self._skip(_BLANK)
        if self._text.startswith("[", self._at):
            self._list(path)
        elif self._text.startswith("{", self._at):
            self._inline_table(path)
        elif self._text[self._at : self._at + 1] in {'"', "'"}:
            self._quoted()
        else:
            self._skip(_SCALAR)

    def _list(self, path: KeyPath) -> None:
        self._at += 1
        number = 0
        while not self._closes("]"):
            item = (*path, str(number))
            self._note(item, self._line_here())
            self._value(item)
            number += 1
            self._comma("]")

    def _inline_table(self, path: KeyPath) -> None:
        self._at += 1
        while not self._closes("}"):
            self._assignment(path)
            self._comma("}")

    def _closes(self, end: str) -> bool:
        self._skip(_SPACE)
        if not self._text.startswith(end, self._at):
            return False
        self._at += 1
        return True

    def _comma(self, end: str) -> None:
        self._skip(_SPACE)
        if self._text.startswith(",", self._at):
            self._at += 1
        elif not self._text.startswith(end, self._at):
            raise _EndError

    def _dotted(self) -> list[str]:
        names = []
        while True:
            self._skip(_BLANK)
            names.append(self._key())
            self._skip(_BLANK)
            if not self._text.startswith(".", self._at):
                return names
            self._at += 1

    def _key(self) -> str:
        if self._text[self._at : self._at + 1] in {'"', "'"}:
            return self._quoted()
        found = _BARE.match(self._text, self._at)
        if found is None:
            raise _EndError
        self._at = found.end()
        return found.group()

    def _quoted(self) -> str:
        for pattern in _TEXTS:
            found = pattern.match(self._text, self._at)
            if found is not None:
                self._at = found.end()
                inside = found.group()[1:-1]
                return _unescaped(inside) if found.group()[0] == '"' else inside
        raise _EndError

    def _expect(self, sign: str) -> None:
        self._skip(_BLANK)
        if not self._text.startswith(sign, self._at):
            raise _EndError
        self._at += len(sign)

    def _skip(self, pattern: re.Pattern[str]) -> None:
        found = pattern.match(self._text, self._at)
        if found is not None:
            self._at = found.end()

    def _line_here(self) -> int:
        self._line += self._text.count("\n", self._counted_to, self._at)
        self._counted_to = self._at
        return self._line

    def _note(self, path: KeyPath, line: int) -> None:
        self.lines.setdefault(path, line)


def _unescaped(inside: str) -> str:
    def sign(found: re.Match[str]) -> str:
        code = found.group(1) or found.group(2)
        if code:
            return chr(int(code, 16)) if int(code, 16) <= 0x10FFFF else ""
        return _ESCAPES.get(found.group(3), found.group(3))

    return _ESCAPE.sub(sign, inside)
