import pytest

from importcost.app.defer.outside_references import mentions, project_root
from tests.harness import write_files


@pytest.mark.parametrize(
    "line",
    [
        '@patch("svc.app.boto3")',
        "@mock.patch('src.svc.app.boto3.client')",
        'monkeypatch.setattr(app, "boto3", fake)',
        "with patch.object(svc.app, 'boto3'):",
        "from svc.app import handler, boto3",
        "svc.app.boto3.client.assert_called()",
    ],
)
def test_a_test_that_patches_what_goes_is_named_with_its_line(tmp_path, line):
    write_files(tmp_path, {"tests/test_app.py": f"import x\n{line}\n"})
    (found,) = mentions(tmp_path, {"svc.app": {"boto3", "s3"}}, set())
    assert found.startswith("tests/test_app.py:2 names boto3 of svc.app, which")


@pytest.mark.parametrize(
    "line",
    [
        '@patch("svc.app.boto3_session")',
        '@patch("other.app.boto3")',
        "import boto3",
        "from svc.app import handler  # boto3",
        '@patch("svc.app.get_s3")',
    ],
)
def test_what_stays_is_not_named(tmp_path, line):
    write_files(tmp_path, {"test_app.py": f"{line}\n"})
    assert mentions(tmp_path, {"svc.app": {"boto3", "s3"}}, set()) == ()


def test_analysed_files_environments_and_hidden_folders_are_left_out(tmp_path):
    text = '"app.boto3"\n'
    places = ("app.py", "env/lib/x.py", ".tox/x.py", "lib/site-packages/x.py", "note.txt")
    write_files(tmp_path, {**dict.fromkeys(places, text), "env/pyvenv.cfg": ""})
    assert mentions(tmp_path, {"app": {"boto3"}}, {str(tmp_path / "app.py")}) == ()


def test_many_lines_of_one_file_are_summed_up(tmp_path):
    write_files(tmp_path, {"test_app.py": '"app.boto3"\n' * 9})
    found = mentions(tmp_path, {"app": {"boto3"}}, set())
    assert len(found) == 4
    assert found[-1] == "test_app.py has 6 more such lines"


def test_many_files_are_summed_up(tmp_path):
    write_files(tmp_path, {f"test_{number:02}.py": '"app.boto3"\n' for number in range(20)})
    found = mentions(tmp_path, {"app": {"boto3"}}, set())
    assert len(found) == 9
    assert found[-1] == "12 more such notes are left out"


def test_the_project_is_the_working_tree_else_the_task_root(tmp_path):
    task = tmp_path / "src" / "app"
    task.mkdir(parents=True)
    assert project_root(task) == task
    (tmp_path / ".git").mkdir()
    assert project_root(task) == tmp_path
