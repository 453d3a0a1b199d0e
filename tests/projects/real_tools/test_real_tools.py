"""The readers against the tools themselves: what importcost lists is what the tool built.

Each tool builds a small project without an account of any cloud. Handler, runtime, memory, names
of variables, code and the state of its bytecode are held beside the artefact, which is read here
without any code of importcost.
"""

from __future__ import annotations

import json
import os
import py_compile
import sys
from pathlib import Path

import pytest

from importcost.app.package.deployed_package import recipe_for
from importcost.files.unpack import unpacked
from importcost.measure.package.bytecode import BytecodeReader, PackedFolder
from importcost.measure.package.packagers import known_packagers
from importcost.model.package.bytecode import ShippedState
from importcost.projects.find import read_project_place
from importcost.projects.functions import CodeForm, ProjectFunction, ReadOptions
from tests.commands import run_here
from tests.harness import write_files
from tests.projects.real_tools.artefacts import (
    Deployed,
    bytecode_of,
    files_of,
    template_functions,
)
from tests.projects.real_tools.tools import (
    CDK_LIBRARY,
    CHALICE,
    SAM,
    environment_with,
    node,
    run,
    script,
)

pytestmark = pytest.mark.slow
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
HANDLER = "import six\nimport helper\n\ndef handler(event, context):\n    return helper.VALUE\n"
FILES = {"app.py": HANDLER, "helper.py": "VALUE = 1\n", "six.py": "text_type = str\n"}


def source(folder: Path) -> Path:
    """Write a handler with two modules, one with timestamp bytecode, one with hash-based."""
    write_files(folder, FILES)
    os.utime(folder / "helper.py", (1_700_000_000, 1_700_000_000))
    py_compile.compile(str(folder / "helper.py"), doraise=True)
    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(folder / "six.py"), doraise=True, invalidation_mode=mode)
    return folder


def listed(place: Path) -> dict[str, ProjectFunction]:
    return {one.name: one for one in read_project_place(place, ReadOptions()).functions}


def settings(function: ProjectFunction) -> Deployed:
    return Deployed(
        str(function.handler),
        str(function.runtime),
        function.memory_mb,
        tuple(sorted(function.environment)),
    )


def code_place(function: ProjectFunction) -> Path:
    assert function.problem is None, function
    assert function.code.is_built
    return Path(str(function.code.path))


def measured_bytecode(place: str, folder: Path) -> dict[str, str]:
    """Return the state of each module's bytecode in a profile of one function of a project."""
    report = folder / "report.json"
    done = run_here(folder, "profile", place, "--runs", "5", "-q", "-o", str(report))
    assert done.returncode == 0, done.stderr
    modules = json.loads(report.read_text(encoding="utf-8"))["graph"]["modules"]
    return {one["name"]: one["bytecode"] for one in modules}


def assert_bytecode(place: str, function: ProjectFunction, folder: Path, **wanted: str) -> None:
    """Assert that a profile says of the three modules what their files in the artefact are.

    `wanted` are the states that the tool is known to leave.
    """
    built = code_place(function)
    expected = {Path(name).stem: bytecode_of(built, name) for name in FILES}
    assert expected == {"app": "absent", **wanted}
    found = measured_bytecode(place, folder)
    assert {name: found[name] for name in expected} == expected


SAM_TEMPLATE = f"""
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {{Runtime: {RUNTIME}, MemorySize: 256, Environment: {{Variables: {{STAGE: dev}}}}}}
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: orders
      Handler: app.handler
      Environment: {{Variables: {{TABLE: !Ref Table}}}}
      Layers: [!Ref Common]
  Large:
    Type: AWS::Serverless::Function
    Properties: {{CodeUri: orders, Handler: helper.VALUE, MemorySize: 1024}}
  Common:
    Type: AWS::Serverless::LayerVersion
    Metadata: {{BuildMethod: {RUNTIME}}}
    Properties: {{ContentUri: common}}
  Table: {{Type: AWS::DynamoDB::Table}}
"""


def test_sam(tmp_path):
    project = write_files(
        tmp_path / "shop",
        {"template.yaml": SAM_TEMPLATE, "common/requirements.txt": "six==1.17.0\n"},
    )
    source(project / "orders")
    (project / "orders" / "six.py").unlink()
    write_files(project, {"orders/requirements.txt": "six==1.17.0\n"})
    before = {name: settings(one) for name, one in listed(project).items()}
    tools = environment_with(SAM)
    run([str(tools / "sam"), "build"], project, [Path(sys.executable).parent, tools])
    build = project / ".aws-sam" / "build"
    after = listed(project)
    expected = template_functions(build / "template.yaml")
    assert {name: settings(one) for name, one in after.items()} == before == expected
    assert code_place(after["Orders"]).is_relative_to(build)
    assert {"app.py", "helper.py", "six.py"} <= files_of(code_place(after["Orders"]))
    (layer,) = after["Orders"].layers
    assert "python/six.py" in files_of(Path(str(layer.path)))
    function = after["Orders"]
    assert_bytecode(f"{project}::Orders", function, tmp_path, helper="absent", six="absent")


ZIPPER = """
import sys
from samcli.lib.package.utils import make_zip_with_lambda_permissions
make_zip_with_lambda_permissions(sys.argv[1], sys.argv[2])
"""


def test_the_recipe_for_bytecode_holds_in_the_zip_that_sam_makes(tmp_path):
    project = write_files(tmp_path / "shop", {"template.yaml": SAM_TEMPLATE})
    listed_ = {
        "common/requirements.txt": "six==1.17.0\n",
        "orders/requirements.txt": "idna==3.10\n",
    }
    write_files(project, {**listed_, "orders/app.py": "import six\n", "orders/helper.py": ""})
    tools = environment_with(SAM)
    path = [Path(sys.executable).parent, tools]
    run([str(tools / "sam"), "build"], project, path)
    orders = project / ".aws-sam" / "build" / "Orders"
    layer = project / ".aws-sam" / "build" / "Common"
    version = RUNTIME.removeprefix("python")
    recipe = recipe_for([orders, layer], version)
    assert recipe.packager == "SAM"
    (step,) = recipe.steps
    when, _, command = step.partition(": ")
    assert when == "after `sam build` and before `sam deploy`"
    run(["sh", "-ec", command.replace(RUNTIME, sys.executable)], project, path)
    for folder in (orders, layer):
        target = str(tmp_path / folder.name)
        run([str(tools / "python"), "-c", ZIPPER, target, str(folder)], project, path)
        (archive,) = tmp_path.glob(f"{folder.name}*.zip")
        packed = unpacked(archive)
        moments = {int(one.stat().st_mtime) for one in packed.rglob("*.py")}
        assert moments == {known_packagers()["sam"].zip_moment_s}
        reader = BytecodeReader(version)
        states = {
            reader.state(str(one), one.stat(), PackedFolder(str(packed), is_archive=True))
            for one in packed.rglob("*.py")
        }
        assert states == {ShippedState.HASHED}


CDK_APP = f"""
import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb, aws_lambda as lambda_

RUNTIME = lambda_.Runtime(
    "{RUNTIME}", lambda_.RuntimeFamily.PYTHON, supports_inline_code=True
)
app = cdk.App()
stack = cdk.Stack(app, "Shop")
table = dynamodb.Table(
    stack, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
)
layer = lambda_.LayerVersion(stack, "Common", code=lambda_.Code.from_asset("common"))
lambda_.Function(
    stack, "Orders", runtime=RUNTIME, handler="app.handler", memory_size=512, layers=[layer],
    code=lambda_.Code.from_asset("orders"), environment={{"TABLE": table.table_name}},
)
inner = cdk.NestedStack(stack, "Nest")
lambda_.Function(
    inner, "Inline", runtime=RUNTIME, handler="index.handler",
    code=lambda_.Code.from_inline("def handler(event, context): ..."),
)
app.synth()
"""


def test_cdk(tmp_path):
    files = {"cdk.json": "{}", "app.py": CDK_APP, "common/python/x.py": ""}
    project = write_files(tmp_path / "shop", files)
    source(project / "orders")
    python = environment_with(CDK_LIBRARY) / "python"
    command = [*script("aws-cdk", "cdk"), "synth", "-q", "--no-notices", "-o", "cdk.out"]
    run([*command, "--app", f"{python} app.py"], project, [node().parent])
    templates = (project / "cdk.out").glob("*.template.json")
    expected = [one for file in templates for one in template_functions(file).values()]
    found = listed(project)
    assert sorted(map(settings, found.values())) == sorted(expected)
    assert sorted(found) == ["Shop/Nest/Inline", "Shop/Orders"]
    orders, inline = found["Shop/Orders"], found["Shop/Nest/Inline"]
    assert inline.code.form is CodeForm.INLINE
    assert files_of(code_place(orders)) == files_of(project / "orders")
    assert files_of(Path(str(orders.layers[0].path))) == {"python/x.py"}
    left = {"helper": "stale", "six": "unchecked-hash"}  # a copy has new dates
    assert_bytecode(f"{project}::Shop/Orders", orders, tmp_path, **left)


SERVICE = f"""
service: shop
provider:
  name: aws
  runtime: {RUNTIME}
  memorySize: 512
  environment: {{STAGE: "${{sls:stage}}", TABLE: {{Ref: Table}}}}
functions:
  orders: {{handler: app.handler, memorySize: "${{self:custom.memory.${{sls:stage}}}}"}}
  small-one:
    handler: app.handler
    package: {{individually: true, patterns: ["!helper.py", "!__pycache__/**"]}}
    environment: {{LEVEL: debug}}
custom: {{memory: {{dev: 384}}}}
package: {{patterns: ["!report.json"]}}
resources:
  Resources: {{Table: {{Type: AWS::SQS::Queue}}}}
"""


def test_serverless(tmp_path):
    project = source(write_files(tmp_path / "shop", {"serverless.yml": SERVICE}))
    before = {name: settings(one) for name, one in listed(project).items()}
    run([*script("osls", "serverless.js"), "package"], project, [node().parent])
    built = project / ".serverless"
    template = template_functions(built / "cloudformation-template-update-stack.json")
    names = {"orders": "OrdersLambdaFunction", "small-one": "SmallDashoneLambdaFunction"}
    expected = {name: template[logical_id] for name, logical_id in names.items()}
    after = listed(project)
    assert {name: settings(one) for name, one in after.items()} == before == expected
    assert code_place(after["orders"]) == built / "shop.zip"
    assert code_place(after["small-one"]) == built / "small-one.zip"
    assert "helper.py" not in files_of(built / "small-one.zip")
    left = {"helper": "stale", "six": "unchecked-hash"}  # the ZIP's dates are all the same
    assert_bytecode(f"{project}::orders", after["orders"], tmp_path, **left)


CHALICE_APP = """
from chalice import Chalice, Rate
from chalicelib.orders import orders

app = Chalice(app_name="shop")
app.register_blueprint(orders, name_prefix="o-")

@app.route("/")
def index(): return {}

@app.schedule(Rate(1, unit=Rate.HOURS), name="nightly")
def clean(event): ...

@app.authorizer()
def auth(request): ...

@app.route("/more", authorizer=auth)
def more(): return {}
"""
CHALICE_LIBRARY = """
from chalice import Blueprint
orders = Blueprint(__name__)

@orders.on_sqs_message(queue="q")
def work(event): ...
"""
CHALICE_CONFIG = {
    "version": "2.0",
    "app_name": "shop",
    "lambda_memory_size": 256,
    "environment_variables": {"A": "1"},
    "stages": {
        "dev": {
            "environment_variables": {"B": "2"},
            "lambda_functions": {
                "nightly": {"lambda_memory_size": 1024, "environment_variables": {"C": "3"}}
            },
        }
    },
}


def test_chalice(tmp_path):
    files = {
        "app.py": CHALICE_APP,
        "chalicelib/__init__.py": "",
        "chalicelib/orders.py": CHALICE_LIBRARY,
        "requirements.txt": "",
        ".chalice/config.json": json.dumps(CHALICE_CONFIG),
    }
    project = write_files(tmp_path / "shop", files)
    found = listed(project)
    tools = environment_with(CHALICE)
    run([str(tools / "chalice"), "package", "out"], project, [tools])
    built = listed(project / "out" / "sam.json")
    expected = template_functions(project / "out" / "sam.json").values()
    assert sorted(map(settings, built.values())) == sorted(expected)
    # The runtime is that of the Python which packages.
    without_runtime = [one._replace(runtime="None") for one in expected]
    assert sorted(map(settings, found.values())) == sorted(without_runtime)
    archive = code_place(built["Nightly"])
    assert {"app.py", "chalicelib/orders.py", "chalice/app.py"} <= files_of(archive)
    modules = measured_bytecode(f"{project / 'out' / 'sam.json'}::Nightly", tmp_path)
    assert modules["app"] == bytecode_of(archive, "app.py")
    assert modules["chalice.app"] == bytecode_of(archive, "chalice/app.py")
