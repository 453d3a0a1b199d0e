"""One function owns output files: late, at once, and never a part of one."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from importcost.errors import UsageError
from importcost.files.replace import check_default_name
from importcost.model.interval import Interval, dollar_digits
from importcost.reports.output import format_of, write_output
from importcost.reports.text import dollar_change


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.html", "html"), ("a.HTML", "html"), ("a.htm", "html"), ("a.b.json", "json")],
)
def test_the_suffix_chooses_the_format(tmp_path, name, expected):
    assert format_of(str(tmp_path / name)) == expected


def test_a_dash_is_json_on_stdout():
    assert format_of("-") == "json"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("report", "not that of a known format"),
        ("report.pdf", "not that of a known format"),
        ("", "not that of a known format"),
        ("absent/report.html", "does not exist: create it"),
        ("folder.html", "is a folder"),
    ],
)
def test_what_cannot_become_a_report_is_refused_before_anything_runs(
    tmp_path, monkeypatch, path, expected
):
    (tmp_path / "folder.html").mkdir()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=expected):
        format_of(path)


def test_a_report_is_utf_8_and_as_public_as_the_umask_says(tmp_path):
    before = os.umask(0o027)
    try:
        write_output(str(tmp_path / "r.html"), "≈ 3 ms")
    finally:
        os.umask(before)
    assert (tmp_path / "r.html").read_bytes() == "≈ 3 ms".encode()
    assert (tmp_path / "r.html").stat().st_mode & 0o777 == 0o640


def test_a_report_that_is_replaced_keeps_its_permissions(tmp_path):
    file = tmp_path / "r.json"
    file.write_text("old")
    file.chmod(0o604)
    write_output(str(file), "new")
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("new", 0o604)


def test_a_link_stays_one_and_its_file_is_replaced(tmp_path):
    (tmp_path / "real.json").write_text("old")
    (tmp_path / "link.json").symlink_to("real.json")
    write_output(str(tmp_path / "link.json"), "new")
    assert (tmp_path / "link.json").is_symlink()
    assert (tmp_path / "real.json").read_text() == "new"


def test_a_default_name_follows_no_link(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("importcost-report.html").symlink_to("victim")
    with pytest.raises(UsageError, match="symbolic link"):
        check_default_name("importcost-report.html")
    check_default_name("absent.html")


def test_a_failed_write_leaves_the_old_report_and_no_other_file(tmp_path, monkeypatch):
    (tmp_path / "r.json").write_text("old")

    def fail(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(UsageError, match=r"No space left on device.*-o"):
        write_output(str(tmp_path / "r.json"), "new")
    assert [path.name for path in tmp_path.iterdir()] == ["r.json"]
    assert (tmp_path / "r.json").read_text() == "old"


def test_a_folder_that_takes_no_file_is_one_sentence():
    with pytest.raises(UsageError, match="name another file with -o"):
        write_output("/proc/importcost.json", "x")


def test_stdout_gets_the_bytes_and_no_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    write_output("-", "é\n")
    assert stream.buffer.getvalue() == "é\n".encode()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (2.525, "2.53"),
        (2.5250000000000004, "2.53"),
        (2.5249, "2.52"),
        (1.005, "1.01"),
        (0.0, "0.00"),
        (1234.565, "1,234.57"),
        (-2.525, "-2.53"),
    ],
)
def test_half_a_cent_is_rounded_up_however_it_was_calculated(value, shown):
    assert dollar_digits(value) == shown
    change = dollar_change(Interval(value, value, value))
    assert change.split()[0].lstrip("+").replace("$", "") == shown


def test_the_page_rounds_dollars_as_the_terminal_does():
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    values = (2.525, 2.5250000000000004, 2.5249, 1.005, 1234.565, 0.125)
    numbers = Path(__file__).parents[2] / "templates" / "js" / "lib" / "numbers.js"
    script = (
        f"import {{ dollarsText }} from {json.dumps(numbers.as_uri())};"
        f"console.log(JSON.stringify({json.dumps(values)}.map(dollarsText)));"
    )
    command = [node, "--no-warnings", "--input-type=module", "--eval", script]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [f"${dollar_digits(value)}" for value in values]
