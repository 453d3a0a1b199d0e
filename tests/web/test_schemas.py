"""Statements that build schemas, and the copies on which remedies for them are tried."""

from __future__ import annotations

import ast
import asyncio
import json
import sys
import types

import pytest

from importcost.app.adapters.schema_edits import (
    with_deferred_build,
    with_lazy_routers,
    without_response_models,
)
from importcost.app.adapters.schema_source import model_classes, schema_statements
from importcost.model.interval import Interval
from importcost.model.schema_costs import (
    SchemaCosts,
    SchemaKind,
    SchemaRemedy,
    SchemaRemedyKind,
    SchemaStatement,
)
from importcost.reports.web_notes import schema_notes
from tests.harness import write_files
from tests.web.test_gates import run

MODELS = '''from pydantic import BaseModel as Base, ConfigDict
import pydantic as p

class Plain(Base):
    name: str = "é"; price: float = 1.0

class Told(p.BaseModel):
    """A text only."""

class Configured(Base):
    model_config = ConfigDict(extra="forbid")
    name: str

class Bare(Base):
    model_config = ConfigDict()

class ByDict(Base):
    model_config = {"extra": "forbid"}

class Deferred(Base):
    model_config = ConfigDict(defer_build=True)

class Old(Base):
    class Config:
        extra = "forbid"

class Below(Plain):
    more: int

class Other:
    name = "x"

class Line(Base): name: str
'''


@pytest.mark.filterwarnings("ignore:Support for class-based")
def test_models_of_base_model_itself_get_the_setting(monkeypatch):
    edited = with_deferred_build(MODELS)
    assert edited is not None
    text, places = edited
    assert places == 5
    assert text.count('model_config = {"defer_build": True}\n') == 2
    assert 'ConfigDict(defer_build=True, extra="forbid")' in text
    assert "model_config = ConfigDict(defer_build=True)\n\nclass ByDict" in text
    assert '{"defer_build": True, "extra": "forbid"}' in text
    pydantic = pytest.importorskip("pydantic")
    made = types.ModuleType("edited")
    monkeypatch.setitem(sys.modules, "edited", made)
    exec(compile(text, "edited", "exec"), vars(made))
    assert issubclass(made.Plain, pydantic.BaseModel)
    for name in ("Plain", "Told", "Configured", "Bare", "ByDict", "Deferred", "Below"):
        assert getattr(made, name).model_config["defer_build"], name
    assert made.Plain().name == "é"
    assert made.Configured.model_config["extra"] == "forbid"


@pytest.mark.parametrize("source", ["x = 1\n", "class A(Base): ...\n", "def (", ""])
def test_a_file_without_models_is_left_alone(source):
    assert with_deferred_build(source) is None
    assert without_response_models(source) is None
    assert with_lazy_routers(source, "app", "/") is None


ROUTES = """from fastapi import FastAPI
app = FastAPI()

@app.get("/a", response_model=list[Item])
def a(): ...

@app.post("/b",)
async def b(item: Item) -> Item: ...

@app.get("/c")
def c(): ...

@app.websocket("/d")
async def d(socket) -> None: ...

@app.get("/e", **more)
def e() -> Item: ...

@cached()
def f() -> Item: ...
"""


def test_routes_lose_their_response_models():
    edited = without_response_models(ROUTES)
    assert edited is not None
    text, places = edited
    assert places == 2
    assert '@app.get("/a", response_model=None)' in text
    assert '@app.post("/b",response_model=None)' in text
    assert text.count("response_model") == 2


ROUTERS = """from fastapi import FastAPI
from routers import items
from routers import users as people
import config

app = FastAPI()
app.include_router(
    items.router, prefix=config.prefix
)
app.include_router(people.router)
other.include_router(people.router)
config.start()
"""


def test_routers_wait_with_the_imports_that_only_they_need():
    edited = with_lazy_routers(ROUTERS, "app", "/up")
    assert edited is not None
    text, places = edited
    assert places == 2
    top = [ast.unparse(node) for node in ast.parse(text).body]
    assert "from routers import items" not in top
    assert "from routers import users as people" in top  # another app needs it
    assert "import config" in top
    function = text[text.index("def _importcost_add_routers") :]
    assert "from routers import items" in function
    assert "app.include_router(items.router, prefix=config.prefix)" in function


def test_the_copy_adds_its_routers_at_the_first_request_that_is_not_the_check(monkeypatch):
    calls = []
    routers = types.ModuleType("routers_of_this_test")
    routers.router = "router"
    source = (
        "from routers_of_this_test import router\nfrom made_app import made\napp = made()\n"
        "app.include_router(router)\n"
    )

    class App:
        title = "shop"

        def include_router(self, router):
            calls.append(router)

        async def __call__(self, scope, receive, send):
            calls.append(scope["type"])

    maker = types.ModuleType("made_app")
    maker.made = App
    monkeypatch.setitem(sys.modules, "made_app", maker)
    monkeypatch.setitem(sys.modules, "routers_of_this_test", routers)
    edited = with_lazy_routers(source, "app", "/up")
    assert edited is not None
    namespace: dict = {}
    exec(edited[0], namespace)
    app = namespace["app"]
    for scope in ({"type": "lifespan"}, {"type": "http", "path": "/up"}):
        asyncio.run(app(scope, None, None))
    assert calls == ["lifespan", "http"]
    for _ in range(2):
        asyncio.run(app({"type": "http", "path": "/items"}, None, None))
    assert calls == ["lifespan", "http", "router", "http", "http"]
    assert app.title == "shop"


def test_statements_are_of_their_kind():
    source = (
        "class Item(BaseModel): ...\nclass Sub(Item): ...\nclass Row(Base): ...\n"
        "class Settings: ...\n@router.get('/')\nasync def home(): ...\n@cached\ndef other(): ...\n"
        "app.include_router(router)\napplication = get_wsgi_application()\ndjango.setup()\n"
    )
    trees = [ast.parse(source), ast.parse("Base = orm.declarative_base()\n")]
    models, mapped = model_classes(trees)
    found = [(kind, name) for kind, _, name in schema_statements(trees[0], models, mapped)]
    assert found == [
        (SchemaKind.MODEL, "Item"),
        (SchemaKind.MODEL, "Sub"),
        (SchemaKind.MAPPER, "Row"),
        (SchemaKind.ROUTE, "home"),
        (SchemaKind.ROUTER, "include_router"),
        (SchemaKind.DJANGO, "get_wsgi_application"),
        (SchemaKind.DJANGO, "setup"),
    ]


def remedy(reason=None, extra=None) -> SchemaRemedy:
    saving = Interval(1_000.0, 2_000.0, 3_000.0)
    return SchemaRemedy(SchemaRemedyKind.DEFER_BUILD, 3, saving, 7, reason, 9_000, extra)


@pytest.mark.parametrize(
    ("tried", "told", "untold"),
    [
        (remedy("no saving shows beyond the noise"), "not claimed", " saves "),
        (remedy(), "is not answered well", "longer"),
        (remedy(extra=Interval(4e3, 5e3, 6e3)), "takes 5.0 ms (4.0 ms to 6.0 ms) longer", "does"),
        (remedy(extra=Interval(-1e3, 0.0, 1e3)), "does not show", "not claimed"),
    ],
)
def test_a_remedy_is_claimed_only_if_it_holds_and_says_what_the_first_request_pays(
    tried, told, untold
):
    statement = SchemaStatement(SchemaKind.MODEL, "/x/models.py", 4, "Item", 3_000)
    costs = SchemaCosts((statement,), (tried,), "GET /openapi.json")
    first, second = schema_notes(costs)
    assert "1 pydantic model takes 3.0 ms here: Item 3.0 ms (models.py:4)" in first
    assert told in second
    assert untold not in second
    assert schema_notes(None) == ()
    assert "No top-level statement" in schema_notes(SchemaCosts((), (), ""))[0]


def test_schemas_belong_to_a_web_app(tmp_path):
    write_files(tmp_path, {"main.py": "def handler(event, context): ...\n"})
    done = run(tmp_path, "profile", "main.py", "--schemas")
    assert done.returncode == 2
    assert "--schemas" in done.stderr


REAL = """from fastapi import FastAPI
from pydantic import BaseModel
app = FastAPI()
""" + "".join(
    f"class M{at}(BaseModel):\n    items: list[dict[str, int]] = []\n\n"
    f"@app.post('/m{at}')\ndef r{at}(item: M{at}) -> M{at}: ...\n\n"
    for at in range(20)
)


@pytest.mark.slow
@pytest.mark.parametrize("server", ["uvicorn", "gunicorn", "hypercorn", "granian"])
def test_real_servers_and_schemas_from_pypi(tmp_path, server):
    write_files(tmp_path, {"main.py": REAL})
    packages = [word for name in ("fastapi", server) for word in ("--with", name)]
    packages += ["--with", "uvicorn-worker"] if server == "gunicorn" else []
    words = ("--schemas",) if server == "uvicorn" else ()
    place = ("--adapter", "lwa", "--runner", "local", "--python", sys.executable, "--runs", "5")
    done = run(
        tmp_path, "profile", "main:app", *place, "--server", server, *packages, *words, "-o", "-"
    )
    assert done.returncode == 0, done.stderr
    web = json.loads(done.stdout)["web"]
    assert (web["server"], web["kind"], web["status"]) == (server, "asgi", 404)
    if words:
        kinds = [one["kind"] for one in web["schemas"]["statements"]]
        assert (kinds.count("pydantic model"), kinds.count("route")) == (20, 20)
        tried = {one["kind"]: one for one in web["schemas"]["remedies"]}
        assert tried['model_config = {"defer_build": True}']["places"] == 20
        assert tried["response_model=None"]["places"] == 20
        for one in tried.values():
            assert one["reason"] is not None or one["saving_us"]["low"] > 0
