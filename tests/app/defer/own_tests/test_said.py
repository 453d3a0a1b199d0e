"""A test command's own words: what passed, what failed, whatever runs the tests."""

import pytest

from importcost.app.defer.own_tests.said import (
    LAST_LINES,
    ROOM,
    failure_of,
    last_lines,
    plain_lines,
    summary_of,
)

PYTEST_FAILED = b"""\
F.                                                                       [100%]
=================================== FAILURES ===================================
ERROR app - cannot reach the queue
    AttributeError: module 'handler' has no attribute 'requests'
=========================== short test summary info ============================
FAILED tests/test_a.py::test_get[a - b] - AttributeError: <module 'handler'> does not have it
FAILED tests/test_a.py::test_put - KeyError: 'x'
2 failed, 34 passed in 0.52s
"""
UNITTEST_FAILED = b"""\
.E
======================================================================
ERROR: test_get (test_a.Get.test_get)
----------------------------------------------------------------------
Traceback (most recent call last):
  File "/p/test_a.py", line 9, in test_get
    handler.get()
AttributeError: module 'handler' has no attribute 'requests'

======================================================================
FAIL: test_put (test_a.Put.test_put)
----------------------------------------------------------------------
AssertionError: 1 != 2
----------------------------------------------------------------------
Ran 2 tests in 0.001s

FAILED (failures=1, errors=1)
"""


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (b"...\n34 passed in 0.12s\n", "34 passed"),
        (
            b"== 34 passed, 2 skipped, 1 warning in 62.10s (0:01:02) ==\n",
            ("34 passed, 2 skipped, 1 warning"),
        ),
        (b"\x1b[32m\x1b[1m1 passed\x1b[0m\x1b[32m in 0.01s\x1b[0m\n", "1 passed"),
        (b"1 passed in 0.01s\nsession saved\n", "1 passed"),
        (b"..\n-----\nRan 2 tests in 0.001s\n\nOK\n", "2 tests OK"),
        (
            b"Ran 1 test in 0.001s\n\nOK (skipped=1)\nDestroying the test database\n",
            "1 test OK, skipped=1",
        ),
        (b"all 12 checks fine\n\n", "all 12 checks fine"),
        (b"", None),
    ],
)
def test_the_summary_of_tests_that_passed(output, words):
    assert summary_of(plain_lines(output)) == words


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            PYTEST_FAILED,
            (
                "tests/test_a.py::test_get[a - b] - AttributeError: <module 'handler'> "
                "does not have it, and 1 more"
            ),
        ),
        (
            b"ERROR tests/test_a.py - NameError: name 'x'\n1 error in 0.1s\n",
            "tests/test_a.py - NameError: name 'x'",
        ),
        (
            UNITTEST_FAILED,
            (
                "test_get (test_a.Get.test_get): AttributeError: module 'handler' has no "
                "attribute 'requests', and 1 more"
            ),
        ),
        (
            b"checking\nmake: *** [Makefile:2: test] Error 1\n",
            "make: *** [Makefile:2: test] Error 1",
        ),
        (b"Traceback (most recent call last):\n  File x\nValueError: y\n", "ValueError: y"),
        (b"\n \n", None),
    ],
)
def test_the_reason_of_a_failure(output, words):
    assert failure_of(plain_lines(output)) == words


def test_words_of_other_programs_cannot_steer_a_terminal_or_fill_a_report():
    lines = plain_lines(b"\x1b]0;title\x07a\x1b[2Jb\x08\xff\r\n" + b"x" * 9_000)
    assert lines[0].startswith("ab")
    assert "\x1b" not in "".join(lines)
    assert "\x08" not in lines[0]
    assert len(failure_of(lines)) == ROOM


def test_the_last_lines_are_what_a_reader_needs():
    shown = last_lines(plain_lines(b"".join(b"line %d\n\n" % n for n in range(100))))
    assert shown.splitlines()[-1] == "line 99"
    assert len(shown.splitlines()) == LAST_LINES
