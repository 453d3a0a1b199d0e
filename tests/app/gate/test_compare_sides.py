"""The handlers of two versions, and the way to measure each: no launches."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from importcost.app.gate.compare_sides import lanes_of
from importcost.app.gate.worktrees import Checkout, checkouts
from importcost.errors import UsageError
from tests.harness import write_files

CONFIG = '[handlers.orders]\nhandler = "src/orders.py"\n'
FILES = {"importcost.toml": CONFIG, "src/orders.py": "", "src/.keep": ""}


@pytest.fixture
def versions(tmp_path):
    """Return base and head as copies of one user's folder, as worktrees are."""
    own = write_files(tmp_path / "own", FILES)

    def make(base=FILES, head=FILES, inner="."):
        return tuple(
            Checkout(
                label,
                write_files(tmp_path / label, files) / inner,
                tmp_path / label,
                own / inner,
                tmp_path,
            )
            for label, files in (("base", base), ("head", head))
        )

    return make


def named(lanes):
    return {lane.name: (lane.base is not None, lane.head is not None) for lane in lanes}


def test_a_handler_that_moved_is_found_by_its_name(versions):
    moved = {"importcost.toml": CONFIG.replace("src/", "app/"), "app/orders.py": ""}
    (lane,) = lanes_of(*versions(head=moved))
    assert lane.base.handler.endswith("base/src/orders.py")
    assert lane.head.handler.endswith("head/app/orders.py")
    assert lane.settings.handler.endswith("app/orders.py")


@pytest.mark.parametrize(
    "base",
    [
        {"src/orders.py": ""},
        {"src/orders.py": "", "importcost.toml": "[broken"},
        {"src/orders.py": "", "importcost.toml": '[handlers.other]\nhandler = "absent.py"\n'},
    ],
)
def test_a_base_without_a_usable_configuration_is_measured_by_head_s(versions, base):
    (lane,) = lanes_of(*versions(base=base))
    assert lane.base.handler.endswith("base/src/orders.py")


def test_new_and_removed_handlers(versions):
    head = {"importcost.toml": '[handlers.new]\nhandler = "new.py"\n', "new.py": ""}
    assert named(lanes_of(*versions(head=head))) == {"new": (False, True), "orders": (True, False)}


def test_a_configuration_that_was_never_committed_is_the_user_s_own(versions):
    files = {"src/orders.py": ""}
    (lane,) = lanes_of(*versions(base=files, head=files))
    assert "/head/src/" in lane.head.handler
    assert "/base/src/" in lane.base.handler


def test_from_a_subfolder_the_configuration_above_is_found(versions):
    (lane,) = lanes_of(*versions(inner="src"))
    assert Path(lane.head.handler).is_file()


def test_an_environment_beside_the_user_s_code_measures_both_copies(versions, tmp_path):
    python = tmp_path / "own/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    text = 'python = ".venv/bin/python"\n' + CONFIG
    files = {**FILES, "importcost.toml": text}
    (lane,) = lanes_of(*versions(base=files, head=files))
    assert lane.base.python == lane.head.python == str(python)


def test_without_a_setting_the_environment_above_the_handler_is_found(
    versions, tmp_path, monkeypatch
):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    python = tmp_path / "own/.venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    (lane,) = lanes_of(*versions())
    assert lane.base.python == lane.head.python == str(python)
    assert lane.head.python_reason == f"the virtual environment {python.parents[1]}"


def test_handlers_are_named_without_a_configuration(versions):
    (lane,) = lanes_of(*versions(), targets=("src/orders.py",))
    assert lane.name == "src/orders.py"
    assert lane.base is not None
    assert lane.head is not None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"names": ("nobody",)}, "Neither version has a handler nobody"),
        ({"targets": ("no.py",)}, "Neither base nor head has a handler no.py"),
        ({"config": "no.toml"}, "There is no configuration no.toml"),
    ],
)
def test_what_neither_version_has_is_said(versions, values, message):
    with pytest.raises(UsageError, match=message):
        lanes_of(*versions(), **values)


def test_a_head_whose_own_handler_file_is_missing_everywhere_is_wrong(versions):
    files = {"importcost.toml": CONFIG}
    with pytest.raises(UsageError, match="There is no file"):
        lanes_of(*versions(base=files, head=files))


def sam(**functions):
    """Return the files of a project: a template with these functions, and their handlers."""
    lines = ["Transform: AWS::Serverless-2016-10-31", "Resources:"]
    for name, handler in functions.items():
        properties = f"{{Handler: {handler}.handler, Runtime: python3.12, CodeUri: src}}"
        lines += [f"  {name}:", "    Type: AWS::Serverless::Function"]
        lines += [f"    Properties: {properties}"]
    code = {f"src/{one}.py": "def handler(e, c): ...\n" for one in functions.values()}
    return {"template.yaml": "\n".join(lines) + "\n", **code}


PROJECT = 'project = "template.yaml"\nmax_init_ms = 500\n'


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("config", "options"),
    [
        (None, {}),
        (None, {"targets": ("template.yaml",)}),
        (None, {"targets": (".",)}),
        (PROJECT, {}),
    ],
)
def test_functions_of_a_project_are_paired_by_id_and_renamed_ones_by_their_code(
    versions, config, options
):
    base, head = versions(
        base=sam(Add="add", Show="show", Clear="clear"),
        head={
            **sam(Add="add", Empty="clear", Fresh="fresh"),
            **({"importcost.toml": config} if config else {}),
        },
    )
    (base.own / "importcost.toml").unlink()
    lanes = {lane.name: lane for lane in lanes_of(base, head, **options)}
    assert named(lanes.values()) == {
        "Add": (True, True),
        "Empty": (True, True),
        "Fresh": (False, True),
        "Show": (True, False),
    }
    assert {lane.was for lane in lanes.values()} == {None, "Clear"}
    assert lanes["Empty"].was == "Clear"
    assert lanes["Empty"].base.task_root == str(base.folder / "src")
    assert lanes["Fresh"].settings.budgets.max_init_ms == (500 if config else None)


@pytest.mark.unhurried
def test_a_table_of_a_renamed_function_judges_it_under_its_new_name(versions):
    config = {"importcost.toml": f"{PROJECT}[handlers.Clear]\nmax_init_ms = 70\n"}
    head = {**sam(Add="add", Empty="clear"), **config}
    lanes = lanes_of(*versions(base={**sam(Add="add", Clear="clear"), **config}, head=head))
    found = {lane.name: (lane.was, lane.settings.budgets.max_init_ms) for lane in lanes}
    assert found == {"Add": (None, 500), "Empty": ("Clear", 70)}


@pytest.mark.unhurried
def test_functions_that_share_their_code_are_not_taken_for_renamed(versions):
    base, head = versions(base=sam(One="app", Two="app"), head=sam(Three="app", Four="app"))
    lanes = lanes_of(base, head, targets=("template.yaml",))
    assert {lane.was for lane in lanes} == {None}
    assert len(lanes) == 4


@pytest.mark.unhurried
def test_one_function_of_a_project_is_compared_alone(versions):
    base, head = versions(base=sam(Add="add", Show="show"), head=sam(Add="add", Show="show"))
    (lane,) = lanes_of(base, head, targets=("template.yaml::Show",))
    assert (lane.name, lane.base is not None, lane.head is not None) == ("Show", True, True)
    with pytest.raises(UsageError, match=r"has a handler show: did you mean Show\?"):
        lanes_of(base, head, targets=("template.yaml",), names=("show",))


def test_a_project_that_neither_version_has_is_said(versions):
    base, head = versions(base=sam(Add="add"), head=sam(Add="add"))
    with pytest.raises(UsageError, match="Neither base nor head has"):
        lanes_of(base, head, targets=("other.yaml::Add",))


@pytest.mark.unhurried
def test_versions_may_be_templates_of_other_names(tmp_path):
    before = write_files(tmp_path / "before", sam(Add="add"))
    after = write_files(tmp_path / "after", sam(Add="add"))
    (after / "template.yaml").rename(after / "stack.yaml")
    texts = (f"{before}/template.yaml", f"{after}/stack.yaml")
    with checkouts(*texts, listener=None) as (base, head):
        (lane,) = lanes_of(base, head)
    assert lane.base.task_root == str(before / "src")
    assert lane.head.task_root == str(after / "src")
    with (
        pytest.raises(UsageError, match=r"There is no .*gone\.yaml: name a template"),
        checkouts(f"{before}/gone.yaml", texts[1], listener=None),
    ):
        pass
