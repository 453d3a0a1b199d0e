import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from importcost.deferral.rewrite.diff import unified_diff
from tests.harness import PATIENCE_S
from tests.sampling import examples

CASES = {
    "plain": ("a\nb\nc\n", "a\nB\nc\n"),
    "crlf": ("a\r\nb\r\nc\r\n", "a\r\nB\r\nc\r\n"),
    "no final newline": ("a\nb", "a\nB"),
    "final newline goes": ("a\nb\n", "a\nb"),
    "final newline comes": ("a\nb", "a\nb\n"),
    "lone carriage returns": ("a\rb\rc", "a\rB\rc"),
    "form feed": ("a\n\x0cb\nc\n", "a\n\x0cc\n"),
    "line separators that are none": ("a\u2028b\x1cc\n", "a\u2028B\x1cc\n"),
    "to nothing": ("a\n", ""),
    "from nothing": ("", "a\n"),
}


def apply_with_git(tmp_path, name, before, diff):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before.encode())
    command = [shutil.which("git"), "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, cwd=tmp_path, input=diff.encode(), check=True, timeout=PATIENCE_S)
    return file.read_bytes().decode() if file.exists() else ""


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_git_applies_the_diff_to_the_byte(tmp_path, before, after):
    diff = unified_diff("f.py", before, after)
    assert apply_with_git(tmp_path, "f.py", before, diff) == after


def test_a_path_with_blanks_survives(tmp_path):
    diff = unified_diff("my folder/h m.py", "a\n", "b\n")
    assert apply_with_git(tmp_path, "my folder/h m.py", "a\n", diff) == "b\n"


def test_the_text_of_a_diff():
    assert unified_diff("pkg\\f.py", "a\r\nb", "a\r\nc\n") == (
        "--- a/pkg/f.py\n+++ b/pkg/f.py\n@@ -1,2 +1,2 @@\n"
        " a\r\n-b\n\\ No newline at end of file\n+c\n"
    )


def test_equal_texts_have_no_diff():
    assert unified_diff("f.py", "a\nb", "a\nb") == ""


LINES = st.text(st.sampled_from("ab\r\n\x0c\u2028"), max_size=30)


@settings(max_examples=examples(200))
@given(LINES, LINES)
def test_a_diff_holds_both_texts(before, after):
    """With all the context, its old lines are the old text and its new lines the new one."""
    if before == after:
        return
    lines = unified_diff("f", before, after, context=100).split("\n")[3:-1]
    for sign, text in (("-", before), ("+", after)):
        parts = []
        for number, line in enumerate(lines):
            if line[:1] in (sign, " "):
                cut = number + 1 < len(lines) and lines[number + 1].startswith("\\ No newline")
                parts.append(line[1:] + ("" if cut else "\n"))
        assert "".join(parts) == text
