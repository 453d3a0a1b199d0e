"""A ZIP is unpacked as Lambda does it, and never outside of its own folder."""

import os
import stat
import subprocess
import sys
import zipfile

import pytest

from importcost.errors import UsageError
from importcost.files import unpack
from importcost.files.unpack import archive_of, unpacked, written_sources


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def archive(folder, entries, name="a.zip"):
    """Write a ZIP of names and texts; a name may be a whole ZipInfo."""
    with zipfile.ZipFile(folder / name, "w") as opened:
        for entry, text in entries.items():
            opened.writestr(entry, text)
    return folder / name


def entry(name, mode=0o644, date=(1980, 1, 1, 0, 0, 0)):
    info = zipfile.ZipInfo(name, date)
    info.external_attr = (stat.S_IFREG | mode) << 16
    return info


def test_files_keep_their_dates_and_modes(tmp_path):
    made = unpacked(
        archive(
            tmp_path,
            {
                entry("app.py", 0o640, (1980, 1, 1, 0, 0, 0)): "x",
                entry("bin/run", 0o755, (2026, 11, 30, 12, 0, 2)): "y",
            },
        )
    )
    assert (made / "app.py").read_text() == "x"
    assert (made / "app.py").stat().st_mtime == 315_532_800
    assert stat.S_IMODE((made / "app.py").stat().st_mode) == 0o640
    assert os.access(made / "bin/run", os.X_OK)
    assert (made / "bin/run").stat().st_mtime == 1_796_040_002


def test_the_cache_remembers_which_archive_a_folder_comes_from(tmp_path):
    first = archive(tmp_path, {"a.py": "1"})
    folder = unpacked(first)
    assert archive_of(folder) == first
    again = archive(tmp_path, {"a.py": "1"}, "b.zip")
    assert archive_of(unpacked(again)) == again
    assert archive_of(tmp_path) is None
    assert archive_of(folder.with_name("0" * 32)) is None


def test_the_same_bytes_are_unpacked_once(tmp_path):
    first = unpacked(archive(tmp_path, {"a.py": "1"}))
    (first / "mark").touch()
    assert (unpacked(archive(tmp_path, {"a.py": "1"}, "b.zip")) / "mark").exists()
    assert unpacked(archive(tmp_path, {"a.py": "2"})) != first


@pytest.mark.parametrize("name", ["../x", "a/../../x", "/etc/x", "..\\x", "\\x"])
def test_an_entry_that_leads_out_is_refused(tmp_path, cache, name):
    with pytest.raises(UsageError, match="leads out of the folder"):
        unpacked(archive(tmp_path, {name: ""}))
    assert not list(cache.rglob("x"))
    assert not (tmp_path / "x").exists()


def test_a_link_is_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with pytest.raises(UsageError, match="holds the link 'link'"):
        unpacked(archive(tmp_path, {info: "/etc/passwd"}))


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"not a zip", b"PK\x05\x06" + b"\0" * 10])
def test_what_is_no_zip_is_told(tmp_path, data):
    file = tmp_path / "a.zip"
    file.write_bytes(data)
    with pytest.raises(UsageError, match="cannot be unpacked"):
        unpacked(file)


def test_a_bomb_is_refused_by_what_it_claims_and_by_what_it_holds(tmp_path, monkeypatch, cache):
    monkeypatch.setattr(unpack, "MAX_UNPACKED_BYTES", 1_000)
    bomb = archive(tmp_path, {"a": "x" * 2_000})
    with pytest.raises(UsageError, match="unpacks to more than"):
        unpacked(bomb)
    real = zipfile.ZipFile.infolist

    def lying(opened):
        infos = real(opened)
        for info in infos:
            info.file_size = 1
        return infos

    monkeypatch.setattr(zipfile.ZipFile, "infolist", lying)
    with pytest.raises(UsageError, match=r"unpacks to more than|cannot be unpacked"):
        unpacked(bomb)
    assert not list(cache.rglob("a"))


def test_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "MAX_UNPACKED_FILES", 3)
    with pytest.raises(UsageError, match="3 files"):
        unpacked(archive(tmp_path, {str(number): "" for number in range(4)}))


def test_nothing_half_made_stays_in_the_cache(tmp_path, cache):
    file = archive(tmp_path, {"a": "x" * 5_000, "b": "y"})
    data = bytearray(file.read_bytes())
    data[40:44] = b"\xff\xff\xff\xff"
    file.write_bytes(bytes(data))
    with pytest.raises(UsageError, match="cannot be unpacked"):
        unpacked(file)
    assert not [one for one in cache.rglob("*") if one.is_file()]


def test_the_draft_of_a_killed_process_is_removed_by_the_next(tmp_path, cache):
    ended = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"],
                           capture_output=True, text=True, check=True).stdout.strip()  # fmt: skip
    left, running = (cache / "unpacked" / f".draft-{pid}-x" for pid in (ended, os.getpid()))
    for draft in (left, running):
        (draft / "inner").mkdir(parents=True)
    unpacked(archive(tmp_path, {"a": "x"}))
    assert (left.exists(), running.exists()) == (False, True)


def test_inline_sources_are_written_once(tmp_path):
    made = written_sources({"index.py": "x = 1\n"})
    assert (made / "index.py").read_text() == "x = 1\n"
    assert written_sources({"index.py": "x = 1\n"}) == made


def test_a_cache_that_cannot_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "file"))
    with pytest.raises(UsageError, match="IMPORTCOST_CACHE_DIR"):
        written_sources({"index.py": ""})


@pytest.mark.parametrize("name", ["C:\\app.py", "C:/app.py", "c:app.py", "\\app.py", "..\\app.py"])
def test_no_path_of_windows_leads_out_of_the_folder(tmp_path, name):
    file = archive(tmp_path, {"app.py": "x", name: "y"})
    with pytest.raises(UsageError, match="leads out of the folder: build it again"):
        unpacked(file)


def test_folders_of_windows_are_folders(tmp_path):
    folder = unpacked(archive(tmp_path, {"orders\\app.py": "x", "orders\\sub\\b.py": "y"}))
    assert (folder / "orders/app.py").read_text() == "x"
    assert (folder / "orders/sub/b.py").read_text() == "y"


@pytest.mark.parametrize(
    ("name", "other"),
    [("App.py", "app.py"), ("a/B.py", "A/b.py"), ("caf\u00e9.py", "cafe\u0301.py")],
    ids=["file", "folder", "composed"],
)
def test_two_files_that_this_disk_takes_for_one(tmp_path, monkeypatch, name, other):
    file = archive(tmp_path, {name: "x", other: "y", "z.py": "z"})
    assert (unpacked(file) / name).read_text() == "x"
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "on a disk without cases"))
    monkeypatch.setattr(unpack, "_is_one", lambda *_: True)
    with pytest.raises(UsageError, match="one file on this disk and two on Lambda") as caught:
        unpacked(file)
    assert repr(other) in str(caught.value)
    assert list((tmp_path / "on a disk without cases" / "unpacked").iterdir()) == []


def test_one_name_that_is_there_twice_is_no_clash(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "_is_one", lambda *_: True)
    file = tmp_path / "twice.zip"
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr("app.py", "x")
        with pytest.warns(UserWarning, match="Duplicate"):
            opened.writestr("app.py", "y")
    assert (unpacked(file) / "app.py").read_text() == "y"


def test_this_disk_is_asked_whether_it_tells_cases(tmp_path):
    (tmp_path / "b").touch()
    assert unpack._is_one(tmp_path, "a", "A") == (tmp_path / "B").exists()
    assert [one.name for one in tmp_path.iterdir()] == ["b"]


def test_a_damaged_entry_is_told_in_words(tmp_path, monkeypatch):
    def asks_for_gigabytes(*_):
        raise MemoryError

    file = archive(tmp_path, {"app.py": "x"})
    monkeypatch.setattr(unpack, "_extract", asks_for_gigabytes)
    with pytest.raises(UsageError, match=r"unpacked \(an entry asks for too much memory\)"):
        unpacked(file)
