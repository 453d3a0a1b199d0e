"""A ZIP is a project of one function, whose handler is found at its top."""

import zipfile

import pytest

from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.requests import names_a_project, request_in_project
from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import ReadOptions
from tests.harness import write_files

HANDLER = "def handler(event, context):\n    return 1\n"


def zipped(file, files):
    file.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file, "w") as opened:
        for name, text in files.items():
            opened.writestr(name, text)
    return file


@pytest.mark.parametrize(
    ("files", "handler"),
    [
        ({"lambda_function.py": "def lambda_handler(event, context): 1"},
         "lambda_function.lambda_handler"),
        ({"orders.py": HANDLER, "aaa.py": "x = 1"}, "orders.handler"),
        ({"app.py": HANDLER, "aaa.py": HANDLER}, "app.handler"),
        ({"pkg/app.py": HANDLER}, None),
        ({"app.py": "def handler(event, context:"}, None),
    ],
)  # fmt: skip
def test_the_handler_is_the_one_at_the_top(tmp_path, files, handler):
    (found,) = read_project_place(zipped(tmp_path / "f.zip", files), ReadOptions()).functions
    assert found.handler == handler
    assert (found.problem is None) == (handler is not None)


def test_a_folder_of_zips_is_a_function_each(tmp_path):
    for name in ("a", "b"):
        zipped(tmp_path / f"{name}.zip", {"app.py": HANDLER})
    found = read_project_place(tmp_path, ReadOptions())
    assert [one.name for one in found.functions] == ["a", "b"]


def test_what_is_no_zip_is_told(tmp_path):
    (tmp_path / "f.zip").write_text("x")
    with pytest.raises(UsageError, match="cannot be read as a ZIP"):
        read_project_place(tmp_path / "f.zip", ReadOptions())


TEMPLATE = """
Resources:
  Inline:
    Type: AWS::Lambda::Function
    Properties:
      {Handler: index.handler, Runtime: python3.12, MemorySize: 256, Code: {ZipFile: "SOURCE"}}
  Zipped:
    Type: AWS::Serverless::Function
    Properties: {Handler: app.handler, Runtime: python3.13, CodeUri: f.zip, Layers: [!Ref Layer]}
  Layer: {Type: AWS::Lambda::LayerVersion, Properties: {Content: layer.zip}}
""".replace("SOURCE", "def handler(event, context): return 7")


def requested(tmp_path, name, given=(), **fields):
    write_files(tmp_path, {"template.yaml": TEMPLATE})
    zipped(tmp_path / "f.zip", {"app.py": HANDLER})
    zipped(tmp_path / "layer.zip", {"python/shared.py": "x = 1"})
    place = f"{tmp_path / 'template.yaml'}::{name}"
    return request_in_project(ProfileRequest(target=place, **fields), given)


def test_inline_code_becomes_the_file_that_lambda_makes_of_it(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    request = requested(tmp_path, "Inline")
    assert (request.target, request.memory_mb) == ("index.handler", 256)
    assert "return 7" in (tmp_path / request.task_root / "index.py").read_text()


def test_zips_of_code_and_layers_are_unpacked(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    request = requested(tmp_path, "Zipped")
    assert (tmp_path / request.task_root / "app.py").read_text() == HANDLER
    assert (tmp_path / request.layers[0] / "python" / "shared.py").exists()
    assert request.runtime == "python3.13"


def test_what_the_user_gives_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("IMPORTCOST_CACHE_DIR", str(tmp_path / "cache"))
    request = requested(
        tmp_path, "Zipped", given={"memory_mb", "runtime"}, memory_mb=3008, runtime="python3.12",
        environment={"A": "1"},
    )  # fmt: skip
    assert (request.memory_mb, request.runtime, request.environment) == (
        3008, "python3.12", {"A": "1"},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a.py", False), ("a.json", False), ("orders/create.handler", False), ("x::y", True),
     ("", False), ("nul\0", False), ("missing.yaml", False)],
)  # fmt: skip
def test_a_handler_is_no_project(text, expected):
    assert names_a_project(text) is expected


def test_a_place_with_several_functions_asks_for_one(tmp_path):
    with pytest.raises(UsageError, match=r"has 2 functions, Inline, Zipped: name .*::Inline"):
        request_in_project(ProfileRequest(target=str(written_place(tmp_path))), ())


def written_place(tmp_path):
    zipped(tmp_path / "f.zip", {"app.py": HANDLER})
    return write_files(tmp_path, {"template.yaml": TEMPLATE}) / "template.yaml"
