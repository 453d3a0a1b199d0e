"""A synthesized CDK app is read with its assets, nested stacks and stages."""

import json

import pytest

from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import CodeForm, ReadOptions
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"
ASSET = "a" * 64
LAYER = "b" * 64
IMAGE = "c" * 64
NESTED = "d" * 64
ZIPPED = "e" * 64


def stored(name, suffix="zip"):
    bucket = {"Fn::Sub": "cdk-hnb659fds-assets-${AWS::AccountId}-${AWS::Region}"}
    return {"S3Bucket": bucket, "S3Key": f"{name}.{suffix}"}


def function(code, **properties):
    return {
        "Type": "AWS::Lambda::Function",
        "Properties": {"Code": code, "Handler": "app.handler", "Runtime": "python3.12"}
        | properties,
    }


MAIN = {
    "Resources": {
        "Orders1": function(
            stored(ASSET), MemorySize=768, Architectures=["arm64"], Layers=[{"Ref": "Common"}]
        )
        | {"Metadata": {"aws:cdk:path": "Main/Orders/Resource", "aws:asset:path": "asset.x"}},
        "Zipped": function(stored(ZIPPED)),
        "Common": {"Type": "AWS::Lambda::LayerVersion", "Properties": {"Content": stored(LAYER)}},
        "Image": {
            "Type": "AWS::Lambda::Function",
            "Properties": {
                "PackageType": "Image",
                "Code": {
                    "ImageUri": {
                        "Fn::Sub": "${AWS::AccountId}.dkr.ecr.${AWS::Region}.${AWS::URLSuffix}/"
                        f"cdk-hnb659fds-container-assets-${{AWS::AccountId}}-${{AWS::Region}}:{IMAGE}"
                    }
                },
            },
        },
        "Nest": {
            "Type": "AWS::CloudFormation::Stack",
            "Properties": {
                "TemplateURL": {
                    "Fn::Join": ["", ["https://s3.", {"Ref": "AWS::URLSuffix"}, f"/{NESTED}.json"]]
                }
            },
        },
    }
}
ASSETS = {
    "files": {
        ASSET: {"source": {"path": f"asset.{ASSET}", "packaging": "zip"}},
        LAYER: {"source": {"path": f"asset.{LAYER}", "packaging": "zip"}},
        NESTED: {"source": {"path": "MainNest.nested.template.json", "packaging": "file"}},
        ZIPPED: {"source": {"path": f"asset.{ZIPPED}.zip", "packaging": "file"}},
    },
    "dockerImages": {IMAGE: {"source": {"directory": f"asset.{IMAGE}"}}},
}


def manifest(stack, nested=None):
    artifacts = {
        f"{stack}.assets": {
            "type": "cdk:asset-manifest",
            "properties": {"file": f"{stack}.assets.json"},
        },
        stack: {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": f"{stack}.template.json"},
        },
        "Tree": {"type": "cdk:tree", "properties": {"file": "tree.json"}},
    }
    if nested:
        artifacts["assembly"] = {
            "type": "cdk:cloud-assembly",
            "properties": {"directoryName": nested},
        }
    return json.dumps({"version": "48.0.0", "artifacts": artifacts})


@pytest.fixture
def app(tmp_path):
    return write_files(
        tmp_path,
        {
            "cdk.json": "{}",
            "cdk.out/manifest.json": manifest("Main", "assembly-Prod"),
            "cdk.out/Main.template.json": json.dumps(MAIN),
            "cdk.out/Main.assets.json": json.dumps(ASSETS),
            "cdk.out/MainNest.nested.template.json": json.dumps(
                {"Resources": {"Deep": function(stored(ASSET))}}
            ),
            f"cdk.out/asset.{ASSET}/app.py": HANDLER,
            f"cdk.out/asset.{LAYER}/python/x.py": "",
            f"cdk.out/asset.{ZIPPED}.zip": "",
            f"cdk.out/asset.{IMAGE}/Dockerfile": 'FROM x\nCMD ["web.handler"]\n',
            "cdk.out/assembly-Prod/manifest.json": manifest("Prod"),
            "cdk.out/assembly-Prod/Prod.template.json": json.dumps(
                {"Resources": {"Late": function(stored(ASSET))}}
            ),
            "cdk.out/assembly-Prod/Prod.assets.json": json.dumps(
                {"files": {ASSET: {"source": {"path": f"../asset.{ASSET}"}}}}
            ),
        },
    )


def functions(place):
    return {one.name: one for one in read_project_place(place, ReadOptions()).functions}


def test_all_stacks_are_read_with_their_assets(app):
    found = functions(app)
    assert list(found) == [
        "Main/Orders",
        "Main/Zipped",
        "Main/Image",
        "Main/Nest/Deep",
        "Prod/Late",
    ]
    orders = found["Main/Orders"]
    assert (orders.memory_mb, orders.arch, orders.problem) == (768, "arm64", None)
    assert orders.code.path == str(app / "cdk.out" / f"asset.{ASSET}")
    assert orders.code.is_built
    assert [one.path for one in orders.layers] == [str(app / "cdk.out" / f"asset.{LAYER}")]
    assert found["Main/Zipped"].code.form is CodeForm.ZIP
    assert found["Prod/Late"].problem is None


def test_an_image_is_its_build_folder_and_its_command_the_handler(app):
    image = functions(app)["Main/Image"]
    assert image.package_type == "image"
    assert image.code.path == str(app / "cdk.out" / f"asset.{IMAGE}")
    assert image.handler == "web.handler"


@pytest.mark.parametrize("place", ["cdk.out", "cdk.out/manifest.json", "."])
def test_the_app_its_assembly_and_its_manifest_are_the_same_place(app, place):
    assert "Main/Orders" in functions(app / place)


def test_an_app_that_was_not_synthesized_says_how(tmp_path):
    write_files(tmp_path, {"cdk.json": "{}", "app.py": HANDLER})
    with pytest.raises(UsageError, match="run `cdk synth`"):
        read_project_place(tmp_path, ReadOptions())


@pytest.mark.parametrize(
    ("file", "text", "what"),
    [
        ("manifest.json", '{"artifacts": []}', "has no artifacts"),
        ("manifest.json", '{"artifacts": {', "not valid JSON"),
        ("manifest.json", manifest("Main", "."), "nests itself"),
        ("manifest.json", manifest("Main", "../.."), "leads out of the project"),
        ("Main.assets.json", '{"files": {"a": {"source": {"path": "/etc"}}}}', "absolute path"),
        ("Main.template.json", "{}", "has no Resources"),
    ],
)
def test_a_broken_assembly_is_told(app, file, text, what):
    (app / "cdk.out" / file).write_text(text)
    with pytest.raises(UsageError, match=what):
        read_project_place(app, ReadOptions())
