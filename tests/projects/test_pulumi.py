"""A Pulumi project is what its preview plans, or what its YAML program says."""

import json

import pytest

from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import CodeForm, ReadOptions
from tests.harness import write_files

HANDLER = "def handler(event, context): ...\n"
MARK, ARCHIVE, ASSET, SECRET = (
    "4dabf18193072939515e22adb298388d",
    "0def7320c3a5731c473e5ecbe6d01bc7",
    "c44067f5952c0a294b673a41bacd8c17",
    "1b47061264138c4ac30d75fd1eb44270",
)
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


def archive(path):
    return {MARK: ARCHIVE, "hash": "x", "path": path}


def step(title, code, op="create", **inputs):
    kind = "aws:lambda/function:Function"
    urn = f"urn:pulumi:dev::shop::{kind}::{title}"
    usual = {"handler": "app.handler", "runtime": "python3.12", "code": code}
    return {
        "op": op,
        "urn": urn,
        "newState": {"urn": urn, "type": kind, "inputs": {**usual, **inputs, "__defaults": []}},
    }


def assets(**named):
    return {MARK: ARCHIVE, "assets": named}


STEPS = [
    {"op": "create", "urn": "urn:pulumi:dev::shop::pulumi:pulumi:Stack::shop-dev"},
    step(
        "orders",
        archive("./app"),
        memorySize=512,
        timeout=20,
        architectures=["arm64"],
        name="orders-dev",
        layers=["arn:aws:layer:x"],
        environment={"variables": {"A": "1", "TABLE": UNKNOWN, "KEY": {MARK: SECRET}}},
    ),
    step("zipped", "./app.zip", "update"),
    step("whole", assets(**{".": archive("./app")})),
    step("inline", assets(**{"app.py": {MARK: ASSET, "text": HANDLER}})),
    step("several", assets(**{"a.py": {MARK: ASSET, "path": "./app/app.py"}, ".": archive("x")})),
    step("file", assets(**{"app.py": {MARK: ASSET, "path": "./app/app.py"}})),
    step("node", archive("./app"), runtime="nodejs22.x"),
    step("gone", archive("./gone")),
    step("out", archive("../../../etc")),
    step("unknown", UNKNOWN),
    step("image", None, packageType="Image", imageUri=UNKNOWN),
    step("old", archive("./app"), "delete"),
]
PROGRAM = """
name: shop
runtime: yaml
config:
  memory: {type: integer, default: 256}
  shop:level: {value: info}
resources:
  bucket: {type: aws:s3:Bucket}
  orders:
    type: aws:lambda:Function
    properties:
      runtime: python3.12
      handler: app.handler
      memorySize: ${memory}
      code: {fn::fileArchive: ./app}
      environment:
        variables: {BUCKET: "${bucket.arn}", LEVEL: "x-${level}"}
"""
FILES = {".git/HEAD": "", "app/app.py": HANDLER, "app.zip": ""}


def project(folder, files, **options):
    return read_project_place(write_files(folder, {**FILES, **files}), ReadOptions(**options))


def previewed(folder):
    files = {"Pulumi.yaml": "name: shop\nruntime: python\n"}
    files["preview.json"] = json.dumps({"steps": STEPS})
    return {one.name: one for one in project(folder, files).functions}


def test_a_preview_says_what_is_deployed(tmp_path):
    found = previewed(tmp_path)
    orders = found["orders"]
    assert (orders.memory_mb, orders.timeout_s, orders.arch) == (512, 20, "arm64")
    assert orders.environment["A"] == "1"
    assert orders.placeholder_names == ("TABLE", "KEY")
    assert orders.deployed_name == "orders-dev"
    assert (orders.code.path, orders.problem) == (str(tmp_path / "app"), None)
    assert "old" not in found


def test_archives_are_folders_zips_and_texts(tmp_path):
    found = previewed(tmp_path)
    assert found["zipped"].code.form is CodeForm.ZIP
    assert found["whole"].code.path == found["file"].code.path == str(tmp_path / "app")
    inline = found["inline"].code
    assert (inline.form, inline.text, inline.text_file) == (CodeForm.INLINE, HANDLER, "app.py")


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("several", "put together of several assets"),
        ("node", "its runtime is nodejs22.x"),
        ("gone", "its code ./gone is not here"),
        ("out", "leads out of the project"),
        ("unknown", "known only when it is deployed"),
        ("image", "the name of its image is not known"),
    ],
)
def test_a_function_that_cannot_be_measured_says_why(tmp_path, name, what):
    assert what in previewed(tmp_path)[name].problem


def test_a_program_in_yaml_is_read_without_a_preview(tmp_path):
    (orders,) = project(tmp_path, {"Pulumi.yaml": PROGRAM}).functions
    assert (orders.memory_mb, orders.declared.line, orders.problem) == (256, 9, None)
    assert orders.environment["LEVEL"] == "x-info"
    assert orders.placeholder_names == ("BUCKET",)


def test_given_values_win_over_defaults(tmp_path):
    given = {"memory": "1024"}
    (orders,) = project(tmp_path, {"Pulumi.yaml": PROGRAM}, parameters=given).functions
    assert orders.memory_mb == 1024


def test_a_program_in_another_language_says_how_to_plan_it(tmp_path):
    files = {"Pulumi.yaml": "runtime: {name: python}", "__main__.py": "aws.lambda_.Function()"}
    with pytest.raises(UsageError, match="pulumi preview --json"):
        project(tmp_path, files)


def test_a_program_without_lambda_leaves_its_folder_to_others(tmp_path):
    files = {"Pulumi.yaml": "runtime: python", "__main__.py": "aws.s3.Bucket()"}
    assert project(tmp_path, files).tool == "folder"


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        (
            "preview.json",
            '{"steps": [\n "urn:pulumi:" {',
            "line 2 is not valid JSON",
        ),
        ("preview.json", '{"a": "urn:pulumi:x"}', "has no steps"),
        ("preview.json", '["urn:pulumi:x"]', "neither a Pulumi project nor a preview"),
        ("Pulumi.yaml", "type: aws:lambda:Function\n a: [", r"Pulumi\.yaml line \d is not valid"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, name, text, what):
    with pytest.raises(UsageError, match=what):
        project(tmp_path, {name: text})


@pytest.mark.parametrize("inputs", [None, [], {"code": [], "environment": 1, "layers": "x"}])
def test_odd_states_are_left_out_or_placeholders(tmp_path, inputs):
    odd = step("odd", None)
    odd["newState"]["inputs"] = inputs
    files = {"preview.json": json.dumps({"steps": [odd, 1, {"op": "create", "newState": 2}]})}
    assert len(project(tmp_path, files).functions) <= 1
