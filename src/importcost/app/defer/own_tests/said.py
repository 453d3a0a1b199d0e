"""The words of a test command: its last lines, its summary, the reason of a failure."""

from __future__ import annotations

import re
from collections.abc import Sequence

LAST_LINES = 25
ROOM = 200
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
_PYTEST_SUMMARY = re.compile(r"=*\s*((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s(?: \([\d:]+\))?\s*=*")
_PYTEST_FAILURE = re.compile(r"(?:FAILED|ERROR) ([^\s(].*)")
_UNITTEST_RAN = re.compile(r"Ran (\d+) tests? in [\d.]+s")
_UNITTEST_END = re.compile(r"OK(?: \((.*)\))?")
_UNITTEST_FAILURE = re.compile(r"(?:FAIL|ERROR): (\S.*)")
_PYTEST_LIST = "short test summary info"
_RULE = re.compile(r"[=\-_]{10,}.*")
_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(?:: .+)?")


def plain_lines(output: bytes) -> list[str]:
    """Return the lines that are not empty, without colours and other control characters."""
    text = _ANSI.sub("", output.decode("utf-8", "replace"))
    lines = (line.rstrip() for line in text.replace("\r", "\n").split("\n"))
    return [_printable(line.expandtabs(4)) for line in lines if line]


def _printable(line: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in line)


def last_lines(lines: Sequence[str]) -> str:
    """Return the end of the output, for the user to read."""
    return "\n".join(lines[-LAST_LINES:])


def summary_of(lines: Sequence[str]) -> str | None:
    """Return the summary of tests that passed: `34 passed, 2 skipped`, `12 tests OK`, a last line.

    None if the command printed nothing.
    """
    for line in reversed(lines):
        if found := _PYTEST_SUMMARY.fullmatch(line.strip()):
            return found[1]
    ran = [found for line in lines if (found := _UNITTEST_RAN.fullmatch(line.strip()))]
    ended = [found for line in lines if (found := _UNITTEST_END.fullmatch(line.strip()))]
    if ran and ended:
        end = ended[-1]
        noun = "test" if ran[-1][1] == "1" else "tests"
        return f"{ran[-1][1]} {noun} OK" + (f", {end[1]}" if end[1] else "")
    return in_one_line(lines[-1].strip()) if lines else None


def failure_of(lines: Sequence[str]) -> str | None:
    """Return the reason of a failure in the command's own words, None if it printed nothing."""
    lists = [at for at, line in enumerate(lines) if _PYTEST_LIST in line]
    ends = lines[lists[-1] :] if lists else lines
    failed = [match[1] for line in ends if (match := _PYTEST_FAILURE.fullmatch(line.strip()))]
    # pytest names each failure once more at the end, with its reason.
    named = [line for line in failed if " - " in line] or failed
    if named:
        return _first_of(in_one_line(named[0]), len(set(named)))
    found = [(at, match[1]) for at, line in enumerate(lines)
             if (match := _UNITTEST_FAILURE.fullmatch(line.strip()))]  # fmt: skip
    if found:
        at, name = found[0]
        return _first_of(in_one_line(f"{name}: {_exception_after(lines, at)}"), len(found))
    return in_one_line(lines[-1].strip()) if lines else None


def _exception_after(lines: Sequence[str], start: int) -> str:
    """Return the exception at the end of a traceback that begins after a line."""
    block: list[str] = []
    for line in lines[start + 1 :]:
        if _RULE.fullmatch(line) and block:
            break
        if not _RULE.fullmatch(line):
            block.append(line)
    named = [line for line in block if _EXCEPTION.fullmatch(line)]
    return named[-1] if named else (block[-1].strip() if block else "failed")


def _first_of(text: str, count: int) -> str:
    return text if count == 1 else f"{text}, and {count - 1} more"


def in_one_line(text: str) -> str:
    """Return one line of bounded length."""
    return text if len(text) <= ROOM else text[: ROOM - 1] + "…"
