"""Files of one edit are old or new together, whatever ends the process between two of them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from importcost.files import journal
from importcost.files.cache import journal_folder
from importcost.files.journal import FileEdit, replace_files, undo_killed

COUNT = 4
OLD, NEW = b"old\n", b"new and longer\n"
# Ends itself by a signal when the given number of files has been replaced.
WRITER = """
import os, signal, sys
from pathlib import Path
from importcost.files import replace
from importcost.files.journal import FileEdit, replace_files
number, after, root = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
if number != signal.SIGKILL:
    signal.signal(number, signal.SIG_DFL)  # whoever started the tests may have it ignored
publish, done = replace.Draft.publish, []
def counted(draft):
    if draft.target.parent == root:
        if len(done) == after:
            os.kill(os.getpid(), number)
        done.append(draft)
    publish(draft)
replace.Draft.publish = counted
edits = [FileEdit(path, path.read_bytes(), b"new and longer\\n") for path in sorted(root.glob("*"))]
replace_files(edits, lambda edit: None)
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "function"
    folder.mkdir()
    for number in range(COUNT):
        (folder / f"m{number}.py").write_bytes(OLD)
    return folder


def edits(root):
    return [FileEdit(path, OLD, NEW) for path in sorted(root.iterdir())]


def contents(root):
    return [path.read_bytes() for path in sorted(root.iterdir())]


def end_after(number, after, root):
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(int(number)), str(after), str(root)],
        check=False,
        capture_output=True,
    )
    assert done.returncode == -number, done.stderr


def test_all_are_replaced_and_nothing_stays(root, cache):
    replace_files(edits(root), lambda edit: None)
    assert contents(root) == [NEW] * COUNT
    assert not journal_folder().exists()


def test_a_check_that_fails_midway_takes_all_back(root):
    def check(edit):
        if edit.path.name == "m2.py":
            raise ValueError("changed")

    with pytest.raises(ValueError, match="changed"):
        replace_files(edits(root), check)
    assert contents(root) == [OLD] * COUNT
    assert not journal_folder().exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("after", range(COUNT))
def test_a_signal_waits_for_the_last_file(root, number, after):
    end_after(number, after, root)
    assert contents(root) == [NEW] * COUNT


@pytest.mark.parametrize("after", range(COUNT))
def test_the_next_run_undoes_a_killed_one(root, after):
    end_after(signal.SIGKILL, after, root)
    assert contents(root) == [NEW] * after + [OLD] * (COUNT - after)
    undone = undo_killed()
    assert contents(root) == [OLD] * COUNT
    assert [len(found.restored) for found in undone] == ([after] if after else [])
    assert not journal_folder().exists()
    assert undo_killed() == ()


def test_what_was_edited_since_is_left_alone_and_told(root):
    end_after(signal.SIGKILL, 2, root)
    (root / "m0.py").write_bytes(b"by hand\n")
    (undone,) = undo_killed()
    assert contents(root) == [b"by hand\n", OLD, OLD, OLD]
    assert (undone.restored, undone.changed) == ((root / "m1.py",), (root / "m0.py",))


def test_a_run_that_still_writes_is_not_undone(root, monkeypatch):
    seen = []

    def check(edit):
        seen.extend(undo_killed())

    replace_files(edits(root), check)
    assert contents(root) == [NEW] * COUNT
    assert seen == []


def test_a_cache_that_cannot_be_written_does_not_keep_edits_from_being_written(root, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", "/proc/none")
    replace_files(edits(root), lambda edit: None)
    assert contents(root) == [NEW] * COUNT


@pytest.mark.parametrize("damage", [b"", b"{", b"[1]", b'[{"path": 5, "after": ""}]'])
def test_a_damaged_journal_changes_nothing(root, damage):
    end_after(signal.SIGKILL, 2, root)
    (entry,) = journal_folder().iterdir()
    (entry / journal._PLAN).write_bytes(damage)
    before = contents(root)
    assert undo_killed() == ()
    assert contents(root) == before


@pytest.mark.unhurried
def test_the_command_line_undoes_and_says_so(root):
    end_after(signal.SIGKILL, 1, root)
    command = [sys.executable, "-m", "importcost", "export", "absent.json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert f"was undone: {root / 'm0.py'}." in done.stderr
    assert contents(root) == [OLD] * COUNT


def test_drafts_of_killed_processes_are_swept(root):
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    gone, kept = (root / f".x.{pid}.importcost-draft" for pid in (ended.pid, os.getpid()))
    for path in (gone, kept):
        path.write_bytes(b"")
    replace_files([FileEdit(root / "m0.py", OLD, NEW)], lambda edit: None)
    assert (gone.exists(), kept.exists()) == (False, True)


def test_without_unnamed_files_a_named_draft_does_the_same(root, monkeypatch):
    real = os.open

    def no_unnamed(path, flags, *mode, **options):
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(95, "Operation not supported")
        return real(path, flags, *mode, **options)

    monkeypatch.setattr(os, "open", no_unnamed)
    replace_files(edits(root), lambda edit: None)
    assert contents(root) == [NEW] * COUNT
    assert sorted(path.name for path in root.iterdir()) == [f"m{n}.py" for n in range(COUNT)]


def test_modes_stay(root):
    file: Path = root / "m0.py"
    file.chmod(0o754)
    replace_files([FileEdit(file, OLD, NEW)], lambda edit: None)
    assert file.stat().st_mode & 0o777 == 0o754


# Ends itself where the second file would be replaced; the first is new.
MAKER = """
import os, signal, sys
from pathlib import Path
from importcost.files.journal import FileEdit, replace_files
root = Path(sys.argv[1])
edits = [FileEdit(root / "new.py", None, b"made"), FileEdit(root / "m0.py", b"old\\n", b"changed")]
def check(edit):
    if edit.path.name == "m0.py":
        os.kill(os.getpid(), signal.SIGKILL)
replace_files(edits, check)
"""


def test_a_new_file_is_made_and_goes_if_a_later_one_cannot_be_replaced(root):
    new, old = root / "new.py", root / "m0.py"
    both = [FileEdit(new, None, NEW), FileEdit(old, OLD, NEW)]
    replace_files(both, lambda edit: None)
    assert new.read_bytes() == old.read_bytes() == NEW
    new.unlink()
    old.write_bytes(OLD)

    def check(edit):
        if edit.path == old:
            raise OSError("changed")

    with pytest.raises(OSError, match="changed"):
        replace_files(both, check)
    assert not new.exists()
    assert old.read_bytes() == OLD


def test_a_new_file_never_replaces_one_that_appeared(root):
    edit = FileEdit(root / "m0.py", None, NEW)
    with pytest.raises(FileExistsError):
        replace_files([edit], lambda edit: None)
    assert (root / "m0.py").read_bytes() == OLD


@pytest.mark.parametrize("is_edited", [False, True])
def test_the_next_run_removes_the_new_file_of_a_killed_one(root, is_edited):
    subprocess.run([sys.executable, "-c", MAKER, str(root)], check=False)
    new = root / "new.py"
    assert new.read_bytes() == b"made"
    if is_edited:
        new.write_bytes(b"mine")
    undone = undo_killed()
    assert new.exists() == is_edited
    assert (root / "m0.py").read_bytes() == OLD
    assert [one.restored for one in undone] == ([] if is_edited else [(new,)])
