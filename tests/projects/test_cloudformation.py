"""SAM and CloudFormation templates are read as the functions that they deploy."""

import os

import pytest

from importcost.errors import UsageError
from importcost.projects.cloudformation.project import read_cloudformation
from importcost.projects.functions import CodeForm, ReadOptions
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"
SAM = """
Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    MemorySize: 512
    Environment: {Variables: {STAGE: !Ref Stage, SHARED: one}}
    Layers: [!Ref Common]
Parameters:
  Stage: {Type: String, Default: dev}
  Bare: {Type: String}
  Secret: {Type: "AWS::SSM::Parameter::Value<String>", Default: /a/b}
  Size: {Type: Number, Default: 1024}
Resources:
  Table: {Type: AWS::DynamoDB::Table}
  Common: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layer/}}
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src/orders/
      Handler: app.handler
      MemorySize: !Ref Size
      Architectures: [arm64]
      Timeout: 30
      Layers: [arn:aws:lambda:eu-west-1:1:layer:x:1]
      Environment: {Variables: {TABLE_NAME: !Ref Table, SECRET: !Ref Secret, NUMBER: 5, ON: true}}
  Plain:
    Type: AWS::Lambda::Function
    Properties:
      FunctionName: !Sub "${Stage}-plain"
      Runtime: python3.13
      Handler: index.handler
      Code: {ZipFile: "def handler(e, c): pass"}
  Node:
    Type: AWS::Serverless::Function
    Properties: {Runtime: nodejs22.x, CodeUri: src/node, Handler: a.b}
"""


def project(tmp_path, template, files=(), **options):
    write_files(tmp_path, {"template.yaml": template, ".git/HEAD": "", **dict(files)})
    return read_cloudformation(tmp_path / "template.yaml", ReadOptions(**options))


def functions(found):
    return {one.name: one for one in found.functions}


@pytest.fixture
def sam(tmp_path):
    files = {"src/orders/app.py": HANDLER, "layer/python/common.py": ""}
    return functions(project(tmp_path, SAM, files))


def test_globals_parameters_and_own_properties_are_merged(sam, tmp_path):
    orders = sam["Orders"]
    assert (orders.runtime, orders.memory_mb, orders.arch) == ("python3.12", 1024, "arm64")
    assert (orders.handler, orders.timeout_s) == ("app.handler", 30)
    assert orders.code.form is CodeForm.FOLDER
    assert orders.code.path == str(tmp_path / "src" / "orders")
    assert orders.problem is None
    assert [layer.path for layer in orders.layers] == [str(tmp_path / "layer"), None]


def test_variables_are_values_or_visible_placeholders(sam):
    orders = sam["Orders"]
    assert orders.environment == {
        "STAGE": "dev",
        "SHARED": "one",
        "TABLE_NAME": "importcost-placeholder",
        "SECRET": "importcost-placeholder",
        "NUMBER": "5",
        "ON": "true",
    }
    assert orders.placeholder_names == ("TABLE_NAME", "SECRET")


def test_inline_code_and_fixed_names_are_read(sam):
    plain = sam["Plain"]
    assert plain.code.form is CodeForm.INLINE
    assert plain.deployed_name == "dev-plain"
    assert plain.memory_mb == 128


def test_another_language_is_listed_with_the_reason(sam):
    assert sam["Node"].problem == "its runtime is nodejs22.x, not Python"


def test_the_place_of_a_function_is_its_line(sam):
    assert sam["Plain"].declared.line == SAM.splitlines().index("  Plain:") + 1


def test_a_samconfig_that_cannot_be_read_is_told(tmp_path):
    template = write_files(tmp_path, {"template.yaml": "Resources: {}\n"}) / "template.yaml"
    (tmp_path / "samconfig.toml").write_bytes(b"a = 1\n\xff")
    with pytest.raises(
        UsageError, match=r"samconfig\.toml cannot be read \(it is not UTF-8 text\)"
    ):
        read_cloudformation(template, ReadOptions())
    (tmp_path / "samconfig.toml").write_text("a = ")
    with pytest.raises(UsageError, match=r"samconfig\.toml is not valid TOML"):
        read_cloudformation(template, ReadOptions())


def test_given_parameters_win_over_samconfig_and_defaults(tmp_path):
    files = {
        "src/orders/app.py": HANDLER,
        "samconfig.toml": "[default.deploy.parameters]\n"
        'parameter_overrides = "Stage=test Size=\\"2048\\""\n',
    }
    found = functions(project(tmp_path, SAM, files, parameters={"Stage": "prod"}))
    assert found["Orders"].environment["STAGE"] == "prod"
    assert found["Orders"].memory_mb == 2048


def test_an_unknown_parameter_is_told(tmp_path):
    with pytest.raises(UsageError, match="has no parameter Nope: it has Stage, Bare"):
        project(tmp_path, SAM, parameters={"Nope": "1"})


def test_what_sam_build_made_is_read_first_where_it_is_newer(tmp_path):
    built = "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    built += "      {Handler: app.handler, Runtime: python3.12, CodeUri: F}\n"
    files = {".aws-sam/build/template.yaml": built, ".aws-sam/build/F/app.py": HANDLER}
    found = project(tmp_path, SAM, files)
    assert [one.name for one in found.functions] == ["F"]
    assert found.functions[0].code.is_built
    os.utime(tmp_path / ".aws-sam/build/template.yaml", (1, 1))
    found = project(tmp_path, SAM, {"src/orders/app.py": HANDLER})
    assert [one.name for one in found.functions] == ["Orders", "Plain", "Node"]
    assert "is older than template.yaml and was not read" in found.notes[0]


NESTED = """
Resources:
  Child:
    Type: AWS::CloudFormation::Stack
    Properties: {TemplateURL: child/template.yaml, Parameters: {Size: 640}}
  Far:
    Type: AWS::Serverless::Application
    Properties: {Location: {ApplicationId: a, SemanticVersion: 1.0.0}}
"""
CHILD = """
Parameters: {Size: {Type: Number, Default: 128}}
Resources:
  F:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.12, MemorySize: !Ref Size}
"""


def test_nested_stacks_are_read_with_the_parameters_of_their_parent(tmp_path):
    files = {"child/template.yaml": CHILD, "child/app.py": HANDLER}
    found = project(tmp_path, NESTED, files)
    assert [(one.name, one.memory_mb, one.problem) for one in found.functions] == [
        ("Child/F", 640, None)
    ]
    assert "Far is a stack whose template is not here" in found.notes[0]


def test_stacks_that_hold_each_other_are_told(tmp_path):
    circle = NESTED.replace("child/template.yaml", "template.yaml")
    with pytest.raises(UsageError, match=r"line 3: Child nests .* remove the circle"):
        project(tmp_path, circle)


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ("/etc", "is an absolute path"),
        ("../../outside", "leads out of the project"),
        ("link", "leads out of the project"),
        ("C:\\code", "is an absolute path"),
        ("missing", "is not here"),
        ("s3://bucket/key", "its code lies in s3"),
    ],
)
def test_code_outside_of_the_project_is_refused(tmp_path, place, what):
    top = tmp_path / "top"
    top.mkdir()
    (tmp_path / "outside").mkdir()
    (top / "link").symlink_to(tmp_path / "outside")
    template = "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
    template += f"      Runtime: python3.12\n      Handler: a.b\n      CodeUri: {place}\n"
    (found,) = project(top, template).functions
    assert what in found.problem


def test_loops_are_unrolled(tmp_path):
    template = """
Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Functions:
    - Name
    - [A, B]
    - F${Name}:
        Type: AWS::Serverless::Function
        Properties: {Handler: !Sub "${Name}.handler", Runtime: python3.12, CodeUri: .}
"""
    found = functions(project(tmp_path, template, {"A.py": HANDLER, "B.py": HANDLER}))
    assert [(name, one.handler) for name, one in found.items()] == [
        ("FA", "A.handler"),
        ("FB", "B.handler"),
    ]


def test_a_function_whose_condition_does_not_hold_is_not_deployed(tmp_path):
    template = """
Parameters: {Stage: {Default: dev}}
Conditions: {Prod: !Equals [!Ref Stage, prod]}
Resources:
  F: {Type: AWS::Serverless::Function, Condition: Prod, Properties: {Handler: a.b}}
"""
    assert project(tmp_path, template).functions == ()
    assert project(tmp_path, template, parameters={"Stage": "prod"}).functions


@pytest.mark.parametrize(
    ("value", "memory"),
    [("0", 128), ("'512'", 512), ("20000", 128), ("big", 128), ("true", 128), ("[1]", 128)],
)
def test_an_impossible_memory_size_is_told_and_not_taken(tmp_path, value, memory):
    template = (
        f"Resources: {{F: {{Type: AWS::Lambda::Function, Properties: {{MemorySize: {value}}}}}}}"
    )
    (found,) = project(tmp_path, template).functions
    assert found.memory_mb == memory
    assert bool(found.unresolved) == (memory != 512)


def test_unknown_sections_of_globals_and_repeated_functions_are_notes(tmp_path):
    template = """
Globals: {Funktion: {Runtime: x}}
Resources:
  F: {Type: AWS::Lambda::Function}
  F: {Type: AWS::Lambda::Function}
"""
    notes = project(tmp_path, template).notes
    assert "line 2: SAM's Globals have no section Funktion" in notes[0]
    assert "F is in line 4 as well: the last one counts" in notes[1]


def test_an_image_is_its_name_or_its_build_folder(tmp_path):
    template = """
Resources:
  Named:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image, ImageUri: "1.dkr.ecr.eu-west-1.amazonaws.com/a:1"}
  Built:
    Type: AWS::Serverless::Function
    Metadata: {Dockerfile: Dockerfile, DockerContext: ./app}
    Properties: {PackageType: Image}
  Unknown:
    Type: AWS::Serverless::Function
    Properties: {PackageType: Image}
"""
    found = functions(project(tmp_path, template, {"app/Dockerfile": "FROM x"}))
    assert found["Named"].code.image == "1.dkr.ecr.eu-west-1.amazonaws.com/a:1"
    assert found["Built"].code.path == str(tmp_path / "app")
    assert found["Named"].package_type == "image"
    assert "image is not known" in found["Unknown"].problem


@pytest.mark.parametrize("text", ["", "[]", "a: 1", "Resources: []"])
def test_a_file_that_is_no_template_is_told(tmp_path, text):
    with pytest.raises(UsageError, match="has no Resources"):
        project(tmp_path, text)
