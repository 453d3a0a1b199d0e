"""A Chalice app is the functions that its decorators make, with the settings of one stage."""

import json

import pytest

from importcost.app.profile.request import ProfileRequest
from importcost.app.projects.requests import request_for_function
from importcost.errors import UsageError
from importcost.projects.find import read_project_place
from importcost.projects.functions import ReadOptions
from tests.harness import write_files

APP = """
from chalice import Chalice, Rate
from chalicelib.orders import orders
import chalicelib.more

app = Chalice(app_name="shop")
app.register_blueprint(orders, name_prefix="o_")
app.register_blueprint(chalicelib.more.bp)
app.register_blueprint(made())

@app.route("/")
def index(): ...

@app.route("/more")
def more(): ...

@app.schedule(Rate(1, unit=Rate.HOURS), name="nightly")
def clean(event): ...

@app.authorizer()
def auth(request): ...

@app.on_ws_message()
def talk(event): ...

@other.lambda_function()
def of_something_else(event, context): ...
"""
ORDERS = """
from chalice import Blueprint
orders = Blueprint(__name__)

@orders.on_sqs_message(queue="q")
def work(event): ...

@orders.route("/orders")
def listed(): ...
"""
MORE = """
bp = Blueprint(__name__)

@bp.lambda_function(name="extra")
def run(event, context): ...
"""
CONFIG = {
    "version": "2.0",
    "app_name": "shop",
    "lambda_memory_size": 256,
    "environment_variables": {"A": "1", "B": "1"},
    "lambda_functions": {"auth": {"lambda_memory_size": 192}},
    "stages": {
        "dev": {
            "environment_variables": {"B": "2"},
            "lambda_functions": {
                "nightly": {
                    "lambda_timeout": 300,
                    "lambda_memory_size": 1024,
                    "environment_variables": {"C": "3"},
                    "layers": ["arn:aws:lambda:eu-west-1:1:layer:x:1"],
                }
            },
        },
        "prod": {"lambda_memory_size": 512, "lambda_architecture": "arm64"},
    },
}


def app(folder, **files):
    write_files(
        folder,
        {
            ".chalice/config.json": json.dumps(CONFIG),
            "app.py": APP,
            "chalicelib/__init__.py": "",
            "chalicelib/orders.py": ORDERS,
            "chalicelib/more.py": MORE,
            **files,
        },
    )
    return folder


def functions(place, **options):
    project = read_project_place(place, ReadOptions(**options))
    return {one.name: one for one in project.functions}


def test_each_decorator_is_a_function_and_all_routes_are_one(tmp_path):
    found = functions(app(tmp_path))
    assert {name: one.handler for name, one in found.items()} == {
        "api_handler": "app.app",
        "nightly": "app.clean",
        "auth": "app.auth",
        "websocket_message": "app.talk",
        "o_work": "chalicelib.orders.work",
        "extra": "chalicelib.more.run",
    }
    assert all(one.problem is None for one in found.values())
    assert found["nightly"].declared.line == APP.splitlines().index("def clean(event): ...") + 1


def test_a_functions_settings_count_before_its_stages_and_these_before_the_apps(tmp_path):
    found = functions(app(tmp_path))
    nightly, auth = found["nightly"], found["auth"]
    assert (nightly.memory_mb, nightly.timeout_s) == (1024, 300)
    assert nightly.environment == {"A": "1", "B": "2", "C": "3"}
    assert [one.name for one in nightly.layers] == ["arn:aws:lambda:eu-west-1:1:layer:x:1"]
    assert (auth.memory_mb, auth.timeout_s) == (192, 60)
    assert auth.environment == {"A": "1", "B": "2"}
    assert found["api_handler"].deployed_name == "shop-dev"
    assert nightly.deployed_name == "shop-dev-nightly"
    assert nightly.unresolved[0].what == "runtime"


def test_the_stage_chooses(tmp_path):
    nightly = functions(app(tmp_path), stage="prod")["nightly"]
    assert (nightly.memory_mb, nightly.arch) == (512, "arm64")
    assert nightly.environment == {"A": "1", "B": "1"}
    assert nightly.deployed_name == "shop-prod-nightly"


def test_chalice_itself_is_measured_unless_the_requirements_have_it(tmp_path):
    def packages(text):
        found = functions(app(tmp_path, **{"requirements.txt": text}))["api_handler"]
        return request_for_function(found, ProfileRequest("x", packages=("a",)), ()).packages

    assert packages("requests\nchalice-spec\n") == ("chalice", "a")
    assert packages("requests\nchalice==1.34.0\n") == ("a",)


def test_what_is_not_followed_is_told(tmp_path):
    project = read_project_place(app(tmp_path, **{"vendor/x.py": ""}), ReadOptions())
    assert "line 9: the blueprint that is registered here is not followed" in project.notes[0]
    assert "vendor is deployed beside app.py" in project.notes[1]


def test_an_app_below_is_found_and_a_configuration_without_an_app_is_none(tmp_path):
    app(tmp_path / "backend")
    write_files(tmp_path / "other", {".chalice/config.json": "{}", "handler.py": APP})
    assert next(iter(functions(tmp_path))) == "backend/api_handler"


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({".chalice/config.json": '{"version":\n "2.0" "app"}'}, "config.json line 2 is not valid"),
        ({".chalice/config.json": "[]"}, "is not a table"),
        ({"app.py": "x = 1\ndef f(:\n"}, r"app\.py line 2 is not valid Python"),
        ({"chalicelib/orders.py": "\n\n)"}, r"orders\.py line 3 is not valid Python"),
        ({"app.py": "#" * 1_000_001}, r"app\.py is larger than 1 MB"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(tmp_path, files, what):
    with pytest.raises(UsageError, match=what):
        functions(app(tmp_path, **files))


def test_a_stage_that_is_not_there_is_told(tmp_path):
    with pytest.raises(UsageError, match="has no stage beta"):
        functions(app(tmp_path), stage="beta")
