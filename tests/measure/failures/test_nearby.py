"""A missing module that lies elsewhere in the project is told with its folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from importcost.measure.failures.lacking import missing_modules
from importcost.measure.failures.nearby import folder_beside, in_the_project, layer_of
from importcost.model.profile import Target
from importcost.model.supplies import MissingModule
from tests.harness import write_files

HANDLER = {"template.yaml": "", "src/orders/app.py": "import shared\n"}


def project(folder: Path, *files: str) -> Target:
    write_files(folder, {**HANDLER, **dict.fromkeys(files, "")})
    root = folder / "src" / "orders"
    return Target("app", "handler", str(root), str(root / "app.py"))


@pytest.mark.parametrize(
    "inside",
    [
        "layers/common/python/shared.py",
        "layers/common/python/shared/__init__.py",
        "layers/common/python/lib/python3.12/site-packages/shared/db.py",
    ],
)
def test_a_layer_in_the_project_is_named_with_its_option(tmp_path, inside):
    target = project(tmp_path, inside)
    told = str(missing_modules([MissingModule("shared", None, None)], {}, target, None))
    assert told.endswith(f"add --layer {tmp_path}/layers/common.")


def test_another_folder_is_named_unless_a_distribution_holds_the_module(tmp_path):
    target = project(tmp_path, "src/common/shared.py")
    module = MissingModule("shared", None, None)
    told = str(missing_modules([module], {}, target, None))
    assert f"which lies in {tmp_path}/src/common, outside the task root" in told
    assert "--task-root" in told
    told = str(missing_modules([module], {"shared": "shared"}, target, None))
    assert "--with shared" in told


def test_a_known_package_is_not_taken_for_a_folder_above(tmp_path):
    write_files(tmp_path, {"boto3/notes.py": "", "work/app.py": ""})
    target = Target("app", None, str(tmp_path / "work"), str(tmp_path / "work/app.py"))
    module = MissingModule("boto3", None, None)
    assert "--with boto3" in str(missing_modules([module], {"boto3": "boto3"}, target, None))
    assert f"--task-root {tmp_path}." in str(missing_modules([module], {}, target, None))


@pytest.mark.parametrize(
    "inside",
    [
        "tests/shared.py",
        "node_modules/x/shared.py",
        ".aws/shared.py",
        "src/common/shared.txt",
        "a/b/c/d/e/f/g/shared.py",
        "../shared.py",
    ],
)
def test_generated_deep_and_foreign_folders_are_not_searched(tmp_path, inside):
    target = project(tmp_path / "project", inside)
    assert in_the_project("shared", target) is None


def test_a_virtual_environment_is_not_the_project(tmp_path):
    target = project(tmp_path, "env/pyvenv.cfg", "env/lib/python3.12/site-packages/shared.py")
    assert in_the_project("shared", target) is None


def test_without_a_deployment_file_nothing_is_searched(tmp_path):
    write_files(tmp_path, {"a/app.py": "", "b/shared.py": ""})
    assert folder_beside("shared", tmp_path / "a") is None


def test_the_nearest_to_the_top_is_taken(tmp_path):
    target = project(tmp_path, "src/common/deep/shared.py", "lib/shared.py")
    assert folder_beside("shared", Path(target.task_root)) == tmp_path / "lib"


def test_only_a_folder_python_makes_a_layer():
    assert layer_of(Path("/p/layer/python")) == Path("/p/layer")
    assert layer_of(Path("/p/python/lib/python3.12/site-packages")) == Path("/p")
    assert layer_of(Path("/p/python/orders")) is None
    assert layer_of(Path("/p/src")) is None


def test_what_a_requirements_file_leaves_out_may_come_from_a_layer(tmp_path):
    target = project(tmp_path)
    module = MissingModule("boto3", None, None)
    told = str(missing_modules([module], {"boto3": "boto3"}, target, "requirements.txt"))
    assert "add its distribution to it, name the layer that has it with --layer DIR, or" in told
    assert "--with boto3" in told
