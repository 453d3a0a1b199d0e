"""`importcost init`, and what it finds."""

from __future__ import annotations

import pytest

from importcost.app.gate.init_config import InitRequest, write_configuration
from importcost.config.read import load_config
from importcost.errors import UsageError
from tests.clockwork import Times, jitter, run_clocked
from tests.commands import run_here
from tests.harness import write_files

HANDLER = "import wave\n\ndef lambda_handler(event, context):\n    return {}\n"
SAM = """\
AWSTemplateFormatVersion: "2010-09-09"
Globals:
  Function:
    Runtime: python3.12   # all of them
    MemorySize: 512
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/orders/
      Handler: 'app.lambda_handler'
      Policies:
        - Handler: nonsense.in_a_list
      MemorySize: 1024
  Frontend:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: web/
      Handler: index.handler
      Runtime: nodejs22.x
  Table:
    Type: AWS::DynamoDB::Table
"""
SERVERLESS = """\
service: shop
provider:
  name: aws
  runtime: python3.13
  architecture: arm64
functions:
  create:
    handler: src/orders/app.lambda_handler
    memorySize: 256
"""


def importcost(folder, *args):
    cache = str(folder.parent / "cache")
    variables = {"IMPORTCOST_CACHE_DIR": cache, "VIRTUAL_ENV": None}
    return run_here(folder, *args, variables=variables)


@pytest.fixture
def project(tmp_path):
    def make(**files):
        return write_files(tmp_path / "shop", {"src/orders/app.py": HANDLER, **files})

    return make


@pytest.mark.unhurried
def test_what_init_writes_passes_check_and_is_never_overwritten(project, monkeypatch):
    folder = project()
    times = Times({"app": 9_000, "wave": 2_000})
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(folder.parent / "cache"))

    def clocked(name, seed):
        words = [name, "--runner", "local", "--runs", "7"]
        return run_clocked(monkeypatch, folder, words, times, lambda: jitter(seed))

    done = clocked("init", 1)
    assert done.returncode == 0, done.stderr
    text = (folder / "importcost.toml").read_text()
    assert "[handlers.orders]" in text
    assert "; measured " in text
    assert "not measured" not in text
    budgets = load_config(folder=str(folder)).handlers[0].budgets
    assert budgets.max_init_ms > 0
    assert budgets.max_modules >= 2
    checked = clocked("check", 2)
    assert checked.returncode == 0, checked.stdout
    again = importcost(folder, "init")
    assert again.returncode == 2
    assert "exists already" in again.stderr
    assert (folder / "importcost.toml").read_text() == text


def test_pyproject_keeps_what_it_has(project):
    before = '[project]\nname = "shop"\n'
    folder = project(**{"pyproject.toml": before})
    done = importcost(folder, "init", "--pyproject", "--no-measure", "src/orders/app.py")
    assert done.returncode == 0, done.stderr
    text = (folder / "pyproject.toml").read_text()
    assert text.startswith(before)
    assert (
        load_config(folder=str(folder))
        .find("orders")
        .handler.endswith("src/orders/app.py:lambda_handler")
    )
    again = importcost(folder, "init", "--pyproject", "--no-measure")
    assert again.returncode == 2
    assert (folder / "pyproject.toml").read_text() == text


@pytest.mark.unhurried
def test_a_handler_that_fails_is_written_without_budgets(project):
    folder = project(**{"src/orders/app.py": "import absent_module\n" + HANDLER})
    done = importcost(folder, "init", "--runner", "local")
    assert done.returncode == 0
    assert "Not measured, budgets commented out: orders" in done.stderr
    assert "absent_module" in done.stderr
    assert "name its requirements with the setting requirements" in done.stderr
    assert load_config(folder=str(folder)).handlers[0].budgets.max_init_ms is None


def test_a_margin_that_is_no_number_is_refused_before_anything_is_measured(project):
    folder = project()
    done = importcost(folder, "init", "--margin", "nan")
    assert done.returncode == 2
    assert "--margin is nan" in done.stderr
    assert "Measuring" not in done.stderr


def test_no_handler_is_said(tmp_path):
    folder = write_files(tmp_path / "shop", {"script.py": "def handler(): pass\n"})
    done = importcost(folder, "init")
    assert done.returncode == 2
    assert "There is no handler in" in done.stderr
    assert not (folder / "importcost.toml").exists()


def written_handlers(folder):
    done = importcost(folder, "init", "--no-measure")
    assert done.returncode == 0, done.stderr
    here = f"{folder}/"
    return {one.name: one.handler.removeprefix(here) for one in load_config(None, folder).handlers}


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("template.yaml", SAM, {"Orders": "template.yaml::Orders"}),
        ("serverless.yml", SERVERLESS, {"create": "serverless.yml::create"}),
    ],
)
def test_a_template_names_its_functions_and_keeps_their_settings(project, name, text, expected):
    folder = project(**{name: text})
    assert written_handlers(folder) == expected
    text = (folder / "importcost.toml").read_text()
    assert f'project = "{name}"\n' in text
    assert "memory =" not in text
    assert "handler =" not in text


@pytest.mark.parametrize(
    ("targets", "expected", "project_place"),
    [
        (("shop",), ["Orders"], "shop/template.yaml"),
        (("shop/template.yaml",), ["Orders"], "shop/template.yaml"),
        (("shop::Orders",), ["Orders"], None),
        (("shop", "more"), ["more/template.yaml::Orders", "shop/template.yaml::Orders"], None),
    ],
)
def test_a_project_is_a_target_and_one_alone_is_named_with_its_later_functions(
    project, targets, expected, project_place
):
    folder = project(**{"template.yaml": SAM}).parent
    write_files(folder / "more", {"template.yaml": SAM, "src/orders/app.py": HANDLER})
    done = importcost(folder, "init", "--no-measure", *targets)
    assert done.returncode == 0, done.stderr
    found = load_config(folder=str(folder))
    assert sorted(one.name for one in found.handlers) == expected
    assert found.project == (project_place and str(folder / project_place))


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("template.yaml::Order", "has no function Order: did you mean Orders?"),
        ("template.yaml::Frontend", "its runtime is nodejs22.x, not Python"),
        ("absent::Orders", "There is no absent"),
    ],
)
def test_a_project_s_function_that_is_not_there_is_said(project, target, message):
    done = importcost(project(**{"template.yaml": SAM}), "init", "--no-measure", target)
    assert done.returncode == 2
    assert message in done.stderr


def test_sources_are_searched_but_not_what_is_installed_or_tests(project):
    folder = project(
        **{
            "src/refunds/app.py": "def handler(event, context, *rest): ...\n",
            "src/other/app.py": "async def handler(event, context): ...\n",
            "src/bad.py": "def handler(event, context:\n",
            "node_modules/x/app.py": HANDLER,
            ".venv/app.py": HANDLER,
            "own/pyvenv.cfg": "",
            "own/lib/app.py": HANDLER,
            "tests/app.py": HANDLER,
            "copy/orders/app.py": HANDLER,
        }
    )
    assert written_handlers(folder) == {
        "orders": "copy/orders/app.py:lambda_handler",
        "src/orders/app": "src/orders/app.py:lambda_handler",
        "refunds": "src/refunds/app.py:handler",
    }


def test_a_configuration_that_is_a_link_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "importcost.toml").symlink_to("../victim.toml")
    with pytest.raises(UsageError, match="symbolic link"):
        write_configuration(InitRequest(folder=str(tmp_path)), None)
    assert not (tmp_path.parent / "victim.toml").exists()


@pytest.mark.unhurried
def test_a_handler_with_placeholders_is_written_with_their_setting(project):
    text = "import os\nTABLE = os.environ['TABLE']\n" + HANDLER
    folder = project(**{"src/orders/app.py": text})
    done = importcost(folder, "init", "--runner", "local", "--runs", "5")
    assert done.returncode == 0, done.stderr
    assert load_config(folder=str(folder)).handlers[0].placeholders
    checked = importcost(folder, "check", "--runner", "local", "--deterministic")
    assert checked.returncode == 0, checked.stdout
    file = folder / "importcost.toml"
    file.write_text(file.read_text().replace("placeholders = true", "placeholders = false"))
    checked = importcost(folder, "check", "--runner", "local", "--deterministic")
    assert checked.returncode == 1
    assert 'the setting env = { TABLE = "VALUE" }' in " ".join(checked.stdout.split())
