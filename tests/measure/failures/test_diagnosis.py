"""Everything that a failed init lacks is found in as few launches as possible."""

from __future__ import annotations

import sys

import pytest

from importcost.errors import HandlerError
from importcost.measure.failures.diagnosis import MAX_VARIABLES, diagnose, may_lack_something
from importcost.measure.session import Session
from importcost.model.profile import RunKind
from tests.harness import Handler, interpreters, write_files


class Counting:
    """A session that counts its diagnosis launches."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.count = 0

    def launch_diagnosis(self, wanted):
        self.count += 1
        return self._session.launch_diagnosis(wanted)


def needs_of(root, text, *, launches=1, files=None, **options):
    """Return what the handler with this text needs; asserts how many launches that takes."""
    write_files(root, {"handler.py": text, **(files or {})})
    session = Handler(root, **options).session()
    counting = Counting(session)
    needs = diagnose(counting, session._runner.layout)
    assert counting.count == launches
    return needs


def values(needs):
    return {one.name: one.value for one in needs.placeholders}


def lines(needs):
    return {one.name: one.line for one in needs.placeholders}


def names(needs):
    return [one.name for one in needs.modules]


def test_all_missing_modules_are_found_in_one_launch(tmp_path):
    text = (
        "import nowhere_a\nfrom nowhere_b.part import Thing, other\n"
        "from nowhere_c import Base, tool\nimport helper\n"
        "class Mine(Base):\n    field: Thing\n"
        "@tool.wrap(name='x')\ndef handler(event, context): ...\n"
        "client = nowhere_a.client('s3')\nwith client.open() as stream:\n    list(stream)\n"
        "total = client.limit + 1\n"
    )
    needs = needs_of(tmp_path, text, files={"helper.py": "import nowhere_d.deep\n"})
    assert needs.failure is None
    assert names(needs) == ["nowhere_a", "nowhere_b", "nowhere_c", "nowhere_d"]
    assert [one.line for one in needs.modules] == [1, 2, 3, 1]
    assert needs.modules[3].file == str(tmp_path / "helper.py")
    assert needs.modules[1].wanted == ("nowhere_b.part.Thing", "nowhere_b.part.other")


@pytest.mark.parametrize(
    "guard",
    [
        "try:\n    import nowhere_x\nexcept ImportError:\n    nowhere_x = None\n",
        "try:\n    import nowhere_x\nexcept ModuleNotFoundError:\n    pass\n",
        "try:\n    import nowhere_x\nexcept (ImportError, OSError):\n    pass\n",
        "try:\n    import helper\nexcept Exception:\n    pass\n",
        "import contextlib\nwith contextlib.suppress(ImportError):\n    import nowhere_x\n",
        "import turned\ntry:\n    turned.load()\nexcept turned.NotHere:\n    pass\n",
        "import importlib.util\nif importlib.util.find_spec('nowhere_x'):\n    import nowhere_x\n",
        "import os\ntry:\n    os.environ['NOWHERE']\nexcept KeyError:\n    pass\n",
        "import os\nos.environ.get('NOWHERE'), os.getenv('NOWHERE'), 'NOWHERE' in os.environ\n",
        "import os\nos.environ.setdefault('NOWHERE', '1')\nassert os.environ['NOWHERE'] == '1'\n",
        "import os\nos.environ.pop('NOWHERE', None)\n",
    ],
)
def test_what_the_source_does_without_never_counts(tmp_path, guard):
    turned = (
        "class NotHere(Exception): pass\n"
        "def load():\n    try:\n        import nowhere_x\n"
        "    except ImportError:\n        raise NotHere('nowhere_x')\n"
    )
    files = {"helper.py": "import nowhere_x\n", "turned.py": turned}
    needs = needs_of(tmp_path, guard, files=files)
    assert (needs.modules, needs.placeholders, needs.failure) == ((), (), None)


def test_a_guard_that_raises_again_is_none(tmp_path):
    text = (
        "import os\n"
        "try:\n    import nowhere_x\n"
        "except ImportError as error:\n    raise RuntimeError('install nowhere_x') from error\n"
        "try:\n    TABLE = os.environ['TABLE']\n"
        "except KeyError as error:\n    raise SystemExit('TABLE is not set') from error\n"
    )
    needs = needs_of(tmp_path, text)
    assert (names(needs), values(needs)) == (["nowhere_x"], {"TABLE": "importcost-table"})


@pytest.mark.unhurried
def test_a_guard_that_gives_up_otherwise_costs_a_launch_each(tmp_path):
    text = (
        "import os, sys\n"
        "try:\n    import nowhere_x\n"
        "except ImportError as error:\n    sys.exit('please install nowhere_x')\n"
        "try:\n    TABLE = os.environ['TABLE']\n"
        "except KeyError as error:\n    sys.exit('TABLE is not set')\n"
    )
    needs = needs_of(tmp_path, text, launches=3)
    assert (names(needs), values(needs)) == (["nowhere_x"], {"TABLE": "importcost-table"})
    assert needs.failure is None


def test_variables_read_by_subscript_are_found_in_one_launch(tmp_path):
    text = (
        "import os\nTABLE = os.environ['ORDERS_TABLE']\nURL = os.environ['API_URL']\n"
        "LIMIT = int(os.environ['MAX_ITEMS'])\nimport helper\n"
    )
    helper = "import os, json\nRULES = json.loads(os.environ['RULES_JSON'])\n"
    needs = needs_of(tmp_path, text, files={"helper.py": helper})
    assert values(needs) == {
        "ORDERS_TABLE": "importcost-orders-table",
        "API_URL": "https://importcost.invalid/importcost-api-url",
        "MAX_ITEMS": "1",
        "RULES_JSON": "{}",
    }
    assert lines(needs) == {"ORDERS_TABLE": 2, "API_URL": 3, "MAX_ITEMS": 4, "RULES_JSON": 2}
    assert needs.placeholders[3].file == str(tmp_path / "helper.py")


def test_a_variable_that_got_none_counts_only_where_init_fails_for_it(tmp_path):
    text = (
        "import os\nDEBUG = os.getenv('SOME_DEBUG')\nNAME = os.environ.get('BUCKET')\n"
        "OTHER = os.getenv('OTHER')\nprefix = NAME.lower()\n"
    )
    needs = needs_of(tmp_path, text, launches=2)
    assert values(needs) == {"BUCKET": "importcost-bucket"}
    assert lines(needs) == {"BUCKET": 3}


def test_a_read_that_fails_on_its_own_line_counts(tmp_path):
    text = "import os\nLIMIT = int(os.getenv('PAGE_LIMIT'))\nOTHER = os.getenv('OTHER')\n"
    assert values(needs_of(tmp_path, text, launches=2)) == {"PAGE_LIMIT": "1"}


def test_a_check_of_the_handlers_own_counts_for_all_that_it_reads(tmp_path):
    text = (
        "import os\ndef need(name):\n    value = os.environ.get(name)\n"
        "    if not value:\n        raise RuntimeError(f'Missing {name}')\n    return value\n"
        "A = need('A_BUCKET')\nB = need('B_TABLE')\nC = need('C_HOST')\n"
    )
    needs = needs_of(tmp_path, text, launches=2)
    assert lines(needs) == {"A_BUCKET": 3, "B_TABLE": 3, "C_HOST": 3} or set(values(needs)) == {
        "A_BUCKET",
        "B_TABLE",
        "C_HOST",
    }
    assert needs.failure is None


def test_a_check_that_names_no_variable_gets_all_that_were_read(tmp_path):
    text = (
        "import os\nsettings = {k: os.environ.get(k) for k in ('DB_HOST', 'DB_NAME')}\n"
        "def check(values):\n    if not all(values):\n        raise ValueError('incomplete')\n"
        "check(settings.values())\n"
    )
    needs = needs_of(tmp_path, text, launches=2)
    assert set(values(needs)) == {"DB_HOST", "DB_NAME"}
    assert needs.failure is None


@pytest.mark.unhurried
@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("int(os.environ['SHARDS'])", "1"),
        ("float(os.environ['SHARE'])", "1"),
        ("json.loads(os.environ['FILTERS'])", "{}"),
        ("uuid.UUID(os.environ['TENANT'])", "00000000-0000-4000-8000-000000000000"),
        ("ipaddress.ip_network(os.environ['VPC'])", "10.0.0.0/16"),
        ("ipaddress.ip_address(os.environ['PEER'])", "10.0.0.1"),
        ("{'prod': 1}[os.environ['STAGE']]", "prod"),
        ("base64.b64decode(os.environ['SIGNING'] + '=')", "aW1wb3J0Y29zdA=="),
        ("logging.getLogger().setLevel(os.environ['VERBOSITY'])", "INFO"),
        ("os.environ['FUNCTION_REF'].split(':')[6]", None),
    ],
)
def test_a_placeholder_that_does_not_pass_is_tried_in_another_form(tmp_path, line, value):
    needs = needs_of(
        tmp_path, f"import base64, ipaddress, json, logging, os, uuid\nfound = {line}\n", launches=2
    )
    assert needs.failure is None
    found = next(iter(values(needs).values()))
    assert found == value or (value is None and found.startswith("arn:"))


def test_a_finder_that_init_adds_is_asked_first(tmp_path):
    text = (
        "import os, sys, importlib.machinery\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'made_up':\n"
        "            return importlib.machinery.ModuleSpec(name, self)\n"
        "    def create_module(self, spec): ...\n"
        "    def exec_module(self, module): module.value = 1\n"
        "sys.meta_path.append(Finder())\n"
        "import made_up, nowhere_x\n"
        "assert made_up.value == 1\n"
        "TABLE = os.environ['TABLE']\n"
    )
    needs = needs_of(tmp_path, text)
    assert (names(needs), list(values(needs)), needs.failure) == (["nowhere_x"], ["TABLE"], None)


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 asks no finder of that kind")
def test_a_finder_of_the_old_kind_is_asked_as_well(tmp_path):
    """As old releases of six have it, which old releases of urllib3 and botocore carry."""
    text = (
        "import os, sys, types, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "class Finder:\n"
        "    def find_module(self, name, path=None):\n"
        "        return self if name == 'made_up' else None\n"
        "    def load_module(self, name):\n"
        "        return sys.modules.setdefault(name, types.ModuleType(name))\n"
        "sys.meta_path.append(Finder())\n"
        "import made_up\n"
        "TABLE = os.environ['TABLE']\n"
    )
    needs = needs_of(tmp_path, text)
    assert (names(needs), list(values(needs)), needs.failure) == ([], ["TABLE"], None)


def test_a_placeholder_that_cannot_pass_is_named(tmp_path):
    text = (
        "import os\nfrom enum import Enum\nclass Kind(Enum):\n    A = 'alpha'\n"
        "OTHER = os.environ['OTHER']\nKIND = Kind(os.environ['KIND_OF_RUN'])\n"
    )
    needs = needs_of(tmp_path, text)
    assert needs.failure is not None
    assert [one.name for one in needs.failure.blamed] == ["KIND_OF_RUN"]
    assert "is not a valid Kind" in needs.failure.message


def test_a_loop_of_variables_ends(tmp_path):
    text = "import os\nn = 0\nwhile True:\n    os.environ[f'PART_{n}']\n    n += 1\n"
    with pytest.raises(HandlerError, match=f"more than {MAX_VARIABLES} environment variables"):
        needs_of(tmp_path, text)


def test_what_a_package_looks_for_on_its_own_gets_none(tmp_path):
    client = (
        "import os\n"
        "def client(name):\n"
        "    for own in ('SDK_ENDPOINT_MODE', 'SDK_PROFILE'):\n"
        "        os.environ.get(own)\n"
        "    return name.lower()\n"
        "def setting(name): return os.environ.get(name)\n"
    )
    write_files(tmp_path / "layer", {"python/sdk.py": client})
    text = "import sdk\nTABLE = sdk.setting('TABLE')\nCLIENT = sdk.client(TABLE)\n"
    layers = (str(tmp_path / "layer"),)
    needs = needs_of(tmp_path / "task", text, launches=2, layers=layers)
    assert (values(needs), needs.failure) == ({"TABLE": "importcost-table"}, None)


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("WS_URL", "wss://"),
        ("CHAT_WEBSOCKET_ENDPOINT", "wss://"),
        ("AWS_THING", "importcost-"),
        ("BOTO3_BUCKET", "importcost-"),
        ("MONGO_DB_URL", "mongodb://"),
        ("MONGO_URI", "mongodb://"),
        ("REDIS_DB_URL", "redis://"),
        ("DB_URL", "postgresql://"),
    ],
)
def test_an_address_is_of_the_kind_that_its_name_says(tmp_path, name, start):
    needs = needs_of(tmp_path, f"import os\nX = os.environ[{name!r}]\n")
    assert values(needs)[name].startswith(start)


@pytest.mark.parametrize(
    ("drivers", "imports", "scheme"),
    [
        ((), "sqlalchemy", "postgresql"),
        (("psycopg2",), "sqlalchemy", "postgresql+psycopg2"),
        (("pymysql", "psycopg2"), "sqlalchemy", "postgresql+psycopg2"),
        (("pymysql",), "sqlalchemy", "mysql+pymysql"),
        (("mysql/connector",), "sqlalchemy", "mysql+mysqlconnector"),
        (("asyncpg", "psycopg2"), "sqlalchemy", "postgresql+psycopg2"),
        (("asyncpg", "psycopg2"), "sqlalchemy.ext.asyncio", "postgresql+asyncpg"),
        (("psycopg2",), "json", "postgresql"),
    ],
)
def test_a_databases_address_names_a_driver_that_is_there(tmp_path, drivers, imports, scheme):
    files = {f"{name}.py": "" for name in drivers}
    files |= {"sqlalchemy/__init__.py": "", "sqlalchemy/ext/asyncio.py": ""}
    text = f"import os, {imports}\nURL = os.environ['DATABASE_URL']\n"
    needs = needs_of(tmp_path, text, files=files)
    assert values(needs)["DATABASE_URL"].partition("://")[0] == scheme
    assert names(needs) == []


def test_lambdas_own_variables_never_get_one(tmp_path):
    text = "import os\nregion = os.environ['AWS_PROFILE']\n"
    needs = needs_of(tmp_path, text)
    assert (needs.placeholders, needs.failure.type) == ((), "KeyError")


def test_another_failure_is_told_as_it_is(tmp_path):
    needs = needs_of(tmp_path, "1 / 0\n")
    assert (needs.modules, needs.placeholders, needs.failure.type) == ((), (), "ZeroDivisionError")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import nowhere_x\n", True),
        ("import os\nos.environ['TABLE']\n", True),
        ("import os\nX = os.getenv('X')\nX.lower()\n", True),
        ("1 / 0\n", False),
        ("import os\nos.getenv('AWS_PROFILE')\n1 / 0\n", False),
    ],
)
def test_the_first_launch_tells_whether_more_are_worth_it(tmp_path, text, expected):
    write_files(tmp_path, {"handler.py": text})
    session = Handler(tmp_path).session()
    with pytest.raises(HandlerError):
        session.launch_probe(RunKind.GRAPH)
    assert may_lack_something(session.last.result, session._runner.layout) is expected


@pytest.mark.parametrize("python", interpreters())
def test_every_python_diagnoses_alike(tmp_path, python):
    text = (
        "import os, importlib\nimport nowhere_a.b\nfrom nowhere_c import x\n"
        "importlib.import_module('nowhere_d')\n"
        "os.environ.setdefault('GIVEN', 'x')\nT = os.environ['TABLE']\nN = os.getenv('N')\n"
        "if not N: raise SystemExit(1)\n"
    )
    needs = needs_of(tmp_path, text, launches=2, python=python)
    assert names(needs) == ["nowhere_a", "nowhere_c", "nowhere_d"]
    assert values(needs) == {"TABLE": "importcost-table", "N": "importcost-n"}
    assert needs.failure is None
