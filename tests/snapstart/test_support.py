"""Whether SnapStart takes a function: images, Dockerfiles and templates."""

from __future__ import annotations

import json

import pytest

from importcost.snapstart.support import (
    Acceptance,
    FunctionTraits,
    ImageTraits,
    aws_base,
    function_support,
    image_support,
)
from importcost.targets.dockerfile import dockerfile_facts, dockerfile_near
from tests.commands import run_here
from tests.harness import write_files

LABEL = "com.amazonaws.lambda.feature.snapstart"


@pytest.mark.parametrize(
    ("traits", "taken", "words"),
    [
        (ImageTraits("i", True, {}, (3, 12)), Acceptance.YES, "AWS's base image of Python 3.12"),
        (ImageTraits("i", True, {}, (3, 15)), Acceptance.YES, "Python 3.15"),
        (ImageTraits("i", True, {}, (3, 11)), Acceptance.NO, "takes 3.12 and later"),
        (ImageTraits("i", True, {LABEL: "Allow"}, (3, 11)), Acceptance.YES, "has LABEL"),
        (ImageTraits("i", False, {LABEL: "Allow"}), Acceptance.YES, "has LABEL"),
        (
            ImageTraits("i", False, {LABEL: "allow"}),
            Acceptance.NO,
            "is allow, which allows nothing",
        ),
        (ImageTraits("i", False, {}), Acceptance.NO, "needs LABEL"),
        (ImageTraits("i", False, {}, (3, 12), 4), Acceptance.YES, "awslambdaric 4"),
        (ImageTraits("i", False, {}, (3, 12), 2), Acceptance.NO, "needs LABEL"),
        (ImageTraits("i", None, {}), Acceptance.UNKNOWN, "is not known before it is built"),
        (ImageTraits("i", True, {}), Acceptance.UNKNOWN, "unknown Python"),
    ],
)
def test_images(traits, taken, words):
    fact = image_support(traits)
    assert fact.taken is taken
    assert words in fact.says


@pytest.mark.parametrize(
    ("name", "python"),
    [
        ("public.ecr.aws/lambda/python:3.12", (3, 12)),
        ("public.ecr.aws/lambda/python:3.13-arm64", (3, 13)),
        ("amazon/aws-lambda-python:3.12.2025.01.01", (3, 12)),
        ("1.dkr.ecr.us-east-1.amazonaws.com/ecr-public/lambda/python:3.14", (3, 14)),
        ("public.ecr.aws/lambda/python:latest", None),
        ("public.ecr.aws/lambda/provided:al2023", None),
        ("python:3.12-slim", None),
        ("mylambda/python:3.12", None),
    ],
)
def test_base_images_by_name(name, python):
    assert aws_base(name) == python


@pytest.mark.parametrize(
    ("text", "base", "labels"),
    [
        ("FROM a:1\n", "a:1", {}),
        ("# c\nARG V=3.12\nFROM lambda/python:${V}\n", "lambda/python:3.12", {}),
        ("ARG V\nFROM lambda/python:${V:-3.13}\n", "lambda/python:3.13", {}),
        ("ARG V\nFROM lambda/python:$V\n", None, {}),
        ("FROM x AS build\nLABEL a=b\nFROM --platform=linux/arm64 y\n", "y", {}),
        ("FROM x AS build\nLABEL a=b\nFROM build\nLABEL c=d\n", "x", {"a": "b", "c": "d"}),
        (f'FROM x\nLABEL {LABEL}="Allow"\n', "x", {LABEL: "Allow"}),
        (f"FROM x\nlabel {LABEL} Allow\n", "x", {LABEL: "Allow"}),
        ('FROM x\nLABEL a="1" \\\n  b="2 3"\n', "x", {"a": "1", "b": "2 3"}),
        ("FROM x\nLABEL a='\n", "x", {}),
    ],
)
def test_dockerfiles(text, base, labels):
    facts = dockerfile_facts("Dockerfile", text)
    assert (facts.base, facts.labels) == (base, labels)


def test_no_dockerfile_and_one_without_a_base(tmp_path):
    folder = tmp_path / "a" / "b" / "c" / "d"
    folder.mkdir(parents=True)
    assert dockerfile_near(str(folder)) is None
    assert dockerfile_facts("Dockerfile", "RUN true\n") is None
    write_files(folder.parent, {"Dockerfile": "FROM q\n"})
    assert dockerfile_near(str(folder)).base == "q"


def test_settings_of_a_function():
    traits = FunctionTraits(tmp_mb=1024, uses_efs=True, is_provisioned=True, applies="None")
    facts = list(function_support(traits))
    assert [fact.about for fact in facts] == ["tmp", "efs", "provisioned", "setting"]
    assert {fact.taken for fact in facts} == {Acceptance.NO}
    assert list(function_support(FunctionTraits(tmp_mb=512))) == []
    (setting,) = function_support(FunctionTraits(applies="PublishedVersions"))
    assert setting.taken is Acceptance.YES


TEMPLATE = """
Transform: AWS::Serverless-2016-10-31
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      Handler: handler.handler
      Runtime: python3.12
      CodeUri: src
      EphemeralStorage: {Size: 2048}
      FileSystemConfigs: [{Arn: "arn:aws:x", LocalMountPath: /mnt/a}]
      ProvisionedConcurrencyConfig: {ProvisionedConcurrentExecutions: 2}
      SnapStart: {ApplyOn: PublishedVersions}
"""


@pytest.mark.unhurried
def test_a_template_s_settings_are_told(tmp_path):
    write_files(tmp_path, {"template.yaml": TEMPLATE, "src/handler.py": "def handler(e, c): 1\n"})
    done = run_here(tmp_path, "snapstart", "template.yaml::Orders", "--runner", "local", "--json")
    assert done.returncode == 0, done.stderr
    support = json.loads(done.stdout)["support"]
    assert [(one["about"], one["taken"]) for one in support] == [
        ("tmp", "no"),
        ("efs", "no"),
        ("provisioned", "no"),
        ("setting", "yes"),
    ]


@pytest.mark.unhurried
def test_a_dockerfile_in_the_project_is_read(tmp_path):
    base = "FROM public.ecr.aws/lambda/python:3.13\n"
    write_files(tmp_path, {"Dockerfile": base, "handler.py": "def handler(e, c): 1\n"})
    words = ("snapstart", "handler.py:handler", "--package-type", "image", "--runner", "local")
    done = run_here(tmp_path, *words)
    assert "is on AWS's base image of Python 3.13" in done.stdout
    assert "SnapStart takes python3.12" not in done.stdout
