from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.deferral.source.model import SourceText, Unreadable
from importcost.deferral.source.text import decode, encode, line_starts


@pytest.mark.parametrize(
    ("data", "encoding", "text"),
    [
        (b"x = 1\r\ny = 2\r", "utf-8", "x = 1\r\ny = 2\r"),
        (codecs.BOM_UTF8 + b"x\n", "utf-8", "x\n"),
        (b"# -*- coding: latin-1 -*-\ns = '\xe9'\n", "iso-8859-1", None),
        (b"#!/usr/bin/python\n# vim: set fileencoding=cp1252 :\ns = '\x80'\n", "cp1252", None),
        (b"\x0c\r# coding: utf_8\rx = 1\r", "utf-8", None),
        (b"# coding: utf-8-sig\nx = 1\n", "utf-8", None),
        (b"x = 1\n# coding: rot13\n", "utf-8", None),
        (b"\n\n# coding: rot13\n", "utf-8", None),
        (b"", "utf-8", ""),
    ],
)
def test_reads_as_python_does_and_gives_the_bytes_back(data, encoding, text):
    source = decode("f.py", data)
    assert isinstance(source, SourceText)
    assert source.encoding == encoding
    assert text is None or source.text == text
    assert encode(source, source.text) == data


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"x = 1\n\0", "NUL byte at line 2"),
        (b"x = 1\r\ns = '\xe9'\r\n", "is not UTF-8 at line 2 and declares no encoding"),
        (b"# coding: utf-8\ns = '\xe9'\n", "is not valid utf-8, which it declares, at line 2"),
        (b"# coding: klingon\n", "unknown encoding klingon"),
        (b"# coding: rot13\n", "unknown encoding rot13"),
        (b"# coding: unicode_escape\ns = '\\n'\n", "does not survive"),
        (b"# coding: undefined\n", "cannot be read"),
        (codecs.BOM_UTF8 + b"# coding: latin-1\n", "byte order mark but declares latin-1"),
    ],
)
def test_unreadable_says_why_and_where(data, says):
    result = decode("f.py", data)
    assert isinstance(result, Unreadable)
    assert result.path == "f.py"
    assert says in result.reason


@given(st.binary(max_size=80), st.sampled_from([b"", b"# coding: cp1252\n", codecs.BOM_UTF8]))
def test_what_is_read_comes_back_byte_for_byte(data, head):
    source = decode("f.py", head + data)
    if isinstance(source, SourceText):
        assert encode(source, source.text) == head + data
    else:
        assert source.reason


@given(st.text(st.sampled_from("a\n\r\f\v\x1c\u2028\x85"), max_size=30))
def test_lines_start_only_where_python_starts_them(text):
    starts = line_starts(text)
    assert len(starts) == text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(text[start - 1] in "\r\n" for start in starts[1:])
