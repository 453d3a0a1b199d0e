"""Decode a stored log to text, in pieces small enough to keep peak memory low."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

PIECE_SIZE = 1 << 16
"""Smallest length of a piece, in bytes or characters: fits a processor's cache."""

_SNIFFED = 4096
_WIDE_BOMS = ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def text_pieces(data: bytes | str) -> Iterator[tuple[str, tuple[int, ...]]]:
    r"""Yield the log's text in pieces, and which lines of each had undecodable bytes.

    Every piece but the last ends with "\n"; line numbers count from 0 within the piece.
    The encoding is UTF-8 unless a byte order mark, or `import time` in two-byte characters
    near the start, tells UTF-16 (what PowerShell's `>` and `2>` write). Undecodable bytes
    become U+FFFD. A byte order mark is dropped.
    """
    if isinstance(data, str):
        yield from _pieces_of_text(data.removeprefix("\ufeff"), ())
        return
    wide = _wide_encoding(data)
    if wide is None:
        yield from _pieces_of_utf8(data)
        return
    text, bad_lines = _decode_wide(data, wide)
    yield from _pieces_of_text(text.removeprefix("\ufeff"), bad_lines)


def _wide_encoding(data: bytes) -> str | None:
    for bom, name in _WIDE_BOMS:
        if data.startswith(bom):
            return name
    start = data[:_SNIFFED]
    for _, name in _WIDE_BOMS:
        # Two-byte characters start at even offsets; at odd ones this is the other byte order.
        if start.find("import time:".encode(name)) % 2 == 0:
            return name
    return None


def _decode_wide(data: bytes, encoding: str) -> tuple[str, tuple[int, ...]]:
    try:
        return data.decode(encoding), ()
    except UnicodeDecodeError:
        text = data.decode(encoding, "replace")
        lines = text.split("\n")
        return text, tuple(number for number, line in enumerate(lines) if "\ufffd" in line)


def _pieces_of_text(text: str, bad_lines: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    position = first_line = 0
    while position < len(text):
        end = text.find("\n", position + PIECE_SIZE) + 1 or len(text)
        piece = text[position:end]
        # The last line may lack its line feed.
        count = piece.count("\n") + (end == len(text)) if bad_lines else 0
        yield (
            piece,
            tuple(n - first_line for n in bad_lines if first_line <= n < first_line + count),
        )
        first_line += count
        position = end


def _pieces_of_utf8(data: bytes) -> Iterator[tuple[str, tuple[int, ...]]]:
    # A line feed is never part of a longer UTF-8 sequence, so pieces decode on their own.
    position = len(codecs.BOM_UTF8) if data.startswith(codecs.BOM_UTF8) else 0
    while position < len(data):
        end = data.find(b"\n", position + PIECE_SIZE) + 1 or len(data)
        piece = data[position:end]
        position = end
        try:
            yield piece.decode(), ()
        except UnicodeDecodeError:
            yield piece.decode(errors="replace"), _bad_utf8_lines(piece)


def _bad_utf8_lines(piece: bytes) -> tuple[int, ...]:
    # A replacement character that the log itself holds survives the round trip, bad bytes do not.
    return tuple(
        number
        for number, line in enumerate(piece.split(b"\n"))
        if line.decode(errors="replace").encode() != line
    )
