"""The Lambda targets of a Pants repository are functions, packaged or from their source root."""

import os

import pytest

from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import CodeForm, ReadOptions
from tests.harness import write_files

HANDLER = "def handler(event, context): ...\n"
BUILD = """
python_sources()

python_aws_lambda_function(
    name="fn",
    handler="orders.py:handler",
    runtime="python3.12",
    architecture="arm64",
)
python_awslambda(name="old", runtime="python3.9", handler="shop.api.orders:handler")
python_aws_lambda_function(name="open", handler=SOMETHING)
python_aws_lambda_function(name="gone", handler="gone.py:handler")
python_aws_lambda_function(name="out", handler="../../../../../x.py:handler")
docker_image(name="other")
"""


def repository(folder, toml="[GLOBAL]\n", **files):
    return write_files(
        folder,
        {
            ".git/HEAD": "",
            "pants.toml": toml,
            "src/python/shop/api/BUILD": BUILD,
            "src/python/shop/api/orders.py": HANDLER,
            **files,
        },
    )


def functions(place):
    return {one.name: one for one in read_project_place(place, ReadOptions()).functions}


def test_targets_are_functions_from_their_source_root(tmp_path):
    found = functions(repository(tmp_path))
    fn = found["src/python/shop/api:fn"]
    assert (fn.handler, fn.runtime, fn.arch) == ("shop.api.orders.handler", "python3.12", "arm64")
    assert (fn.code.form, fn.code.path) == (CodeForm.FOLDER, str(tmp_path / "src" / "python"))
    assert (fn.declared.line, fn.problem) == (4, None)
    assert fn.unresolved[0].what == "memory"
    old = found["src/python/shop/api:old"]
    assert (old.handler, old.problem) == ("shop.api.orders.handler", None)


def test_a_target_that_cannot_be_measured_says_why(tmp_path):
    found = functions(repository(tmp_path))
    assert "not a text like module:function" in found["src/python/shop/api:open"].problem
    assert "has no shop/api/gone.py" in found["src/python/shop/api:gone"].problem
    assert "leads out of the project" in found["src/python/shop/api:out"].problem


@pytest.mark.parametrize(
    ("toml", "root", "handler"),
    [
        ('[source]\nroot_patterns = ["/src"]\n', "src", "python.shop.api.orders.handler"),
        ('[source]\nroot_patterns = ["*/shop"]\n', "src/python/shop", "api.orders.handler"),
        ('[source]\nroot_patterns = ["/"]\n', ".", "src.python.shop.api.orders.handler"),
        ('[source]\nmarker_filenames = ["MARK"]\n', "src/python/shop/api", "orders.handler"),
    ],
)
def test_the_configuration_says_where_modules_start(tmp_path, toml, root, handler):
    repository(tmp_path, toml, **{"src/python/shop/api/MARK": ""})
    fn = functions(tmp_path)["src/python/shop/api:fn"]
    assert fn.code.path == str((tmp_path / root).resolve())
    assert fn.handler == handler


def test_a_packaged_zip_is_the_code_while_it_is_newer(tmp_path):
    archive = "dist/src.python.shop.api/fn.zip"
    repository(tmp_path, **{archive: ""})
    source = tmp_path / "src/python/shop/api/orders.py"
    os.utime(source, (1_000, 1_000))
    fn = functions(tmp_path)["src/python/shop/api:fn"]
    assert (fn.code.form, fn.code.path) == (CodeForm.ZIP, str(tmp_path / archive))
    assert (fn.handler, fn.code.is_built) == ("lambda_function.handler", True)
    os.utime(tmp_path / archive, (500, 500))
    assert functions(tmp_path)["src/python/shop/api:fn"].code.form is CodeForm.FOLDER


def test_one_build_file_is_a_place_of_its_own(tmp_path):
    found = functions(repository(tmp_path) / "src/python/shop/api/BUILD")
    assert found["src/python/shop/api:fn"].handler == "shop.api.orders.handler"


@pytest.mark.parametrize(
    ("files", "what"),
    [
        (
            {"src/python/shop/api/BUILD": "\npython_awslambda(\n  name='a'\n  handler='b')\n"},
            r"BUILD line \d is not valid Python",
        ),
        (
            {"pants.toml": "[source]\nroot_patterns = \n"},
            r"is not valid TOML: .*line 2",
        ),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, files, what):
    with pytest.raises(UsageError, match=what):
        functions(repository(tmp_path, **files))


def test_a_build_file_without_lambda_targets_is_not_parsed(tmp_path):
    repository(tmp_path, **{"other/BUILD": "this is : not python"})
    assert "src/python/shop/api:fn" in functions(tmp_path)
