"""Terraform's plan and files are read as the functions that they make."""

import json
import zipfile

import pytest

from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import CodeForm, ReadOptions
from importcost.projects.placeholders import PLACEHOLDER, OpenText, plain_placeholder
from importcost.projects.terraform.expressions import Expressions
from importcost.projects.terraform.project import read_terraform_plan
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"


def evaluated(text):
    names = {
        "var": {"stage": "dev", "sizes": {"dev": 256}, "list": ["a", "b"], "no": False},
        "local": {"name": "shop"},
        "open": plain_placeholder("it is open"),
        "path": {"module": "."},
    }
    return Expressions(names.get, "main.tf").value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"plain"', "plain"),
        ('"${local.name}-${var.stage}"', "shop-dev"),
        ("${var.sizes[var.stage]}", 256),
        ("${var.sizes.dev}", 256),
        ("${var.list[1]}", "b"),
        ('${var.stage == "prod" ? 60 : 10}', 10),
        ('${var.stage != "prod" && !var.no ? "a" : "b"}', "a"),
        ("${1 + 2 * 3}", 7),
        ("${(1 + 2) * 3}", 9),
        ("${-1}", -1),
        ("${7 / 2}", 3.5),
        ('${join(".", ["orders", "handler"])}', "orders.handler"),
        ('${format("%s-%s", local.name, var.stage)}', "shop-dev"),
        ("${merge({A = 1}, {B = var.stage})}", {"A": 1, "B": "dev"}),
        ('${lookup(var.sizes, "prod", 512)}', 512),
        ('"${path.module}/../src"', "./../src"),
        ('"a\\"b"', 'a"b'),
        ('"$${kept}"', "${kept}"),
        ('"${"nested ${var.stage}"}"', "nested dev"),
        ('${coalesce(null, "x")}', "x"),
        ("${concat(var.list, [var.stage])[2]}", "dev"),
        ({'"k"': '"${var.stage}"', "__is_block__": True}, {"k": "dev"}),
        (["${var.stage}", 1, True], ["dev", 1, True]),
        ("${true}", True),
        ("${null}", None),
        ('${try(split(".", basename(null))[0], "own")}', "own"),
        ("${try(var.sizes.prod, 512)}", 512),
        ("${try(var.list[7], var.stage)}", "dev"),
        ('${try("first", "second")}', "first"),
        ('"<<EOT\n  a ${local.name}\n \\n\nEOT"', "  a shop\n \\n\n"),
        ('"<<-EOT\n    if x:\n      y = "z"\n  EOT"', 'if x:\n  y = "z"\n'),
        ('"a\\\\nb\\tc"', "a\\nb\tc"),
    ],
)
def test_expressions_are_evaluated(text, expected):
    found = evaluated(text)
    assert found == expected
    assert not isinstance(found, OpenText)


@pytest.mark.parametrize(
    "text",
    [
        "${open.arn}",
        '"x-${open.arn}"',
        "${unknown(1)}",
        "${[for x in var.list : x]}",
        "${var.nothing}",
        "${var.list[9]}",
        "${1 +}",
        "${)",
        "${open.a ? 1 : open.b}",
        "${lower(open.x)}",
        '${split(".", open.x)[0]}',
        "${1 / 0}",
        "${1 < open.x}",
    ],
)
def test_what_is_not_known_is_visible(text):
    found = evaluated(text)
    assert isinstance(found, OpenText) or found == 1
    assert found == 1 or found.reason


def test_try_keeps_what_only_the_cloud_knows():
    assert isinstance(evaluated('${try(open, "x")}'), OpenText)
    assert isinstance(evaluated('${try(upper(open), "x")}'), OpenText)


ODD = {
    "5000 digits": "9" * 5_000,
    "past every float": "9" * 400 + " + 1",
    "an index past every float": f"[1][1{'0' * 308} * 10]",
    "infinity": f"{'9' * 310}.5 * 2",
    "a quote in a quote": '"${' * 3_000,
    "a wide field": 'format("%999999999d", 1)',
    "division by nothing": "1 / 0",
}


@pytest.mark.parametrize("text", ODD.values(), ids=ODD)
def test_odd_values_are_placeholders(text):
    found = Expressions(lambda name: 5, "main.tf").value(f'"${{{text}}}"')
    assert isinstance(found, OpenText), found


def test_texts_that_double_are_told():
    whole = Expressions(lambda name: inner(), "main.tf")
    depth = iter(range(40))

    def inner():
        return whole.value('"${a}${a}"') if next(depth, None) is not None else "x" * 1_000_000

    with pytest.raises(UsageError, match=r"main\.tf has expressions that expand without end"):
        whole.value('"${a}"')


@pytest.mark.parametrize("text", ["(" * 5_000, "[" * 5_000, '"${' * 500, "!" * 9_000 + "true"])
def test_deep_expressions_end(text):
    assert isinstance(evaluated("${" + text + "}"), OpenText | str | bool)


MAIN = """
variable "stage" { default = "dev" }
variable "bare" {}
locals {
  name  = "shop-${var.stage}"
  loop  = local.loop
  sizes = {
    orders = { handler = "orders.handler", memory = 512 }
    users  = { handler = "users.handler", memory = 256 }
  }
}
data "archive_file" "src" {
  type        = "zip"
  source_dir  = "${path.module}/src"
  output_path = "${path.module}/build/src.zip"
}
resource "aws_lambda_function" "one" {
  function_name = "${local.name}-one"
  filename      = data.archive_file.src.output_path
  handler       = "orders.handler"
  runtime       = "python3.12"
  timeout       = var.stage == "prod" ? 60 : 10
  architectures = ["arm64"]
  layers        = [aws_lambda_layer_version.common.arn, "arn:aws:lambda:x"]
  environment {
    variables = merge({ A = local.name }, { TABLE = aws_dynamodb_table.t.name, BARE = var.bare })
  }
}
resource "aws_lambda_layer_version" "common" {
  layer_name = "common"
  filename   = "layer.zip"
}
resource "aws_lambda_function" "many" {
  for_each      = local.sizes
  function_name = each.key
  filename      = "build/src.zip"
  handler       = each.value.handler
  runtime       = "python3.12"
  memory_size   = each.value.memory
}
resource "aws_lambda_function" "none" {
  count    = var.stage == "prod" ? 1 : 0
  filename = "x.zip"
  handler  = "a.b"
}
module "registry" {
  source                = "terraform-aws-modules/lambda/aws"
  function_name         = "registry"
  handler               = "orders.handler"
  runtime               = "python3.13"
  source_path           = "src"
  environment_variables = { X = "y" }
}
module "own" {
  source = "./modules/fn"
  name   = "own-fn"
}
"""
MODULE = """
variable "name" {}
resource "aws_lambda_function" "this" {
  function_name = var.name
  filename      = data.archive_file.a.output_path
  handler       = "orders.handler"
  runtime       = "python3.13"
}
data "archive_file" "a" {
  source_dir  = "${path.module}/../../src"
  output_path = "x.zip"
}
"""
FILES = {
    ".git/HEAD": "",
    "main.tf": MAIN,
    "network.tf": "this is not parsed {{{",
    "modules/fn/main.tf": MODULE,
    "src/orders.py": HANDLER,
    "src/users.py": HANDLER,
    "layer.zip": "",
}


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"


def functions(folder, files=FILES, **options):
    write_files(folder, files)
    return {one.name: one for one in read_project_place(folder, ReadOptions(**options)).functions}


def test_functions_are_read_from_the_files(tmp_path, cache):
    found = functions(tmp_path / "p")
    assert list(found) == ["one", "many.orders", "many.users", "registry", "own/this"]
    one = found["one"]
    assert (one.deployed_name, one.timeout_s, one.arch) == ("shop-dev-one", 10, "arm64")
    assert one.code.path == str(tmp_path / "p" / "src")
    assert one.environment == {"A": "shop-dev", "TABLE": PLACEHOLDER, "BARE": PLACEHOLDER}
    assert one.placeholder_names == ("TABLE", "BARE")
    assert [layer.path for layer in one.layers] == [str(tmp_path / "p" / "layer.zip"), None]
    assert one.declared.line == 17
    assert (found["many.users"].handler, found["many.users"].memory_mb) == ("users.handler", 256)
    assert found["many.users"].code.form is CodeForm.FOLDER
    assert found["registry"].environment == {"X": "y"}
    assert found["own/this"].deployed_name == "own-fn"
    assert all(one.problem is None for one in found.values())
    assert list(cache.glob("hcl/*.json"))


def test_a_module_above_the_root_finds_its_own_code(tmp_path, cache):
    module = 'data "archive_file" "z" {\n source_dir = "${path.module}/package/"\n'
    module += ' output_path = "${path.module}/z.zip"\n type = "zip"\n}\n'
    module += 'resource "aws_lambda_function" "f" {\n handler = "app.handler"\n'
    module += ' runtime = "python3.12"\n filename = data.archive_file.z.output_path\n}\n'
    files = {
        ".git/HEAD": "",
        "main.tf": module,
        "package/app.py": HANDLER,
        "examples/simple/main.tf": 'module "nuke" {\n source = "../../"\n}\n',
    }
    (found,) = read_project_place(
        write_files(tmp_path, files) / "examples" / "simple", ReadOptions()
    ).functions
    assert (found.code.path, found.problem) == (str(tmp_path / "package"), None)


def test_the_text_of_an_archive_is_stored_under_its_own_name(tmp_path, cache):
    text = 'data "archive_file" "z" {\n type = "zip"\n output_path = "z.zip"\n'
    text += ' source {\n content = file("${path.module}/src/x.py")\n filename = "entry.py"\n }\n}\n'
    text += 'resource "aws_lambda_function" "f" {\n handler = "entry.handler"\n'
    text += ' runtime = "python3.12"\n filename = data.archive_file.z.output_path\n}\n'
    files = {"main.tf": text, "src/x.py": HANDLER}
    (found,) = read_project_place(write_files(tmp_path, files), ReadOptions()).functions
    assert (found.code.form, found.code.text_file) == (CodeForm.INLINE, "entry.py")
    assert (found.code.text, found.problem) == (HANDLER, None)
    other = ' source {\n content = "x"\n filename = "b.py"\n }\n'
    files["main.tf"] = text.replace(" source {", other + " source {")
    (found,) = read_project_place(write_files(tmp_path, files), ReadOptions()).functions
    assert "put together of several texts" in found.problem


LAYERED = """
module "common" {
  source       = "terraform-aws-modules/lambda/aws"
  create_layer = true
  layer_name   = "common-layer"
  source_path  = "${path.module}/layers/common"
}
locals {
  whole = "${module.common.lambda_layer_layer_arn}:${module.common.lambda_layer_version}"
}
resource "aws_lambda_function" "f" {
  handler  = "app.handler"
  runtime  = "python3.12"
  filename = "app.zip"
  layers   = [module.common.lambda_layer_arn, local.whole, module.other.lambda_layer_arn]
}
"""


def test_a_layer_that_a_module_makes_is_found(tmp_path, cache):
    files = {"main.tf": LAYERED, "layers/common/python/x.py": "", "app.zip": ""}
    (found,) = read_project_place(write_files(tmp_path, files), ReadOptions()).functions
    folder = str(tmp_path / "layers" / "common")
    assert [one.path for one in found.layers] == [folder, folder, None]
    assert found.layers[0].name == "common-layer"


@pytest.mark.parametrize("path", ["gone.py", "../outside/x.py", "/etc/hostname", "large.py"])
def test_files_that_may_not_be_read_stay_open(tmp_path, cache, path):
    write_files(tmp_path / "outside", {"x.py": ""})
    text = 'resource "aws_lambda_function" "f" {\n handler = "a.b"\n runtime = "python3.12"\n'
    text += f' environment {{\n variables = {{ A = file("{path}") }}\n }}\n}}\n'
    files = {"main.tf": text, "large.py": "x" * 1_000_001}
    (found,) = read_project_place(write_files(tmp_path / "in", files), ReadOptions()).functions
    assert found.placeholder_names == ("A",)


def test_given_values_win_over_files_of_variables(tmp_path, cache):
    files = {**FILES, "terraform.tfvars": 'stage = "test"\nbare = "b"\n'}
    assert functions(tmp_path / "a", files)["one"].deployed_name == "shop-test-one"
    found = functions(tmp_path / "a", files, parameters={"stage": "prod"})
    assert found["one"].timeout_s == 60
    assert found["one"].environment["BARE"] == "b"
    assert "x.zip is not here" in found["none"].problem


def test_the_region_is_that_of_the_modules_own_declarations(tmp_path, cache):
    """They may stand in a file that mentions no function and is not parsed."""
    files = {
        "main.tf": """
resource "aws_lambda_function" "one" {
  function_name = "one"
  filename      = "src.zip"
  handler       = "orders.handler"
  runtime       = "python3.12"
  environment {
    variables = {
      REGION = data.aws_region.current.name
      OTHER  = data.aws_region.elsewhere.name
      HALF   = data.aws_region.current.description
    }
  }
}
""",
        "data.tf": 'data "aws_region" "current" {}\n',
    }
    (one,) = functions(tmp_path, files).values()
    assert one.environment["REGION"] == "us-east-1"
    assert set(one.placeholder_names) == {"OTHER", "HALF"}


def test_a_parsed_file_is_kept(tmp_path, cache, monkeypatch):
    functions(tmp_path / "p")
    monkeypatch.setattr("importcost.projects.terraform.parse._parse_all", _must_not_parse)
    assert "one" in functions(tmp_path / "p")


def _must_not_parse(files):
    assert not files
    return []


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            'resource "aws_lambda_function" "x" {\n  handler = \n}\n',
            r"main\.tf line \d+ is not valid",
        ),
        ('# aws_lambda_function\nmodule "m" { source = "./" }\n', "calls itself"),
    ],
)
def test_broken_files_are_told(tmp_path, cache, text, what):
    with pytest.raises(UsageError, match=what):
        functions(tmp_path / "p", {"main.tf": text, ".git/HEAD": ""})


def test_without_the_parser_the_extra_is_named(tmp_path, cache, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "hcl2", None)
    with pytest.raises(UsageError, match=r"install importcost-lambda\[terraform\]"):
        functions(tmp_path / "p")


def resource(address, kind="aws_lambda_function", **values):
    return {"address": address, "type": kind, "values": values}


def test_a_plan_is_read_with_its_modules_and_archives(tmp_path):
    one = resource(
        "aws_lambda_function.one",
        function_name="one",
        handler="orders.handler",
        runtime="python3.12",
        memory_size=512,
        filename="./build/src.zip",
        environment=[{"variables": {"KEY": "secret-value"}}],
    )
    below = resource(
        'module.sub.aws_lambda_function.many["a"]', handler="a.b", runtime="nodejs22.x"
    )
    archive = resource(
        "data.archive_file.src", "archive_file", source_dir="./src", output_path="./build/src.zip"
    )
    plan = {
        "planned_values": {
            "root_module": {"resources": [one], "child_modules": [{"resources": [below]}]}
        },
        "prior_state": {"values": {"root_module": {"resources": [archive]}}},
    }
    write_files(
        tmp_path, {"plan.json": json.dumps(plan), "src/orders.py": HANDLER, ".git/HEAD": ""}
    )
    found = read_project_place(tmp_path, ReadOptions())
    assert found.tool == "Terraform plan"
    assert [(one.name, one.problem) for one in found.functions] == [
        ("one", None),
        ("sub/many.a", "its runtime is nodejs22.x, not Python"),
    ]
    assert found.functions[0].memory_mb == 512
    assert found.functions[0].code.path == str(tmp_path / "src")


def test_a_plan_without_values_is_told(tmp_path):
    (tmp_path / "plan.json").write_text('{"planned_values": {}}')
    with pytest.raises(UsageError, match="no planned values"):
        read_terraform_plan(tmp_path / "plan.json", ReadOptions())


DYNAMIC = """
variable "env" { default = { TABLE = "orders" } }
variable "none" { default = {} }
variable "given" {}
resource "aws_lambda_function" "one" {
  handler = "app.handler"
  runtime = "python3.12"
  filename = "a.zip"
  dynamic "environment" {
    for_each = FOR_EACH
    iterator = each_one
    content {
      variables = VARIABLES
    }
  }
}
"""


@pytest.mark.parametrize(
    ("for_each", "variables", "names", "is_open"),
    [
        ("length(keys(var.env)) == 0 ? [] : [var.env]", "each_one.value", ["TABLE"], False),
        ("[1]", "var.env", ["TABLE"], False),
        ("var.none == {} ? [] : [1]", "var.env", [], False),
        ("[var.given]", "each_one.value", [], True),
        ("var.given", "each_one.value", [], True),
    ],
)
def test_a_dynamic_environment_is_read_or_said_to_be_open(
    tmp_path, cache, for_each, variables, names, is_open
):
    text = DYNAMIC.replace("FOR_EACH", for_each).replace("VARIABLES", variables)
    write_files(tmp_path, {"main.tf": text})
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("app.py", "def handler(event, context): pass")
    (one,) = read_project_place(tmp_path, ReadOptions()).functions
    assert list(one.environment) == names
    assert any(what == "environment" for what, _ in one.unresolved) is is_open
