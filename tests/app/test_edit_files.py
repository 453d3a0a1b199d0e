import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from importcost.app.edit_files import write_edits
from importcost.errors import UsageError
from importcost.files import journal
from importcost.files.journal import FileEdit
from importcost.processes.git import uncommitted
from tests.harness import PATIENCE_S

OLD, NEW = b"import a\r\n", b"import b\r\n"


def git(folder, *arguments):
    command = [shutil.which("git"), "-c", "user.name=t", "-c", "user.email=t@t", *arguments]
    subprocess.run(command, cwd=folder, check=True, timeout=PATIENCE_S, capture_output=True)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "task root"
    folder.mkdir()
    return folder


def made(folder, name="handler.py", data=OLD):
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return file


def refused(root, *edits, force=False):
    before = {path: path.read_bytes() for path in root.parent.rglob("*.py") if path.is_file()}
    with pytest.raises(UsageError) as caught:
        write_edits(root, edits, force=force)
    assert {path: path.read_bytes() for path in before} == before
    assert not list(root.parent.rglob("*.tmp"))
    return str(caught.value)


def test_edits_are_written_with_the_file_s_mode(root):
    first, second = made(root), made(root, "sub/módulo.py")
    first.chmod(0o754)
    edits = [FileEdit(path, OLD, NEW) for path in (first, second)]
    assert write_edits(root, edits, force=False) == (first, second)
    assert first.read_bytes() == second.read_bytes() == NEW
    assert stat.S_IMODE(first.stat().st_mode) == 0o754
    assert sorted(path.name for path in root.iterdir()) == ["handler.py", "sub"]


def test_what_would_not_change_is_not_touched(root):
    file = made(root)
    os.utime(file, (1, 1))
    assert write_edits(root, [FileEdit(file, OLD, OLD)], force=False) == ()
    assert file.stat().st_mtime == 1


def test_a_file_outside_of_the_task_root_is_refused(root):
    outside = made(root.parent, "other.py")
    assert "outside" in refused(root, FileEdit(outside, OLD, NEW), force=True)
    dotted = root / ".." / "other.py"
    assert "outside" in refused(root, FileEdit(dotted, OLD, NEW), force=True)


def test_a_linked_folder_does_not_lead_outside(root):
    made(root.parent / "library", "m.py")
    (root / "vendored").symlink_to(root.parent / "library")
    assert "outside" in refused(root, FileEdit(root / "vendored" / "m.py", OLD, NEW), force=True)


def test_a_task_root_behind_a_link_is_the_task_root(root):
    made(root)
    link = root.parent / "link"
    link.symlink_to(root)
    write_edits(link, [FileEdit(link / "handler.py", OLD, NEW)], force=False)
    assert (root / "handler.py").read_bytes() == NEW


def test_a_symbolic_link_is_refused(root):
    made(root, "real.py")
    (root / "handler.py").symlink_to("real.py")
    said = refused(root, FileEdit(root / "handler.py", OLD, NEW), force=True)
    assert "symbolic link" in said


def test_a_read_only_file_is_refused_for_root_too(root):
    file = made(root)
    file.chmod(0o444)
    assert "read-only" in refused(root, FileEdit(file, OLD, NEW), force=True)


def test_a_file_that_changed_since_the_analysis_is_refused(root):
    file = made(root, data=b"import c\n")
    assert "changed since" in refused(root, FileEdit(file, OLD, NEW), force=True)


def test_a_file_that_is_gone_is_refused(root):
    assert "cannot be read" in refused(root, FileEdit(root / "gone.py", OLD, NEW))


def test_the_same_file_twice_is_refused(root):
    file = made(root)
    assert "twice" in refused(root, FileEdit(file, OLD, NEW), FileEdit(file, OLD, b""))


def test_one_bad_file_keeps_all_from_being_written(root):
    good, bad = made(root), made(root, "bad.py", b"other")
    refused(root, FileEdit(good, OLD, NEW), FileEdit(bad, OLD, NEW))


def test_a_failure_midway_gives_every_file_its_bytes_back(root, monkeypatch):
    files = [made(root, f"m{number}.py") for number in range(3)]
    replace = Path.replace

    def failing(self, target):
        if Path(target).name == "m2.py":
            raise OSError(28, "No space left on device", str(target))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", failing)
    said = refused(root, *(FileEdit(file, OLD, NEW) for file in files))
    assert "No space left on device" in said


def test_a_change_between_check_and_write_is_seen(root, monkeypatch):
    first, second = made(root), made(root, "second.py")
    draft = journal.draft

    def meddling(path, data):
        if path == second and data == NEW:
            second.write_bytes(b"meanwhile")
        return draft(path, data)

    monkeypatch.setattr(journal, "draft", meddling)
    with pytest.raises(UsageError, match="changed since"):
        write_edits(root, [FileEdit(p, OLD, NEW) for p in (first, second)], force=False)
    assert (first.read_bytes(), second.read_bytes()) == (OLD, b"meanwhile")


@pytest.fixture
def repository(root):
    git(root, "init", "-q")
    made(root)
    made(root, "sub dir/ñ m.py")
    git(root, "add", ".")
    git(root, "commit", "-qm", "first")
    return root


def test_a_committed_file_is_written(repository):
    edits = [FileEdit(repository / name, OLD, NEW) for name in ("handler.py", "sub dir/ñ m.py")]
    assert len(write_edits(repository, edits, force=False)) == 2


@pytest.mark.parametrize("name", ["handler.py", "sub dir/ñ m.py"])
@pytest.mark.parametrize("staged", [False, True])
def test_uncommitted_changes_are_refused_unless_forced(repository, name, staged):
    file = made(repository, name, b"import changed\n")
    if staged:
        git(repository, "add", ".")
    edit = FileEdit(file, b"import changed\n", NEW)
    assert "uncommitted changes" in refused(repository, edit)
    assert write_edits(repository, [edit], force=True) == (file,)
    assert file.read_bytes() == NEW


def test_an_untracked_file_is_uncommitted(repository):
    file = made(repository, "deep/er/new.py")
    assert "uncommitted" in refused(repository, FileEdit(file, OLD, NEW))


def test_the_changes_of_other_files_do_not_matter(repository):
    made(repository, "sub dir/ñ m.py", b"changed")
    edit = FileEdit(repository / "handler.py", OLD, NEW)
    assert write_edits(repository, [edit], force=False)


def test_git_in_a_hook_asks_about_the_file_s_own_repository(repository, monkeypatch):
    monkeypatch.setenv("GIT_DIR", str(repository.parent / "elsewhere.git"))
    file = made(repository, data=b"changed\n")
    assert uncommitted([file]).files == {file}


def test_no_repository_and_no_git_are_answers(root, repository, monkeypatch):
    outside = made(root.parent, "other.py")
    assert uncommitted([outside]).unversioned == {outside}
    monkeypatch.setenv("PATH", "")
    answer = uncommitted([repository / "handler.py"])
    assert answer.unversioned == {repository / "handler.py"}


def test_a_git_that_fails_or_hangs_stops_the_write_unless_forced(root, monkeypatch):
    file = made(root)
    folder = root.parent / "bin"
    folder.mkdir()
    script = folder / "git"
    script.write_text("#!/bin/sh\necho 'fatal: detected dubious ownership' >&2\nexit 128\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    edit = FileEdit(file, OLD, NEW)
    assert "dubious ownership" in refused(root, edit)
    script.write_text("#!/bin/sh\nexec sleep 30\n")
    assert "did not answer within 0.2 s" in str(uncommitted([file], 0.2).unknown[file])
    assert write_edits(root, [edit], force=True) == (file,)


def test_a_new_file_is_written_inside_the_task_root_only(root):
    new = root / "lazy.py"
    assert write_edits(root, [FileEdit(new, None, NEW)], force=False) == (new,)
    assert new.read_bytes() == NEW
    sentence = refused(root, FileEdit(root.parent / "lazy.py", None, NEW))
    assert "outside of the task root" in sentence
    assert not (root.parent / "lazy.py").exists()


@pytest.mark.parametrize("kind", ["file", "folder", "dangling link"])
def test_a_new_file_takes_the_place_of_nothing(root, kind):
    new = root / "lazy.py"
    if kind == "file":
        new.write_bytes(OLD)
    elif kind == "folder":
        new.mkdir()
    else:
        new.symlink_to("nowhere.py")
    sentence = refused(root, FileEdit(new, None, NEW), force=True)
    assert "nothing was written" in sentence
    assert new.is_symlink() or new.is_dir() or new.read_bytes() == OLD
