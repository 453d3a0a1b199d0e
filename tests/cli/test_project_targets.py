"""check, compare, defer, strategies and init on a template whose functions share a module."""

import json
import zipfile

import pytest

from importcost.config.read import load_config
from tests.commands import run_here
from tests.harness import write_files
from tests.rendering import RENDER_MODULE, RENDERING_HANDLER

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12, CodeUri: src}
Resources:
  Add:
    Type: AWS::Serverless::Function
    Properties: {Handler: add.handler}
  Show:
    Type: AWS::Serverless::Function
    Properties: {Handler: show.handler, MemorySize: 1024}
"""
LOCAL = ("--runner", "local")


@pytest.fixture
def shop(tmp_path):
    return write_files(
        tmp_path / "shop",
        {
            "template.yaml": TEMPLATE,
            "src/add.py": RENDERING_HANDLER,
            "src/show.py": RENDERING_HANDLER,
            "src/common/__init__.py": "",
            "src/common/render.py": RENDER_MODULE,
        },
    )


def importcost(folder, *args):
    cache = str(folder.parent / "cache")
    return run_here(folder, *args, variables={"IMPORTCOST_CACHE_DIR": cache, "VIRTUAL_ENV": None})


def words(text):
    return " ".join(text.split())


@pytest.mark.unhurried
def test_init_names_the_project_and_check_holds_each_function_to_its_own(shop):
    done = importcost(shop, "init", "--no-measure")
    assert done.returncode == 0, done.stderr
    file = shop / "importcost.toml"
    forbidding = file.read_text().replace(
        "[handlers.Show]", '[handlers.Show]\nforbid = ["xml.dom"]'
    )
    file.write_text(forbidding)
    assert load_config(folder=str(shop)).project == str(shop / "template.yaml")
    checked = importcost(shop, "check", "--deterministic", "--json", *LOCAL)
    assert checked.returncode == 1, checked.stderr
    found = json.loads(checked.stdout)
    failed = {one["handler"] for one in found["checks"] if one["status"] == "fail"}
    assert failed == {"Show"}
    assert {one["handler"] for one in found["checks"]} == {"Add", "Show"}
    alone = importcost(shop, "check", "template.yaml::Add", "--deterministic", *LOCAL)
    assert alone.returncode == 0, alone.stdout


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("check", "Shwo"), 2, "has no handler Shwo: did you mean Show?"),
        (("check", "template.yaml::Shwo"), 2, "has no function Shwo: did you mean Show?"),
        (("compare", "template.yaml", "gone.yaml"), 2, "There is no gone.yaml: name a template"),
        (("strategies", "."), 2, "Describe the traffic: add --invocations and --duration"),
        (("strategies", ".", "--traffic", "none.csv", "--duration", "9"), 2, "none.csv cannot be"),
        (
            ("strategies", ".::Add", "--traffic", "t.csv"),
            2,
            "--traffic is of a project's functions",
        ),
        (("defer", ".", "-o", "x.txt"), 2, "The suffix of x.txt is none of an index's"),
        (("defer", "code.zip::add.handler", "--write"), 2, "has no function add.handler"),
        (("defer", "code.zip", "--write"), 2, "--write cannot edit code, its code is the ZIP"),
    ],
)
def test_what_cannot_be_carried_out_is_said_in_one_sentence(shop, args, code, message):
    (shop / "importcost.toml").write_text('project = "template.yaml"\nmax_modules = 900\n')
    with zipfile.ZipFile(shop / "code.zip", "w") as archive:
        archive.writestr("lambda_function.py", "def lambda_handler(event, context): ...\n")
    done = importcost(shop, *args)
    assert done.returncode == code, done.stderr
    assert message in words(done.stderr)
    assert "importcost itself failed" not in done.stderr


@pytest.mark.slow
def test_defer_edits_a_file_that_both_functions_load_once(shop):
    done = importcost(shop, "defer", ".", "--no-verify", "--write", "-o", "index.json", *LOCAL)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Written: ") == len(set(done.stdout.split("Written: ")[1:]))
    assert "common/render.py: " in words(done.stdout)
    edited = (shop / "src/common/render.py").read_text()
    assert edited.count("import xml.dom.minidom") == 1
    assert "import json\nimport xml" not in edited
    figures = json.loads((shop / "index.json").read_text())
    assert {one["name"] for one in figures["functions"]} == {"Add", "Show"}


@pytest.mark.slow
def test_strategies_prices_the_functions_that_have_traffic(shop):
    (shop / "month.csv").write_text("function,invocations,cold_rate\nShow,2000000,0.02\n")
    args = ("--traffic", "month.csv", "--duration", "60", "--runs", "5", "--json", *LOCAL)
    done = importcost(shop, "strategies", "template.yaml", *args)
    assert done.returncode == 0, done.stderr
    show, add = json.loads(done.stdout)["functions"]
    assert (show["function"], show["memory_mb"]) == ("Show", 1024)
    assert show["traffic"]["invocations"] == 2_000_000
    assert add == {"function": "Add", "reason": "no traffic is stated for it"}


@pytest.mark.slow
def test_two_templates_are_compared_function_by_function(shop):
    after = shop / "after.yaml"
    after.write_text(TEMPLATE.replace("Show:", "Display:").replace("Add:", "Put:"))
    (shop / "src/put.py").write_text(RENDERING_HANDLER)
    after.write_text(after.read_text().replace("add.handler", "put.handler"))
    done = importcost(
        shop, "compare", "template.yaml", "after.yaml", "--pairs", "8", "--no-attribution"
    )
    told = words(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Display was called Show: it has the same handler and code, and is compared" in told
    assert "Put is new: there is no base to compare it with" in told
    assert "Add is removed: there is no head to compare it with" in told
