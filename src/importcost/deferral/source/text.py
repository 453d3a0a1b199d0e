"""Decode a Python file's bytes and encode them back, byte for byte."""

from __future__ import annotations

import codecs
import re

from importcost.deferral.source.model import SourceText, Unreadable

LINE_END = re.compile(r"\r\n|\r|\n")
"""Python's line endings; a form feed or U+2028 does not end a line."""

_COOKIE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_BLANK = re.compile(rb"^[ \t\f]*(?:#.*)?$")
_BYTE_LINE_END = re.compile(rb"\r\n|\r|\n")


def decode(path: str, data: bytes) -> SourceText | Unreadable:
    """Read a file as Python does: byte order mark, PEP 263 declaration, else UTF-8.

    A file that would not encode back to the same bytes is refused here, before any edit.
    """
    bom = data.startswith(codecs.BOM_UTF8)
    body = data[len(codecs.BOM_UTF8) :] if bom else data
    if b"\0" in body:
        line = len(_BYTE_LINE_END.findall(body[: body.index(b"\0")])) + 1
        return Unreadable(
            path, f"holds a NUL byte at line {line}, so it is not Python source: restore the file"
        )
    declared = _declared(body)
    encoding = _normal(declared) if declared else "utf-8"
    if bom and encoding != "utf-8":
        return Unreadable(
            path,
            f"starts with a UTF-8 byte order mark but declares {declared}: remove one of the two",
        )
    try:
        text = body.decode(encoding)
        same = text.encode(encoding) == body
    except LookupError:
        return Unreadable(path, f"declares the unknown encoding {declared}: declare a valid one")
    except UnicodeError as error:
        return Unreadable(path, _undecodable(body, encoding, declared, error))
    if not same or "\0" in text:
        return Unreadable(
            path, f"does not survive its encoding {declared} unchanged: save it as UTF-8"
        )
    return SourceText(path, text, encoding, bom)


def encode(source: SourceText, text: str) -> bytes:
    """Return `text` as bytes in the encoding of `source`, with its byte order mark.

    Raises UnicodeEncodeError if `text` holds a character that the encoding lacks.
    """
    return (codecs.BOM_UTF8 if source.bom else b"") + text.encode(source.encoding)


def line_starts(text: str) -> tuple[int, ...]:
    """Return the offset at which each line starts; the first is always 0."""
    return (0, *(match.end() for match in LINE_END.finditer(text)))


def _declared(body: bytes) -> str | None:
    """Return the encoding that the first two lines declare."""
    for line in _BYTE_LINE_END.split(body, 2)[:2]:
        match = _COOKIE.match(line)
        if match:
            return match.group(1).decode("ascii", "replace")
        if not _BLANK.match(line):
            return None
    return None


def _normal(declared: str) -> str:
    """Name an encoding as CPython's tokenizer does, so that `utf-8-sig` adds no second mark."""
    name = declared[:12].lower().replace("_", "-")
    if name == "utf-8" or name.startswith("utf-8-"):
        return "utf-8"
    if re.match(r"(latin-1|iso-8859-1|iso-latin-1)(-|$)", name):
        return "iso-8859-1"
    return declared


def _undecodable(body: bytes, encoding: str, declared: str | None, error: UnicodeError) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return f"cannot be read in its declared encoding {declared}: save it as UTF-8"
    line = len(_BYTE_LINE_END.findall(body[: error.start])) + 1
    if declared:
        return f"is not valid {encoding}, which it declares, at line {line}: save it as UTF-8"
    return (
        f"is not UTF-8 at line {line} and declares no encoding: save it as UTF-8 or declare it"
        " in the first line"
    )
