"""A measured handler can import the packages deployed with it, and no others."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.commands import run_here
from tests.harness import write_files
from tests.packages import installed

SITE = Path("lib") / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
HANDLER = """
found = []
for name in ("app_dep", "deep", "editor", "click", "pip", "loose", "ns.ours", "ns.theirs"):
    try:
        __import__(name)
    except ImportError:
        continue
    found.append(name)
print("FOUND", *found)
def handler(event, context):
    exit
"""


@pytest.fixture
def python(tmp_path) -> str:
    """An environment with importcost, what it needs, what the app needs, and other things."""
    folder = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    site = folder / SITE
    installed(site, "importcost-lambda", needs=("click",), files=("importcost/__init__.py",))
    for name in ("click", "deep", "editor"):
        installed(site, name)
    installed(site, "pip", files=("pip/__init__.py",))
    installed(site, "app-dep", needs=("deep",), files=("app_dep.py", "ns/ours.py"))
    installed(site, "other", files=("ns/theirs.py",))
    write_files(site, {"loose.py": "", "startup.pth": "import os; os.environ['PTH'] = 'ran'\n"})
    return str(folder / "bin" / "python")


def found(tmp_path, python, *words, **files):
    """Profile the handler above; return what it could import, and the saved profile."""
    root = write_files(tmp_path / "task", {"handler.py": HANDLER, **files})
    saved = tmp_path / "profile.json"
    argv = ["profile", str(root / "handler.py"), "--python", python, "--runner", "local"]
    variables = {"IMPORTCOST_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": ""}
    words = (*argv, "--runs", "6", "-o", str(saved), *words)
    done = run_here(tmp_path, *words, variables=variables)
    assert done.returncode == 0, done.stderr
    profile = json.loads(saved.read_text())
    names = {module["name"] for module in profile["graph"]["modules"]}
    wanted = ("app_dep", "deep", "editor", "click", "pip", "loose", "ns.ours", "ns.theirs")
    return [name for name in wanted if name in names], profile, done


def codes(profile) -> list[str]:
    return [warning["code"] for warning in profile["warnings"]]


@pytest.mark.unhurried
def test_requirements_that_the_environment_meets_show_these_alone(tmp_path, python):
    names, profile, _ = found(tmp_path, python, **{"requirements.txt": "app-dep\n"})
    assert names == ["app_dep", "deep", "ns.ours"]
    assert profile["environment"]["requirements"] == str(tmp_path / "task/requirements.txt")
    assert "as the measuring environment holds it" in profile["environment"]["packages"]
    # Guarded imports of what the environment has beside it are told, each once.
    told = [one["message"] for one in profile["warnings"] if one["code"] == "not-deployed"]
    assert [message.split(" imports ")[1].split(",")[0] for message in told] == [
        "editor",
        "click",
        "pip",
    ]
    assert all("which the deployed package will not have" in message for message in told)


@pytest.mark.unhurried
def test_reports_name_the_real_files_and_nothing_stays(tmp_path, python):
    _, profile, _ = found(tmp_path, python, **{"requirements.txt": "app-dep\n"})
    files = {module["name"]: module["file"] for module in profile["graph"]["modules"]}
    site = Path(python).parents[1] / SITE
    assert files["app_dep"] == str(site / "app_dep.py")
    assert files["ns.ours"] == str(site / "ns/ours.py")
    owners = {module["name"]: module["distribution"] for module in profile["graph"]["modules"]}
    assert owners["app_dep"] == "app-dep"
    assert list((tmp_path / "cache/views").iterdir()) == []


@pytest.mark.unhurried
def test_without_a_file_the_environment_is_taken_less_importcosts_own(tmp_path, python):
    names, profile, done = found(tmp_path, python)
    assert names == ["app_dep", "deep", "editor", "loose", "ns.ours", "ns.theirs"]
    assert "without importcost and what only it needs" in profile["environment"]["packages"]
    assert "without importcost and what only it needs" in " ".join(done.stdout.split())


@pytest.mark.unhurried
def test_a_built_package_needs_nothing_of_the_environment(tmp_path, python):
    installed(tmp_path / "task", "deep")
    names, profile, _ = found(tmp_path, python)
    assert names == ["deep"]
    assert profile["environment"]["packages"] == "the packages in the task root and its layers"
    assert "not-deployed" in codes(profile)


@pytest.mark.unhurried
def test_a_layer_says_what_is_deployed(tmp_path, python):
    installed(tmp_path / "layer/python", "editor")
    names, _, _ = found(tmp_path, python, "--layer", str(tmp_path / "layer"))
    assert names == ["editor"]


@pytest.mark.unhurried
def test_a_built_package_that_meets_its_requirements_is_taken_alone(tmp_path, python):
    installed(tmp_path / "task", "app-dep", "2.0", needs=("deep",), files=("app_dep.py",))
    installed(tmp_path / "task", "deep", "2.0")
    names, profile, _ = found(tmp_path, python, **{"requirements.txt": "app-dep>=2\n"})
    assert names == ["app_dep", "deep"]
    assert "as the task root and its layers hold it" in profile["environment"]["packages"]


TEMPLATE = """
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties: {Handler: handler.handler, CodeUri: CODE}
"""


@pytest.mark.unhurried
def test_what_a_build_made_is_deployed_as_it_is(tmp_path, python):
    """Nothing is installed for a requirements file that the build left beside slim packages."""
    root = tmp_path / "project"
    built = {
        "handler.py": HANDLER,
        "requirements.txt": "app-dep\nanything-else==9\n",
        "deep.py": "",
    }
    write_files(root, {"template.yaml": TEMPLATE.replace("CODE", "src"), "src/handler.py": HANDLER})
    build = write_files(
        root / ".aws-sam/build", {"template.yaml": TEMPLATE.replace("CODE", "Orders")}
    )
    write_files(build / "Orders", built)
    saved = tmp_path / "profile.json"
    words = ("--python", python, "--runner", "local", "--runs", "6", "-o", str(saved))
    variables = {"IMPORTCOST_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": ""}
    done = run_here(root, "profile", ".::Orders", *words, variables=variables)
    assert done.returncode == 0, done.stderr
    profile = json.loads(saved.read_text())
    names = {module["name"] for module in profile["graph"]["modules"]}
    assert names & {"app_dep", "deep", "editor"} == {"deep"}
    assert profile["environment"]["packages"].startswith("what the project's build put into")
    assert not (tmp_path / "cache/requirements").exists()


GUARDED = """
import app_dep
try:
    import editor
except ImportError:
    editor = None
assert editor is None, "the environment's editor is not deployed"
def handler(event, context):
    return {}
"""
CONFIG = """
[handlers.orders]
handler = "handler.py:handler"
max_init_ms = 60000
"""


def in_project(tmp_path, python, *words):
    """Run a command on the handler above, in a Git working tree that has it committed."""
    config = f"{CONFIG}python = {python!r}\n"
    files = {"handler.py": GUARDED, "requirements.txt": "app-dep\n", "importcost.toml": config}
    root = write_files(tmp_path / "task", files)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", "-C", str(root)]
    for step in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "first"]):
        subprocess.run([*git, *step], check=True)
    words = words if words[0] in ("check", "compare") else (*words, "--python", python)
    (root / "handler.py").write_text(GUARDED + "# another version\n")
    variables = {"IMPORTCOST_CACHE_DIR": str(tmp_path / "cache"), "PYTHONPATH": ""}
    return run_here(root, *words, "--runner", "local", variables=variables)


@pytest.mark.unhurried
@pytest.mark.parametrize(
    "words",
    [
        ("defer", "handler.py:handler", "--no-verify", "--runs", "5"),
        ("why", "handler.py:handler", "app_dep", "--runs", "5"),
        ("estimate", "handler.py:handler", "--runs", "5"),
        ("check", "--runs", "6"),
        ("check", "--deterministic"),
        ("compare", "HEAD", "--pairs", "8"),
    ],
)
def test_every_command_shows_what_is_deployed_alone_and_names_the_rest(tmp_path, python, words):
    done = in_project(tmp_path, python, *words)
    assert done.returncode == 0, done.stderr + done.stdout
    assert done.stderr.count("imports editor, which the deployed package will not have") == 1


def test_a_snapshot_holds_what_is_deployed_alone(tmp_path, python):
    done = in_project(tmp_path, python, "snapstart", "handler.py:handler")
    assert done.returncode == 0, done.stderr + done.stdout
    assert "no hazard found" in done.stdout
