"""An error's sentence, for users of options and for users of settings."""

import ast
from pathlib import Path

import pytest

import importcost
from importcost.errors import (
    Audience,
    HandlerError,
    TimedOutError,
    UsageError,
    remedy,
    worded,
    words,
)
from importcost.parameters import Parameter


@pytest.mark.parametrize(
    ("mention", "option", "setting"),
    [
        (Parameter.PYTHON, "--python", "the setting python"),
        (Parameter.TASK_ROOT.of("/a b"), "--task-root '/a b'", "the setting root as /a b"),
        (Parameter.LAYERS.named(), "--layer DIR", "the setting layers"),
        (Parameter.LAYERS.of("/layer"), "--layer /layer", 'the setting layers = ["/layer"]'),
        (Parameter.ENV, "--env and --env-file", "the setting env"),
        (
            Parameter.ENV.of("A", "B"),
            "--env A=VALUE --env B=VALUE or --env-file FILE",
            'the setting env = { A = "VALUE", B = "VALUE" }',
        ),
        (Parameter.ENV_FILE.named(), "--env-file FILE", "the setting env"),
        (
            Parameter.PACKAGES.of("pdfminer.six", "psycopg[binary]"),
            "--with pdfminer.six --with 'psycopg[binary]'",
            'the setting with = ["pdfminer.six", "psycopg[binary]"]',
        ),
        (Parameter.NO_INSTALL, "--no-install", "the setting install_missing = false"),
        # check, compare and init take these as options as well.
        (Parameter.RUNNER.of("local"), "--runner local", "--runner local"),
        (Parameter.IMAGE, "--image", "--image"),
    ],
)
def test_a_parameter_is_an_option_to_one_and_a_setting_to_the_other(mention, option, setting):
    error = UsageError("x happened", remedy(words("try ", mention)))
    assert worded(error, Audience.OPTIONS) == str(error) == f"x happened: try {option}."
    assert worded(error, Audience.SETTINGS) == f"x happened: try {setting}."


def test_the_last_of_several_ways_comes_after_or():
    python = words("name another with ", Parameter.PYTHON)
    assert str(UsageError("x", remedy("do a", python))) == "x: do a, or name another with --python."
    assert str(UsageError("x", remedy("do a", "do b", mark="."))) == "x. Do a, or do b."
    said = worded(UsageError("x", remedy("do a", "do b", python, mark=";")), Audience.SETTINGS)
    assert said == "x; do a, do b, or name another with the setting python."


def test_what_happened_may_mention_a_parameter_and_text_of_the_user_is_left_alone():
    error = HandlerError(words(Parameter.MEMORY, " is {0} %s --python"), traceback_text="trace")
    assert worded(error, Audience.SETTINGS) == "the setting memory is {0} %s --python"
    assert error.traceback_text == "trace"
    assert isinstance(TimedOutError("late"), HandlerError)


def test_any_other_exception_keeps_its_text():
    assert worded(ValueError("other"), Audience.SETTINGS) == "other"


ROOMS = ("processes", "targets", "measure", "app/profile")
MAKERS = frozenset(("remedy", "words", "Trouble"))


def spelled_options(source):
    """Yield the options that texts of errors and remedies spell out."""
    options = {f"{parameter.value.option} " for parameter in Parameter}
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", "")
        if name not in MAKERS and not name.endswith("Error"):
            continue
        for part in ast.walk(node):
            if isinstance(part, ast.Constant) and isinstance(part.value, str):
                text = f"{part.value} ".replace(".", " ").replace(",", " ")
                yield from (option for option in options if option in text)


@pytest.mark.unhurried
def test_rooms_that_do_not_know_their_reader_name_parameters_not_options():
    root = Path(importcost.__file__).parent
    found = {
        str(file.relative_to(root)): options
        for room in ROOMS
        for file in (root / room).rglob("*.py")
        if (options := sorted(set(spelled_options(file.read_text(encoding="utf-8")))))
    }
    assert found == {}
    assert list(spelled_options('UsageError("x: name another with --python.")')) == ["--python "]
