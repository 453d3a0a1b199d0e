"""One file is replaced, or created, whole or not at all, and nothing stays beside it."""

import errno
import os
import threading

import pytest

from importcost.files import replace
from importcost.files.replace import check_takes_files, create_file, replace_file, write_named


@pytest.fixture(params=["unnamed", "named", "without links"])
def drafts(request, monkeypatch):
    """Drafts of every kind that file systems allow."""
    if request.param != "unnamed":
        monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    if request.param == "without links":

        def refuse(*_values, **_named):
            raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(replace.os, "link", refuse)
    return request.param


def names(folder):
    return [path.name for path in folder.iterdir()]


def test_a_new_file_has_the_umasks_mode(tmp_path, drafts):
    before = os.umask(0o027)
    try:
        create_file(tmp_path / "new", b"text")
    finally:
        os.umask(before)
    assert names(tmp_path) == ["new"]
    assert (tmp_path / "new").read_bytes() == b"text"
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_what_is_there_is_never_overwritten(tmp_path, drafts, kind):
    target = tmp_path / "taken"
    {
        "file": lambda: target.write_bytes(b"mine"),
        "link": lambda: target.symlink_to(tmp_path / "nowhere"),
        "folder": target.mkdir,
    }[kind]()
    with pytest.raises(FileExistsError):
        create_file(target, b"text")
    assert names(tmp_path) == ["taken"]
    assert kind != "file" or target.read_bytes() == b"mine"


def test_replacing_keeps_the_mode(tmp_path, drafts):
    target = tmp_path / "file"
    target.write_bytes(b"old")
    target.chmod(0o604)
    replace_file(target, b"new")
    assert names(tmp_path) == ["file"]
    assert (target.read_bytes(), target.stat().st_mode & 0o777) == (b"new", 0o604)


def test_a_folder_that_takes_files_is_left_as_it_was(tmp_path, drafts):
    check_takes_files(tmp_path)
    assert names(tmp_path) == []


@pytest.mark.parametrize("folder", ["/proc", "/nowhere"])
def test_a_folder_that_takes_none_is_found_by_trying(drafts, folder):
    with pytest.raises(OSError, match=r"No such|denied|not permitted"):
        check_takes_files(replace.Path(folder))


def test_a_pipe_without_a_reader_is_not_waited_for_without_end(tmp_path, monkeypatch):
    monkeypatch.setattr(replace, "READER_WAIT_S", 0.01)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match=r"nobody read it within 0\.01 s"):
        write_named(tmp_path / "pipe", b"text")
    assert names(tmp_path) == ["pipe"]


def test_a_pipe_with_a_reader_gets_all(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append((tmp_path / "pipe").read_bytes()))
    reader.start()
    write_named(tmp_path / "pipe", b"text" * 100_000)
    reader.join()
    assert read == [b"text" * 100_000]
