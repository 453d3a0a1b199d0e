"""A place is a folder, a template or a source tree; one function of it is PLACE::NAME."""

import json

import pytest

from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.requests import names_a_project, request_for_function
from importcost.cli.group import cli
from importcost.errors import UsageError
from importcost.projects import find
from importcost.projects.find import chosen, read_project_place, split_place
from importcost.projects.functions import ReadOptions
from tests.commands import click_runner
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"
TEMPLATE = """
Resources:
  Orders:
    Type: AWS::Serverless::Function
    Properties:
      {Handler: app.handler, Runtime: python3.12, MemorySize: 256, CodeUri: src, Environment: ENV}
""".replace("ENV", "{Variables: {TABLE: !Ref T, KEY: canary-value}}")


def names(place):
    return [one.name for one in read_project_place(place, ReadOptions()).functions]


def test_a_folder_with_a_template_is_its_functions(tmp_path):
    write_files(tmp_path, {"template.yaml": TEMPLATE, "src/app.py": HANDLER})
    assert names(tmp_path) == names(tmp_path / "template.yaml") == ["Orders"]


def test_a_folder_of_projects_names_the_folder_of_each(tmp_path):
    for name in ("a", "b/c"):
        write_files(tmp_path / name, {"template.yaml": TEMPLATE, "src/app.py": HANDLER})
    write_files(tmp_path, {"d/template.yaml": "Resources:\n  x: ["})
    found = read_project_place(tmp_path, ReadOptions())
    assert [one.name for one in found.functions] == ["a/Orders", "b/c/Orders"]
    assert "d/template.yaml line 2 is not valid YAML" in found.notes[0]


def test_a_second_template_beside_the_first_is_named(tmp_path):
    other = TEMPLATE.replace("Orders", "Users")
    write_files(tmp_path, {"template.yaml": TEMPLATE, "cloudformation.yml": other})
    write_files(tmp_path, {"src/app.py": HANDLER, "sam.yaml": "- a list of no resources\n"})
    (note,) = read_project_place(tmp_path, ReadOptions()).notes
    assert "template.yaml was read; cloudformation.yml beside it" in note


NESTED = """
Resources:
  Below: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ../shared/queue.yaml}}
  Orders:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, CodeUri: ../shared/src}
"""


def test_projects_of_a_copy_reach_as_far_as_the_folder_that_is_named(tmp_path):
    """Without a repository nothing else says where the project ends."""
    files = {"orders/template.yaml": NESTED, "shared/src/app.py": HANDLER}
    write_files(tmp_path, {**files, "shared/queue.yaml": "Resources: {}\n"})
    whole = read_project_place(tmp_path, ReadOptions())
    assert [one.problem for one in whole.functions] == [None]
    assert whole.notes == ()
    alone = read_project_place(tmp_path / "orders", ReadOptions())
    assert "leads out of the project" in (alone.functions[0].problem or "")
    assert len(alone.notes) == 1


def test_a_folder_without_a_template_is_the_handlers_in_its_sources(tmp_path):
    files = {
        "orders/handler.py": HANDLER,
        "tasks.py": "def run(event, context): ...\n",
        "other.py": "def run(a, b): ...\n",
        "tests/test_x.py": HANDLER,
        ".venv/lib/x.py": HANDLER,
        "broken.py": "def handler(event, context:\n",
    }
    write_files(tmp_path, files)
    assert names(tmp_path) == ["tasks", "orders"]


@pytest.mark.parametrize(
    ("text", "place", "name"),
    [("a::B", "a", "B"), ("a", "a", None), ("a::", "a", None), ("a::b/C", "a", "b/C")],
)
def test_a_function_is_named_behind_two_colons(text, place, name):
    assert split_place(text) == (place, name)


def test_one_function_is_found_by_the_end_of_its_name(tmp_path):
    write_files(tmp_path / "a", {"template.yaml": TEMPLATE, "src/app.py": HANDLER})
    project = read_project_place(tmp_path, ReadOptions())
    assert chosen(project, "Orders").name == "a/Orders"
    with pytest.raises(UsageError, match="did you mean a/Orders"):
        chosen(project, "a/Order")


@pytest.mark.parametrize("name", ["missing", "x.txt", "a" * 300, "nul\0"])
def test_a_place_that_is_no_project_is_told_in_one_sentence(tmp_path, name):
    (tmp_path / "x.txt").write_text("")
    result = click_runner().invoke(cli, ["list", f"{tmp_path}/{name}"], standalone_mode=False)
    assert isinstance(result.exception, UsageError)
    assert "\n" not in str(result.exception)


def test_the_list_names_variables_and_shows_no_value(tmp_path):
    write_files(tmp_path, {"template.yaml": TEMPLATE, "src/app.py": HANDLER})
    text = click_runner().invoke(cli, ["list", str(tmp_path)]).output
    assert "Orders    app.handler  python3.12  256  x86   src" in text
    assert "placeholders for TABLE" in text
    data = click_runner().invoke(cli, ["list", str(tmp_path), "--json"]).output
    (one,) = json.loads(data)["functions"]
    assert one["environment_names"] == ["KEY", "TABLE"]
    assert "canary-value" not in text + data


def test_a_template_in_json_is_a_place_and_a_saved_profile_is_not(tmp_path):
    function = {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "app.handler"}}
    template = tmp_path / "template.json"
    template.write_text(json.dumps({"Resources": {"Orders": function}}))
    saved = tmp_path / "profile.json"
    saved.write_text(json.dumps({"schema": "importcost-profile-1", "functions": []}))
    assert names_a_project(str(template))
    assert names(template) == ["Orders"]
    assert not names_a_project(str(saved))


@pytest.mark.unhurried
def test_a_project_of_one_function_is_read_once(tmp_path, monkeypatch):
    write_files(tmp_path, {"template.yaml": TEMPLATE, "src/app.py": "import nowhere_at_all\n"})
    read = []

    def reading(place, options):
        read.append(place)
        return read_project_place(place, options)

    monkeypatch.setattr(find, "read_project_place", reading)
    command = ["profile", str(tmp_path), "--runner", "local", "-o", str(tmp_path / "page.html")]
    click_runner().invoke(cli, command)
    assert read == [tmp_path]


INLINE = """
Resources:
  Orders:
    Type: AWS::Lambda::Function
    Properties:
      Handler: {}
      Runtime: python3.12
      Layers: [!Ref Empty, !Ref Full]
      Code: {{ZipFile: "def handler(event, context): ..."}}
  Empty: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: empty}}}}
  Full: {{Type: AWS::Serverless::LayerVersion, Properties: {{ContentUri: full}}}}
"""
LAYERS = {"empty/README": "", "full/python/x.py": ""}


def test_a_layer_that_a_build_still_fills_is_told(tmp_path):
    files = {"template.yaml": INLINE.format("index.handler"), **LAYERS}
    (one,) = read_project_place(write_files(tmp_path, files), ReadOptions()).functions
    empty, full = one.layers
    assert (empty.path, one.problem) == (None, None)
    assert "has no python, lib or bin" in empty.reason
    assert full.path == str(tmp_path / "full")


def test_a_layer_that_a_build_installs_is_measured_with_its_requirements(tmp_path):
    listed = "six==1.17.0 # why\n-r more.txt\n./local\nx @ https://example.org/x.whl\n"
    files = {
        "template.yaml": INLINE.format("index.handler").replace(
            "Empty: {Type", "Empty: {Metadata: {BuildMethod: python3.12}, Type"
        ),
        **LAYERS,
        "empty/requirements.txt": listed,
        "empty/more.txt": "idna>=3\n",
    }
    (one,) = read_project_place(write_files(tmp_path, files), ReadOptions()).functions
    assert sorted(one.brings) == ["idna>=3", "six==1.17.0"]
    assert "six==1.17.0, idna>=3 from the index stands for it" in one.layers[0].reason
    assert one.layers[0].path is None


@pytest.mark.parametrize(
    ("arn", "brings"),
    [
        ("017000801446:layer:AWSLambdaPowertoolsPythonV2:61", "aws-lambda-powertools[all]>=2,<3"),
        (
            "017000801446:layer:AWSLambdaPowertoolsPythonV3-python313-arm64:33",
            "aws-lambda-powertools[all]>=3,<4",
        ),
        ("017000801446:layer:AWSLambdaPowertoolsPython:22", "aws-lambda-powertools>=1,<2"),
        ("336392948345:layer:AWSSDKPandas-Python312:7", "awswrangler>=3,<4"),
        ("1:layer:AWSLambdaPowertoolsPythonV2:61", None),
        ("017000801446:layer:Other:1", None),
    ],
)
def test_a_public_layer_is_measured_as_the_distribution_that_it_has(tmp_path, arn, brings):
    text = TEMPLATE.replace("Environment: ENV", "").replace(
        "MemorySize: 256,", f"Layers: ['arn:aws:lambda:eu-west-1:{arn}'],"
    )
    files = {"template.yaml": text, "src/app.py": HANDLER}
    (one,) = read_project_place(write_files(tmp_path, files), ReadOptions()).functions
    assert one.brings == (() if brings is None else (brings,))
    (layer,) = one.layers
    assert layer.reason == (
        f"{brings} from the index stands for it" if brings else "it is not in this project"
    )
    asked = request_for_function(one, ProfileRequest("x"), ()).packages
    assert asked == one.brings
    assert request_for_function(one, ProfileRequest("x", installs=False), ()).packages == ()


def test_inline_code_under_another_name_is_told(tmp_path):
    files = {"template.yaml": INLINE.format("tool.handler.run"), **LAYERS}
    (one,) = read_project_place(write_files(tmp_path, files), ReadOptions()).functions
    assert "stored as index.py, which its handler tool.handler.run misses" in one.problem


@pytest.mark.slow
def test_ten_thousand_functions_are_read(tmp_path):
    one = "  F{}:\n    Type: AWS::Serverless::Function\n    Properties: {{Handler: app.handler}}\n"
    text = "Resources:\n" + "".join(one.format(number) for number in range(10_000))
    write_files(tmp_path, {"template.yaml": text, "app.py": HANDLER})
    assert len(names(tmp_path)) == 10_000
