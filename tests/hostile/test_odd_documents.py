"""Configurations, baselines, events and lock files that no tool writes: one sentence each."""

from __future__ import annotations

import json

import pytest

from importcost.app.defer.events import load_events
from importcost.config.read import read_config
from importcost.errors import UsageError
from importcost.gate.baseline import baseline_from_text
from importcost.model.parsing.json_text import parse_json
from importcost.model.profile import Target
from importcost.targets.locks import READERS, read_lines
from tests.harness import write_files

MANY = "9" * 6_000
HEX = "0x" + "f" * 6_000
NUMBERS = (MANY, f"-{MANY}", HEX, str(2**63), "nan", "-inf", "1e999", "true", "'x'", "[]")


@pytest.mark.parametrize("value", NUMBERS, ids=lambda value: value[:12])
@pytest.mark.parametrize("key", ["memory", "max_init_ms", "max_modules", "max_package_mb"])
def test_a_number_that_no_setting_can_have_is_refused(key, value):
    with pytest.raises(UsageError) as caught:
        read_config(f"handler = 'a.py'\n{key} = {value}\n", "importcost.toml")
    assert len(str(caught.value)) < 500
    assert "importcost.toml" in str(caught.value)


ODD_TOML = {
    "lists": "x = " + "[" * 100_000,
    "tables": "x = " + "{a=" * 100_000,
    "table's parts": "[" + "a." * 50_000 + "b]",
    "key's parts": "x = 1\n" + "a." * 50_000 + "b = 1",
    "quoted parts": "x = {" + '"a".' * 50_000 + "b = 1}",
    "NUL": "\0",
}


@pytest.mark.parametrize("text", ODD_TOML.values(), ids=ODD_TOML)
def test_a_configuration_that_no_editor_writes_is_refused(text):
    with pytest.raises(UsageError, match=r"importcost\.toml is not valid TOML: .*\."):
        read_config(text, "importcost.toml")


def baseline(**figures: object) -> str:
    fitting = {"init_cpu_us": 5.0, "init_cpu_low_us": 4.0, "init_cpu_high_us": 6.0, "speed_us": 8}
    machine = dict.fromkeys(
        ("python_implementation", "python_version", "platform", "architecture"), "x"
    )
    entry = {"machine": machine, "modules": [], "figures": {**fitting, **figures}}
    data = {"schema": "importcost-baseline", "schema_version": 1, "handlers": {"a": entry}}
    return json.dumps(data)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 100_000,
        "{" * 100_000,
        MANY,
        baseline(init_cpu_us=float("nan")),
        baseline(init_cpu_high_us=float("inf")),
        baseline(init_cpu_high_us=10**400).replace("Infinity", "1e999"),
        baseline(speed_us=10**30),
        baseline(speed_us=True),
        baseline(init_cpu_low_us=9),
    ],
    ids=str,
)
def test_a_baseline_that_cannot_have_been_measured_is_refused(text):
    with pytest.raises(UsageError, match=r"base\.json"):
        baseline_from_text(text, "base.json")


def test_a_baseline_with_a_figure_past_every_float_is_refused():
    text = baseline().replace('"init_cpu_high_us": 6.0', '"init_cpu_high_us": 1e999')
    with pytest.raises(UsageError, match="figures"):
        baseline_from_text(text, "base.json")


@pytest.mark.parametrize("text", ["[" * 100_000, MANY, "NaN", "{", "\0"], ids=lambda text: text[:3])
def test_an_event_that_is_not_json_is_refused(tmp_path, text):
    folder = write_files(tmp_path, {"event.json": text})
    target = Target("a", "handler", str(tmp_path), str(tmp_path / "a.py"))
    with pytest.raises(UsageError, match=r"event\.json is not valid JSON: .*\."):
        load_events([str(folder / "event.json")], target)


UV_HERE = '[[package]]\nname = "a"\nsource = {virtual = "."}\n'
UV_NEEDS = '[[package.dependencies]]\nname = "a"\n'
ODD_LOCKS = {
    "poetry.lock": (
        '[[package]]\nname = "a"\nversion = 1\ngroups = 5\n',
        '[[package]]\nname = "a"\nsource = "git"\n',
        '[[package]]\nname = "a"\nsource = {type = "git"}\n',
        '[[package]]\nname = "a"\nmarkers = [1]\n',
    ),
    "uv.lock": (
        '[[package]]\nname = "a"\nsource = "."\n',
        f'{UV_HERE}optional-dependencies = 5\n{UV_NEEDS}extra = ["x"]\n',
        f"{UV_HERE}{UV_NEEDS}extra = 5\n",
    ),
    "pylock.toml": (
        '[[packages]]\nname = "a"\nvcs = {url = "x"}\n',
        '[[packages]]\nname = "a"\ndirectory = {path = 5}\n',
        '[[packages]]\nname = "a"\narchive = {path = []}\n',
    ),
    "Pipfile.lock": (
        '{"default": []}',
        '{"default": {"a": 5}}',
        '{"default": {"a": {"extras": 5}}}',
    ),
    "pdm.lock": ('[[package]]\nname = "a"\ngroups = 5\n', '[[package]]\nname = "a"\ngit = 5\n'),
    "pyproject.toml": ("[project]\ndynamic = 5\n", "[project]\ndependencies = [5]\n"),
}


@pytest.mark.parametrize("name", READERS)
def test_a_lock_file_of_another_form_is_read_or_refused(tmp_path, name):
    for text in (*ODD_LOCKS[name], "", f"x = {MANY}", "[" * 100_000, "\0", "\udcff"):
        (tmp_path / name).write_text(text, errors="surrogateescape")
        lines: tuple[str, ...] | None = ()
        trouble = name
        try:
            lines = read_lines(tmp_path / name)
        except UsageError as error:
            trouble = str(error)
        assert name in trouble
        assert len(trouble) < 500
        assert all(type(line) is str for line in lines or ()), text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[1, NaN]", "NaN"),
        ("[" * 100_000, "nested too deeply"),
        (MANY, "thousands of digits"),
        ('{"a": 1,\n}', "line 2, column"),
    ],
)
def test_what_is_wrong_with_json_is_said_in_words(text, expected):
    with pytest.raises(ValueError, match=expected):
        parse_json(text)
