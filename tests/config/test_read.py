from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from importcost.config.read import HandlerConfig, has_section, load_config, read_config
from importcost.config.schema import PLAIN_SETTINGS, SETTINGS
from importcost.config.start import (
    StartingHandler,
    starting_configuration,
    toml_text,
    with_margin,
)
from importcost.errors import UsageError
from importcost.gate.budgets import Budgets, Level, Rule

FULL = """\
[project]
name = "shop"

[tool.importcost]
memory = 512
env = { STAGE = "test", LOG = "info" }
forbid = ["pandas"]
max_increase = "5%"
level = { network-at-import = "error" }

[tool.importcost.handlers.orders]
handler = "src/orders.py:handler"
root = "src"
python = ".venv/bin/python"
memory = 1024
arch = "arm64"
region = "eu-central-1"
platform = "cloudrun"
package_type = "image"
runtime = "python3.13"
env.LOG = "debug"
layers = ["layers/common"]
requirements = "requirements.txt"
boto3 = "1.40.4"
with = ["requests<3", "idna"]
install_missing = true
placeholders = true
mock_aws = true
max_init_ms = 800
max_billed_init_ms = 900.5
max_cost_per_million = 1.5
max_increase = "2.5 %"
min_delta_ms = 3
max_modules = 400
max_bytecodes = 9000000
max_memory_mb = 90
max_package_mb = 120.5
forbid = ["numpy", "*.tests"]
allow_new_modules = ["urllib3"]
level = { cost = "off" }
inputs = ["data/model.json"]

[tool.importcost.handlers."refunds/eu"]
handler = "refunds/create.handler"
"""


def one(text, file="importcost.toml"):
    (handler,) = read_config(text, file).handlers
    return handler


def test_every_setting_of_a_handlers_table_is_read():
    orders, _ = read_config(FULL, "/shop/pyproject.toml").handlers
    assert orders == HandlerConfig(
        name="orders",
        handler="/shop/src/orders.py:handler",
        task_root="/shop/src",
        python="/shop/.venv/bin/python",
        memory_mb=1024,
        arch="arm64",
        region="eu-central-1",
        platform="cloudrun",
        package_type="image",
        runtime="python3.13",
        environment={"STAGE": "test", "LOG": "debug"},
        layers=("/shop/layers/common",),
        requirements="/shop/requirements.txt",
        boto3="1.40.4",
        packages=("requests<3", "idna"),
        installs_missing=True,
        placeholders=True,
        mock_aws=True,
        budgets=Budgets(
            max_init_ms=800.0,
            max_billed_init_ms=900.5,
            max_cost_per_million=1.5,
            max_increase=0.025,
            min_delta_ms=3.0,
            max_modules=400,
            max_bytecodes=9_000_000,
            max_memory_mb=90.0,
            max_package_mb=120.5,
            forbid=("numpy", "*.tests"),
            allowed_new_modules=("urllib3",),
        ),
        levels=orders.levels,
        inputs=("/shop/data/model.json",),
        has_table=True,
        line=11,
        given=orders.given,
    )
    assert {"memory_mb", "layers", "placeholders"} <= orders.given
    assert orders.levels.of(Rule.COST) is Level.OFF
    assert orders.levels.of(Rule.NETWORK) is Level.ERROR


def test_defaults_hold_where_a_handler_says_nothing():
    _, refunds = read_config(FULL, "/shop/pyproject.toml").handlers
    assert (refunds.name, refunds.line) == ("refunds/eu", 43)
    assert refunds.handler == "refunds/create.handler"
    assert refunds.task_root == "/shop"
    assert refunds.memory_mb == 512
    assert refunds.environment == {"STAGE": "test", "LOG": "info"}
    assert refunds.budgets == Budgets(max_increase=0.05, forbid=("pandas",))


def test_the_settings_that_are_read_are_those_that_are_tested_here():
    # The others are tested with what reads or writes them.
    expected = set(SETTINGS) - {"calibration", "adapter", "server", "project"}
    expected -= {*PLAIN_SETTINGS, "extras", "max_import_ms"}
    assert {key for key in SETTINGS if f"\n{key} " in FULL or f"\n{key}." in FULL} == expected


@pytest.mark.parametrize(
    "text",
    [
        'handler = "a.py"',
        '[handlers.default]\nhandler = "a.py"',
        '[tool.importcost]\nhandler = "a.py"',
        '[tool.importcost.handlers.default]\nhandler = "a.py"',
        'tool.importcost.handlers.default.handler = "a.py"',
    ],
)
def test_importcost_toml_may_do_with_or_without_the_section(text):
    assert (one(text).name, one(text).handler) == ("default", "a.py")


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("true", None), ("false", ()), ('["a", "b*"]', ("a", "b*")), ("[]", ()), ('["*"]', None)],
)
def test_new_modules_are_allowed_all_or_none_or_by_pattern(value, allowed):
    text = f'handler = "a.py"\nallow_new_modules = {value}'
    assert one(text).budgets.allowed_new_modules == allowed


@pytest.mark.parametrize(("text", "share"), [("5%", 0.05), ("2.5 %", 0.025), ("120%", 1.2)])
def test_percents_are_shares(text, share):
    found = one(f'handler = "a.py"\nmax_increase = "{text}"').budgets.max_increase
    assert found == pytest.approx(share)


def test_one_level_for_all_said_nearer_goes_before_levels_by_rule():
    text = (
        'level = { cost = "error" }\n[handlers.a]\nhandler = "a.py"\nlevel = "warn"\n'
        '[handlers.b]\nhandler = "b.py"\nlevel = { memory = "off" }'
    )
    first, second = read_config(text, "importcost.toml").handlers
    assert first.levels.of(Rule.COST) is Level.WARN
    assert second.levels.of(Rule.COST) is Level.ERROR
    assert second.levels.of(Rule.MEMORY) is Level.OFF


@pytest.mark.parametrize(
    ("name", "python"),
    [("python3.12", "python3.12"), ("./py/bin/python", "/shop/py/bin/python"), ("/x/py", "/x/py")],
)
def test_an_interpreter_is_a_name_or_a_path_from_the_file_on(name, python):
    text = f'handler = "a.py"\npython = "{name}"'
    assert one(text, "/shop/importcost.toml").python == python


# Text, line, key, and a word of what is said of it.
WRONG = [
    ("handler = 'a.py'\nmemroy = 128", 2, "memroy", "did you mean memory?"),
    ("handler = 'a.py'\n\n# x\nzzz = 1", 4, "zzz", "the settings are handler, "),
    ("handlerss.a.handler = 'a.py'", 1, "handlerss", "did you mean handlers?"),
    ("handler = 'a.py'\nmemory = '128'", 2, "memory", "whole number, not a string"),
    ("handler = 'a.py'\nmemory = true", 2, "memory", "whole number, not a boolean"),
    ("handler = 'a.py'\nmemory = 127", 2, "memory", "between 128 and 10240 MB, not 127"),
    ("handler = 'a.py'\nmemory = 10241", 2, "memory", "10241"),
    ("handler = 'a.py'\nplatform = 'lamda'", 2, "platform", "did you mean lambda?"),
    ("handler = 'a.py'\nplatform = 'vercel'", 2, "platform", "no data on"),
    ("handler = 'a.py'\nmemory = 3000\nplatform = 'azure-flex'", 2, "memory", "2,048 or 4,096 MB"),
    ("handler = 'a.py'\nplatform = 'agentcore'\nmemory = 512", 3, "memory", "no sizes to choose"),
    ("handler = 'a.py'\nplatform = 'cloudrun'\nmemory = 64", 3, "memory", "not 64"),
    ("handler = 'a.py'\nregion = 'mars'", 2, "region", "'mars'"),
    ("handler = 'a.py'\narch = 'arm'", 2, "arch", "x86_64 or arm64, not 'arm'"),
    ("handler = 'a.py'\npackage_type = 1", 2, "package_type", "zip or image, not a whole number"),
    ("handler = 'a.py'\nruntime = '3.12'", 2, "runtime", "like python3.13, not '3.12'"),
    ("handler = 'a.py'\nenv = ['A=1']", 2, "env", "table of strings, not a list"),
    ("handler = 'a.py'\nenv = { A = '1', B = 2 }", 2, "env.B", "in quotes, not a whole number"),
    ("handler = 'a.py'\n[env]\nA = '1'\n'B=' = '2'", 4, "env.'B='", "name of a variable"),
    ("handler = 'a.py'\nlayers = 'one'", 2, "layers", "list of strings, not a string"),
    ("handler = 'a.py'\nlayers = [\n 'one',\n 2]", 4, "layers.1", "string, not a whole number"),
    ("handler = 'a.py'\nmax_init_ms = 0", 2, "max_init_ms", "more than 0"),
    ("handler = 'a.py'\nmax_init_ms = -1", 2, "max_init_ms", "at least 0"),
    ("handler = 'a.py'\nmax_init_ms = inf", 2, "max_init_ms", "at least 0, not inf"),
    ("handler = 'a.py'\nmax_init_ms = nan", 2, "max_init_ms", "nan"),
    ("handler = 'a.py'\nmax_init_ms = 2024-01-01", 2, "max_init_ms", "not a date or time"),
    ("handler = 'a.py'\nmax_increase = 0.05", 2, "max_increase", 'string like "5%", not a number'),
    ("handler = 'a.py'\nmax_increase = '5'", 2, "max_increase", "string like \"5%\", not '5'"),
    ("handler = 'a.py'\nmax_increase = '0%'", 2, "max_increase", "more than 0%"),
    ("handler = 'a.py'\nmin_delta_ms = -0.5", 2, "min_delta_ms", "at least 0"),
    ("handler = 'a.py'\nmax_modules = 0", 2, "max_modules", "at least 1"),
    ("handler = 'a.py'\nmax_modules = 1.5", 2, "max_modules", "whole number, not a number"),
    ("handler = 'a.py'\nforbid = 'pandas'", 2, "forbid", "list of module patterns"),
    ("handler = 'a.py'\nforbid = ['a',\n'b c']", 3, "forbid.1", "not 'b c'"),
    ("handler = 'a.py'\nallow_new_modules = 1", 2, "allow_new_modules", "true, false or a list"),
    ("handler = 'a.py'\nlevel = 'loud'", 2, "level", "off or warn or error, not 'loud'"),
    ("handler = 'a.py'\nlevel = 1", 2, "level", "off, warn, error, or a table"),
    ("handler = 'a.py'\nlevel.net = 'off'", 2, "level.net", "not a rule: the rules are "),
    ("handler = 'a.py'\n[level]\ncost = 'x'", 3, "level.cost", "off or warn or error"),
    ("handler = 'a.py'\nlevel.measurement = 'off'", 2, "level.measurement", "not a rule"),
    ("handler = ''", 1, "handler", "must not be empty"),
    ("handler = 'a.py'\nroot = ' '", 2, "root", "must not be empty"),
    ("handlers = 1", 1, "handlers", "must be a table, not a whole number"),
    ("handlers.a = 'a.py'", 1, "handlers.a", "must be a table, not a string"),
    ("memory = 128\n\n[handlers.a]\nroot = '.'", 3, "handlers.a", "has no handler"),
    ("handler = 'a.py'\n[handlers.a]\nhandler = 'b.py'", 1, "handler", "keep one"),
    ("[handlers.a]\nhandler = 'a.py'\n[handlers.b.env]\nX = 1", 4, "handlers.b.env.X", "quotes"),
    (
        "[handlers]\na = { handler = 'a.py', max_modules = 'x' }",
        2,
        "handlers.a.max_modules",
        "whole",
    ),
    ("[handlers.'a b']\nhandler = 'a.py'\nbudget = 1", 3, "handlers.'a b'.budget", "not a setting"),
]


@pytest.mark.parametrize(("text", "line", "key", "words"), WRONG)
@pytest.mark.parametrize("is_project", [False, True])
def test_what_is_wrong_is_named_with_key_and_line(text, line, key, words, is_project):
    file = "pyproject.toml" if is_project else "importcost.toml"
    if is_project:
        # The same settings, two lines further down, in the project's section.
        text = re.sub(r"^\[(?=[hel])", "[tool.importcost.", text, flags=re.MULTILINE)
        text = f"[tool.importcost]\n#\n{text}"
        line, key = line + 2, f"tool.importcost.{key}"
    with pytest.raises(UsageError) as caught:
        read_config(text, file)
    message = str(caught.value)
    assert message.startswith(f"{file} line {line}: {key} ")
    assert words in message
    assert "\n" not in message
    assert not message.endswith("?.")


@pytest.mark.parametrize("text", ["", "memory = 128", "[handlers]", "[tool.other]\nx = 1"])
def test_a_configuration_without_a_handler_says_how_to_write_one(text):
    with pytest.raises(UsageError, match=r"\[tool\.importcost\.handlers\.NAME\]"):
        read_config(text.replace("[handlers]", ""), "pyproject.toml")


def test_invalid_toml_is_refused_with_its_line():
    with pytest.raises(UsageError, match=r"a/importcost.toml is not valid TOML: .*line 2"):
        read_config("memory = 128\nforbid = ]", "a/importcost.toml")


def test_endless_nesting_is_no_crash():
    with pytest.raises(UsageError, match="not valid TOML"):
        read_config("a = " + "[" * 100_000, "importcost.toml")


def test_a_handler_that_is_not_there_gets_offered_the_nearest():
    config = read_config(FULL, "pyproject.toml")
    assert config.find("orders").name == "orders"
    with pytest.raises(UsageError, match="did you mean orders"):
        config.find("order")
    with pytest.raises(UsageError, match="it has orders, refunds/eu"):
        config.find("zzz")


@pytest.mark.parametrize(
    ("text", "has"),
    [
        ("[tool.importcost]", True),
        ("[tool.importcost.handlers.a]", True),
        ("[tool]\nimportcost.memory = 128", True),
        ("[tool.importcostly]", False),
        ("[project]\nname = '[tool.importcost]'", False),
    ],
)
def test_a_project_file_counts_only_with_its_section(text, has):
    assert has_section(text) is has


def test_the_nearest_configuration_is_found_from_below(tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text('[tool.importcost]\nhandler = "x.py"\n')
    (tmp_path / "a" / "pyproject.toml").write_text("[project]\nname = 'no section'\n")
    found = load_config(folder=str(below))
    assert found is not None
    assert Path(found.handlers[0].handler) == tmp_path.resolve() / "x.py"
    (tmp_path / "a" / "importcost.toml").write_text('handler = "y.py"\n')
    nearer = load_config(folder=str(below))
    assert nearer is not None
    assert Path(nearer.handlers[0].handler) == tmp_path.resolve() / "a" / "y.py"


def test_importcost_toml_goes_before_a_project_file_beside_it(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.importcost]\nhandler = "x.py"\n')
    (tmp_path / "importcost.toml").write_text('handler = "y.py"\n')
    found = load_config(folder=str(tmp_path))
    assert found is not None
    assert found.handlers[0].handler.endswith("y.py")


def test_a_file_with_a_mark_and_windows_line_ends_is_read(tmp_path):
    file = tmp_path / "importcost.toml"
    file.write_bytes(b'\xef\xbb\xbf[handlers.a]\r\nhandler = "x.py"\r\nmemory = 1\r\n')
    with pytest.raises(UsageError, match="line 3"):
        load_config(str(file))


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"#" * 1_000_001])
def test_a_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "importcost.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UsageError, match=r"importcost\.toml"):
        load_config(str(file))


figures = st.none() | st.floats(0.001, 1e6)
starts = st.builds(
    StartingHandler,
    name=st.text(min_size=1, max_size=10),
    handler=st.text(min_size=1, max_size=10).filter(lambda text: text.strip("\0 \n\t")),
    memory_mb=st.integers(128, 10_240),
    arch=st.sampled_from(["x86_64", "arm64"]),
    package_type=st.sampled_from(["zip", "image"]),
    runtime=st.none() | st.just("python3.12"),
    init_ms=figures,
    billed_init_ms=figures,
    cost_per_million=figures,
    modules=st.none() | st.integers(0, 10_000),
    memory_mb_used=figures,
)


@given(st.lists(starts, min_size=1, max_size=3, unique_by=lambda start: start.name), st.booleans())
def test_the_starting_configuration_reads_back_with_room_over_what_was_measured(found, is_project):
    found = [start for start in found if start.handler.strip() and "\0" not in start.handler]
    if not found:
        return
    text = starting_configuration(found, in_project_file=is_project)
    config = read_config(text, "pyproject.toml" if is_project else "importcost.toml")
    assert [one.name for one in config.handlers] == [start.name for start in found]
    for one_, start in zip(config.handlers, found, strict=True):
        assert one_.memory_mb == start.memory_mb
        assert one_.budgets.max_increase == 0.05
        for budget, measured in (
            (one_.budgets.max_init_ms, start.init_ms),
            (one_.budgets.max_billed_init_ms, start.billed_init_ms),
            (one_.budgets.max_cost_per_million, start.cost_per_million),
            (one_.budgets.max_memory_mb, start.memory_mb_used),
        ):
            assert (budget is None) == (measured is None)
            if budget is not None and measured is not None:
                assert measured * 1.149 <= budget <= measured * 1.5


def test_the_starting_configuration_is_commented_and_stands_in_its_section():
    start = StartingHandler(
        "orders", "orders.py", init_ms=612.3, modules=312, cost_per_million=1.234
    )
    text = starting_configuration([start], in_project_file=True)
    assert "[tool.importcost.handlers.orders]" in text
    assert "max_init_ms = 710  # ms on Lambda, as estimated; measured 612.3" in text
    assert "max_modules = 360  # modules; measured 312" in text
    assert "# max_memory_mb =" in text
    assert "# max_package_mb =" in text
    appended = read_config(f"[project]\nname = 'x'\n\n{text}", "pyproject.toml")
    assert appended.find("orders").budgets.max_cost_per_million == 1.42


@given(st.floats(1e-6, 1e9), st.floats(0, 1), st.integers(1, 4))
def test_a_margin_is_never_less_and_little_more_than_asked_for(value, margin, digits):
    raised = with_margin(value, margin, digits)
    wanted = value * (1 + margin)
    assert wanted * (1 - 1e-5) <= raised <= wanted * (1 + 10.0 ** (1 - digits)) * (1 + 1e-9)


def test_nothing_to_start_with_is_refused():
    with pytest.raises(ValueError, match="no handlers"):
        starting_configuration([], in_project_file=True)
    with pytest.raises(ValueError, match="margin"):
        starting_configuration([StartingHandler("a", "a.py")], in_project_file=True, margin=-1)


@given(st.text())
def test_any_text_is_one_line_of_toml(text):
    assert toml_text(text).isprintable()


PROJECT = """
project = "deploy/template.yaml"
memory = 512
max_init_ms = 900
[handlers.Orders]
max_init_ms = 20
[handlers.other]
handler = "deploy/template.yaml::Other"
"""


def test_a_project_gives_handlers_to_tables_that_have_none():
    config = read_config(PROJECT, "/shop/importcost.toml")
    orders, other = config.handlers
    assert orders.handler == "/shop/deploy/template.yaml::Orders"
    assert (orders.memory_mb, orders.budgets.max_init_ms) == (512, 20.0)
    assert orders.given == {"memory_mb"}
    assert other.handler == "/shop/deploy/template.yaml::Other"
    assert config.project == "/shop/deploy/template.yaml"
    assert config.defaults.budgets.max_init_ms == 900.0


def test_a_project_is_of_the_whole_configuration():
    with pytest.raises(UsageError, match=r"line 3: handlers\.a\.project is of the whole"):
        read_config('[handlers.a]\nhandler = "a.py"\nproject = "x"', "importcost.toml")
