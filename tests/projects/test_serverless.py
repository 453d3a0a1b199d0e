"""A serverless.yml is read with its variables as the functions that it deploys."""

import pytest

from importcost.errors import UsageError
from importcost.projects.functions import CodeForm, ReadOptions
from importcost.projects.placeholders import PLACEHOLDER, OpenText
from importcost.projects.serverless.project import read_serverless
from importcost.projects.serverless.variables import ServiceVariables
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"
SERVICE = """
service: shop
provider:
  name: aws
  runtime: python3.12
  memorySize: 512
  stage: ${opt:stage, 'dev'}
  environment:
    STAGE: ${self:provider.stage}
    TABLE: {Ref: Orders}
    QUEUE: !GetAtt Jobs.Arn
    KEY: ${ssm:/shop/key}
    FROM_HOST: ${env:HOME}
custom:
  memory: {dev: 256, prod: 2048}
  pythonRequirements: {fileName: deploy.txt, zip: true}
layers:
  common: {path: layer}
functions:
  orders:
    handler: src/orders.handler
    memorySize: ${self:custom.memory.${self:provider.stage}}
    architecture: arm64
    layers: [{Ref: CommonLambdaLayer}, {Ref: PythonRequirementsLambdaLayer}, arn:aws:layer:x]
    environment: ${file(env.yml):${sls:stage}}
  plain:
    handler: src/orders.handler
    runtime: python3.13
  moved: ${file(more.yml):moved}
  web: {handler: wsgi_handler.handler}
  image: {image: 1.dkr.ecr.eu-west-1.amazonaws.com/a:1}
resources:
  - Resources: {Orders: {Type: AWS::DynamoDB::Table}}
  - Resources: {Jobs: {Type: AWS::SQS::Queue}}
"""
FILES = {
    ".git/HEAD": "",
    "src/orders.py": HANDLER,
    "deploy.txt": "",
    "layer/python/x.py": "",
    "env.yml": "dev: {LEVEL: debug}\nprod: {LEVEL: info}\n",
    "more.yml": "moved: {handler: orders.handler, module: src, timeout: 20}\n",
}


def service(folder, text=SERVICE, files=None, **options):
    write_files(folder, {"serverless.yml": text, **(FILES if files is None else files)})
    return read_serverless(folder / "serverless.yml", ReadOptions(**options))


def functions(found):
    return {one.name: one for one in found.functions}


def test_functions_have_their_own_settings_over_the_providers(tmp_path):
    found = functions(service(tmp_path))
    orders = found["orders"]
    assert (orders.memory_mb, orders.arch, orders.runtime) == (256, "arm64", "python3.12")
    assert (orders.handler, orders.problem) == ("src/orders.handler", None)
    assert orders.timeout_s == 6
    assert orders.deployed_name == "shop-dev-orders"
    assert orders.requirements == str(tmp_path / "deploy.txt")
    assert [layer.path for layer in orders.layers] == [str(tmp_path / "layer"), None]
    assert found["plain"].runtime == "python3.13"
    assert found["plain"].memory_mb == 512


def test_the_stage_chooses(tmp_path):
    orders = functions(service(tmp_path, stage="prod"))["orders"]
    assert orders.memory_mb == 2048
    assert orders.environment["LEVEL"] == "info"
    assert orders.deployed_name == "shop-prod-orders"


def test_what_only_the_cloud_or_the_host_knows_is_a_placeholder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", "canary")
    orders = functions(service(tmp_path))["orders"]
    assert orders.environment == {
        "STAGE": "dev",
        "TABLE": PLACEHOLDER,
        "QUEUE": f"arn:aws:sqs:us-east-1:123456789012:{PLACEHOLDER}",
        "KEY": PLACEHOLDER,
        "FROM_HOST": PLACEHOLDER,
        "LEVEL": "debug",
    }
    assert orders.placeholder_names == ("TABLE", "QUEUE", "KEY", "FROM_HOST")


def test_a_module_is_packaged_alone(tmp_path):
    moved = functions(service(tmp_path))["moved"]
    assert moved.code.path == str(tmp_path / "src")
    assert (moved.timeout_s, moved.problem) == (20, None)


def test_generated_handlers_and_images_are_told(tmp_path):
    found = functions(service(tmp_path))
    assert "serverless-wsgi makes its handler" in found["web"].problem
    assert found["image"].code.form is CodeForm.IMAGE
    assert "unpacks them in its init" in service(tmp_path).notes[0]


@pytest.mark.parametrize(
    ("provider", "what"),
    [
        ("{name: google, runtime: python3.12}", "deployed to google"),
        ("{name: aws, runtime: nodejs22.x}", "its runtime is nodejs22.x"),
        ("{name: aws}", "the framework's default is Node.js"),
        ("{name: aws, runtime: python3.12}", "has no app.py"),
    ],
)
def test_a_function_that_cannot_be_measured_says_why(tmp_path, provider, what):
    text = f"provider: {provider}\nfunctions: {{f: {{handler: app.handler}}}}"
    (found,) = service(tmp_path, text, {}).functions
    assert what in found.problem


def test_a_packaged_artefact_is_the_code(tmp_path):
    text = "provider: {name: aws, runtime: python3.12}\npackage: {artifact: out.zip}\n"
    text += "functions: {f: {handler: a.b}, g: {handler: a.b, package: {artifact: no.zip}}}"
    found = functions(service(tmp_path, text, {"out.zip": ""}))
    assert found["f"].code.form is CodeForm.ZIP
    assert "its artefact no.zip is not here" in found["g"].problem


def value(tmp_path, text, **options):
    data = {"custom": {"a": {"b": 1, "list": [5, 6]}, "name": "x", "self": "${self:custom.self}"}}
    data["custom"]["way"] = "${self:custom.a}"
    data["provider"] = {"stage": "${opt:stage, 'dev'}"}
    data["params"] = {"dev": {"p": "from-dev"}, "default": {"q": "from-default"}}
    return ServiceVariables(data, tmp_path, tmp_path, **options).resolved(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${self:custom.a.b}", 1),
        ("${self:custom.a}", {"b": 1, "list": [5, 6]}),
        ("${self:custom.a.list.1}", 6),
        ("${self:custom.way.b}", 1),
        ("x-${self:custom.name}-${self:custom.a.b}", "x-x-1"),
        ("${self:custom.none, self:custom.name}", "x"),
        ("${self:custom.none, 'a, b'}", "a, b"),
        ("${self:custom.none, null}", None),
        ("${opt:nothing, ''}", ""),
        ("${opt:region, 'eu-west-1'}", "eu-west-1"),
        ("${param:p}", "from-dev"),
        ("${param:q}", "from-default"),
        ("${sls:stage}", "dev"),
        ("${strToBool(true)}", True),
        ("${AWS::Region}-${Custom}", "${AWS::Region}-${Custom}"),
        ("${env:NOPE, 'd'}", "d"),
        ("${file(none.yml):a, 3}", 3),
    ],
)
def test_variables_are_resolved(tmp_path, text, expected):
    found = value(tmp_path, text)
    assert (None if found == PLACEHOLDER and expected is None else found) == expected


@pytest.mark.parametrize(
    "text",
    [
        "${self:custom.self}",
        "${cf:stack.Out}",
        "${file(x.js):a}",
        "${self:custom.none}",
        "${doppler:a}",
    ],
)
def test_open_variables_are_visible(tmp_path, text):
    found = value(tmp_path, text)
    assert isinstance(found, OpenText)
    assert found.reason


def test_given_values_count_for_options_parameters_and_variables(tmp_path):
    given = {"x": "1", "HOME": "2"}
    assert value(tmp_path, "${opt:x}${param:x}${env:HOME}", given=given) == "112"


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("serverless.ts", "", "is a program"),
        ("serverless.yml", "a: 1", "neither provider nor functions"),
        ("serverless.yml", "provider: ${file(../../../etc/passwd)}", "leads out of the project"),
        ("serverless.yml", "provider: ${file(/etc/passwd)}", "absolute path"),
    ],
)
def test_a_service_that_cannot_be_read_is_told(tmp_path, name, text, what):
    write_files(tmp_path, {name: text})
    with pytest.raises(UsageError, match=what):
        read_serverless(tmp_path / name, ReadOptions())
