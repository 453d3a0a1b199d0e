"""What the Serverless Framework packaged is read before serverless.yml while it is newer."""

import json
import os
import zipfile

import pytest

from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import CodeForm, ReadOptions
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"
SERVICE = """
service: shop
provider: {name: aws, runtime: python3.12, memorySize: 128}
functions: {orders-new: {handler: src/orders.handler}, other: {handler: src/orders.handler}}
"""
KEY = "serverless/shop/dev/1796065603275-2026-11-30T19:06:43.275Z"


def resource(name, archive, **more):
    properties = {
        "Code": {"S3Bucket": {"Ref": "ServerlessDeploymentBucket"}, "S3Key": f"{KEY}/{archive}"},
        "Handler": "src/orders.handler",
        "Runtime": "python3.13",
        "FunctionName": f"shop-dev-{name}",
        "MemorySize": 512,
        "Environment": {"Variables": {"TABLE": {"Ref": "Orders"}}},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": {**properties, **more}}


TEMPLATE = {
    "Resources": {
        "OrdersDashnewLambdaFunction": resource("orders-new", "shop.zip"),
        "OtherLambdaFunction": resource(
            "other", "other.zip", Layers=[{"Ref": "CommonLambdaLayer"}]
        ),
        "CommonLambdaLayer": {
            "Type": "AWS::Lambda::LayerVersion",
            "Properties": {"Content": {"S3Bucket": "b", "S3Key": f"{KEY}/common.zip"}},
        },
        "Orders": {"Type": "AWS::DynamoDB::Table"},
    }
}
STATE = {
    "service": {
        "provider": {"stage": "dev"},
        "functions": {"orders-new": {"handler": "x"}, "other": {"handler": "y"}},
    },
    "package": {"artifact": "shop.zip"},
}
SERVICE_TIME, HANDLER_TIME, ZIP_TIME, STATE_TIME = 1_000, 2_000, 3_000, 4_000


def packaged(folder, state=STATE, template=TEMPLATE, archives=("shop", "other", "common")):
    files = {
        "serverless.yml": SERVICE,
        "src/orders.py": HANDLER,
        ".serverless/serverless-state.json": json.dumps(state),
        ".serverless/cloudformation-template-update-stack.json": json.dumps(template),
    }
    write_files(folder, files)
    for name in archives:
        with zipfile.ZipFile(folder / ".serverless" / f"{name}.zip", "w") as opened:
            opened.writestr("src/orders.py", HANDLER)
        os.utime(folder / ".serverless" / f"{name}.zip", (ZIP_TIME, ZIP_TIME))
    dated(folder / "serverless.yml", SERVICE_TIME)
    dated(folder / "src" / "orders.py", HANDLER_TIME)
    dated(folder / ".serverless" / "serverless-state.json", STATE_TIME)
    return folder


def dated(file, time):
    os.utime(file, (time, time))


def read(place, **options):
    return read_project_place(place, ReadOptions(**options))


@pytest.mark.parametrize("place", [".", ".serverless", ".serverless/serverless-state.json"])
def test_the_package_says_what_is_deployed(tmp_path, place):
    found = {one.name: one for one in read(packaged(tmp_path) / place).functions}
    assert list(found) == ["orders-new", "other"]
    orders = found["orders-new"]
    assert (orders.memory_mb, orders.runtime, orders.problem) == (512, "python3.13", None)
    assert orders.code.form is CodeForm.ZIP
    assert orders.code.path == str(tmp_path / ".serverless" / "shop.zip")
    assert orders.placeholder_names == ("TABLE",)
    assert orders.deployed_name == "shop-dev-orders-new"
    (layer,) = found["other"].layers
    assert layer.path == str(tmp_path / ".serverless" / "common.zip")


def test_a_package_of_a_program_needs_no_serverless_yml(tmp_path):
    packaged(tmp_path)
    (tmp_path / "serverless.yml").rename(tmp_path / "serverless.ts")
    assert len(read(tmp_path).functions) == 2


def from_the_service(project):
    return [one.runtime for one in project.functions] == ["python3.12", "python3.12"]


def test_an_older_package_is_told_and_not_read(tmp_path):
    dated(packaged(tmp_path) / "serverless.yml", STATE_TIME + 1)
    project = read(tmp_path)
    assert from_the_service(project)
    assert "it is older than serverless.yml" in project.notes[0]


@pytest.mark.parametrize(
    ("options", "archives", "what"),
    [
        ({"stage": "prod"}, ("shop", "other", "common"), "it was made for stage dev"),
        ({"parameters": {"a": "b"}}, ("shop", "other", "common"), "without the parameters"),
        ({}, ("shop", "other"), "its common.zip is not here"),
    ],
)
def test_a_package_of_something_else_is_told_and_not_read(tmp_path, options, archives, what):
    project = read(packaged(tmp_path, archives=archives), **options)
    assert from_the_service(project)
    assert what in project.notes[0]


def test_a_handler_changed_after_packaging_is_told(tmp_path):
    assert len(read(packaged(tmp_path)).notes) == 1
    dated(tmp_path / "src" / "orders.py", ZIP_TIME + 1)
    assert "orders-new changed after it was packaged" in read(tmp_path).notes[1]


@pytest.mark.parametrize(
    ("name", "text", "what"),
    [
        ("serverless-state.json", '{"service":\n {', "line 2 is not valid JSON"),
        ("serverless-state.json", "[]", "has no service"),
        ("cloudformation-template-update-stack.json", "{}", "has no Resources"),
        ("cloudformation-template-update-stack.json", '{"Resources":\n [', "line 2 is not valid"),
    ],
)
def test_a_broken_package_is_told(tmp_path, name, text, what):
    (packaged(tmp_path) / ".serverless" / name).write_text(text)
    dated(tmp_path / ".serverless" / "serverless-state.json", STATE_TIME)
    with pytest.raises(UsageError, match=what):
        read(tmp_path)


def test_a_package_named_itself_says_what_it_lacks(tmp_path):
    state = packaged(tmp_path, archives=("shop",)) / ".serverless" / "serverless-state.json"
    with pytest.raises(UsageError, match=r"its other\.zip is not here"):
        read(state)


def test_a_link_out_of_the_project_is_refused(tmp_path):
    outside = write_files(tmp_path / "outside", {"a.zip": ""})
    inside = packaged(tmp_path / "in", archives=("other", "common"))
    (inside / ".serverless" / "shop.zip").symlink_to(outside / "a.zip")
    with pytest.raises(UsageError, match="leads out of the project"):
        read(inside)
