"""Data added to a file is there whole or not at all."""

import errno
import os
import threading

import pytest

from importcost.files import append
from importcost.files.append import append_file

OLD, NEW = b"old\n", b"a line that is added\n"


def fail_after(monkeypatch, count, between=lambda: None):
    """Let only `count` bytes be written, then report a full disk."""
    real, left = os.write, [count]

    def write(descriptor, data):
        if not left[0]:
            between()
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = real(descriptor, bytes(data)[: left[0]])
        left[0] -= written
        return written

    monkeypatch.setattr(append.os, "write", write)


def test_it_comes_after_what_is_there(tmp_path):
    file = tmp_path / "summary"
    file.write_bytes(OLD)
    file.chmod(0o604)
    append_file(file, NEW)
    append_file(file, b"")
    assert file.read_bytes() == OLD + NEW
    assert file.stat().st_mode & 0o777 == 0o604


def test_a_missing_file_is_created(tmp_path):
    append_file(tmp_path / "new", NEW)
    assert (tmp_path / "new").read_bytes() == NEW


@pytest.mark.parametrize("count", [0, 1, len(NEW) - 1])
def test_a_full_disk_leaves_the_file_as_long_as_it_was(tmp_path, monkeypatch, count):
    file = tmp_path / "summary"
    file.write_bytes(OLD)
    fail_after(monkeypatch, count)
    with pytest.raises(OSError, match="No space left"):
        append_file(file, NEW)
    assert file.read_bytes() == OLD


def test_a_full_disk_leaves_no_new_file(tmp_path, monkeypatch):
    fail_after(monkeypatch, 3)
    with pytest.raises(OSError, match="No space left"):
        append_file(tmp_path / "new", NEW)
    assert list(tmp_path.iterdir()) == []


def test_what_another_process_added_meanwhile_stays(tmp_path, monkeypatch):
    file = tmp_path / "summary"
    file.write_bytes(OLD)

    def other():
        with file.open("ab") as stream:
            stream.write(b"other\n")

    fail_after(monkeypatch, 3, other)
    with pytest.raises(OSError, match="No space left"):
        append_file(file, NEW)
    assert file.read_bytes() == OLD + NEW[:3] + b"other\n"


def test_two_at_once_do_not_fall_into_each_other(tmp_path):
    file = tmp_path / "summary"
    blocks = [letter * 9999 + b"\n" for letter in (b"a", b"b")]
    threads = [
        threading.Thread(target=lambda block=block: [append_file(file, block) for _ in range(50)])
        for block in blocks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = file.read_bytes().splitlines(keepends=True)
    assert sorted(lines) == sorted(blocks * 50)


def test_a_pipe_takes_it_too():
    read, write = os.pipe()
    try:
        append_file(f"/proc/self/fd/{write}", NEW)
        assert os.read(read, 100) == NEW
    finally:
        os.close(read)
        os.close(write)


@pytest.mark.parametrize("name", ["missing/summary", ""])
def test_a_place_that_takes_no_file_raises(tmp_path, name):
    with pytest.raises(OSError, match=r"No such file|Is a directory"):
        append_file(tmp_path / name, NEW)
