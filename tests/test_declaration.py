"""Options, request, settings, schema and help say the same: they follow from one declaration."""

import dataclasses
import importlib
import re

import click
import pytest

from importcost.app.gate.check import CheckRequest, check_handlers
from importcost.app.gate.handler_requests import HowToMeasure
from importcost.app.profile.request import ProfileRequest, check_request
from importcost.cli.group import COMMANDS, cli
from importcost.config.read import HandlerConfig, read_config
from importcost.config.schema import SETTINGS, WrongValueError
from importcost.declaration import (
    ENV,
    ENV_FILE,
    MEASUREMENT,
    MIN_RUNS,
    MIN_WATCHED_RUNS,
    PLAIN,
    PRECISE,
    VERBOSE,
    WITH_SETTING,
    Choice,
    Switch,
    Texts,
    Whole,
)
from importcost.errors import UsageError
from tests.commands import click_runner

DECLARED = (*MEASUREMENT, *PLAIN, PRECISE)
FILLING = [option for option in DECLARED if option.field and option is not ENV]


def ids(option):
    return option.flag


def command(name):
    return importlib.import_module("importcost.cli." + name.replace("-", "_")).command


def parameters(name):
    return {option.name: option for option in command(name).params}


def defaults(kind):
    made = {"target": "", "name": "", "handler": ""}
    needed = {one.name for one in dataclasses.fields(kind)} & made.keys()
    built = kind(**{name: made[name] for name in needed})
    return {one.name: getattr(built, one.name) for one in dataclasses.fields(kind)}


def test_every_field_of_the_request_is_filled_by_one_option():
    filled = [name for option in DECLARED for name in (option.field, option.also) if name]
    others = {
        "target",
        "python_reason",
        "cpus",
        "configured",
        "is_built",
        "traits",
    }  # made by importcost itself
    others |= {"requests", "schemas", "compares_forms", "cold_disk", "without_wrapper"}  # profile's
    assert sorted(filled) == sorted(defaults(ProfileRequest).keys() - others)


# Commands whose answer is one profile begin quick, all others are precise: no common default.
@pytest.mark.parametrize("option", [one for one in FILLING if one is not PRECISE], ids=ids)
def test_an_option_that_is_not_given_leaves_the_requests_default(option):
    wanted = defaults(ProfileRequest)
    for name, value in option.fields(option.default).items():
        assert value == wanted[name]


@pytest.mark.parametrize("option", WITH_SETTING.values(), ids=ids)
def test_a_setting_fills_the_same_field_and_defaults_to_the_same(option):
    assert option.setting in SETTINGS
    assert option.field in defaults(ProfileRequest)
    wanted = defaults(ProfileRequest)[option.field]
    if option.setting_default is not None:
        wanted = option.setting_default
    assert defaults(HandlerConfig)[option.field] == wanted


def test_the_settings_without_an_option_are_the_handler_and_what_it_is_held_to():
    others = {"handler", "level", "calibration", "forbid", "allow_new_modules", "min_delta_ms"}
    others |= {"project", "inputs"}
    measured = SETTINGS.keys() - others
    assert {name for name in measured if not name.startswith("max_")} == set(WITH_SETTING)


@pytest.mark.parametrize("option", WITH_SETTING.values(), ids=ids)
def test_option_and_setting_refuse_the_same_values(option):
    read = SETTINGS[option.setting]
    if isinstance(option.kind, Choice):
        assert [read(word) for word in option.kind.words] == list(option.kind.words)
        with pytest.raises(WrongValueError):
            read("another")
    elif isinstance(option.kind, Whole):
        for value in (option.kind.least, option.kind.most):
            assert read(value) == value
        for value in (option.kind.least - 1, option.kind.most + 1):
            with pytest.raises(WrongValueError):
                read(value)
    elif isinstance(option.kind, Switch):
        assert read(False) is False
    else:
        wrong = "text" if isinstance(option.kind, Texts) else 5
        with pytest.raises(WrongValueError):
            read(wrong)


def test_paths_of_settings_are_joined_to_the_configurations_folder():
    text = 'handler = "h.py"\nroot = "src"\nlayers = ["a", "b"]\nrequirements = "r.txt"\n'
    (handler,) = read_config(text, "/shop/importcost.toml").handlers
    assert handler.task_root == "/shop/src"
    assert handler.layers == ("/shop/a", "/shop/b")
    assert handler.requirements == "/shop/r.txt"


@pytest.mark.parametrize("option", MEASUREMENT, ids=ids)
@pytest.mark.parametrize("name", ["profile", "defer", "why", "snapstart", "verify-init"])
def test_a_command_that_measures_takes_each_option_as_declared(name, option):
    made = parameters(name)[option.name]
    assert option.flag in made.opts
    assert made.help == option.help
    given = made.get_default(click.Context(command(name)))
    assert (given or None) == (option.default or None)


@pytest.mark.parametrize("option", PLAIN, ids=ids)
@pytest.mark.parametrize("name", ["profile", "defer", "why"])
def test_a_command_that_measures_without_lambda_takes_each_option_as_declared(name, option):
    made = parameters(name)[option.name]
    assert option.flag in made.opts
    assert option.short is None or option.short in made.opts
    assert made.help == option.help


@pytest.mark.parametrize("name", COMMANDS)
def test_no_command_spells_a_declared_option_anew(name):
    """An option of the same name is of the same kind wherever it stands."""
    declared = {option.flag: option for option in DECLARED}
    own = {("estimate", "--memory"), ("account", "--region")}  # several of them
    for made in command(name).params:
        for flag in made.opts:
            if flag not in declared or (name, flag) in own:
                continue
            option = declared[flag]
            assert made.name == option.name
            assert bool(getattr(made, "is_flag", False)) == isinstance(option.kind, Switch)
            if isinstance(option.kind, Choice):
                assert tuple(made.type.choices) == option.kind.words


@pytest.mark.parametrize("name", [one for one in COMMANDS if "runs" in parameters(one)])
def test_the_help_names_the_fewest_runs(name):
    said = click_runner().invoke(cli, [name, "--help"]).output
    fewest = MIN_WATCHED_RUNS if name == "check" else MIN_RUNS
    assert f"at least {fewest}." in re.sub(r"\s+", " ", said)


def test_fewer_runs_than_the_help_names_are_refused():
    with pytest.raises(UsageError, match=f"--runs is 4 and must be at least {MIN_RUNS}"):
        check_request(ProfileRequest("h.py", runs=MIN_RUNS - 1))
    check_request(ProfileRequest("h.py", runs=MIN_RUNS))
    how = HowToMeasure(runs=MIN_WATCHED_RUNS - 1)
    with pytest.raises(UsageError, match=f"--runs is 5 and must be at least {MIN_WATCHED_RUNS}"):
        check_handlers(CheckRequest(names=(), config=None, how=how), None)


def test_what_all_handlers_share_defaults_to_what_the_options_do():
    how = dataclasses.asdict(HowToMeasure())
    declared = {option.field: option.default for option in MEASUREMENT}
    assert how == {name: declared[name] for name in how}


def test_what_does_not_say_what_to_measure_fills_nothing():
    assert VERBOSE.fields(True) == {}
    assert ENV_FILE.fields(("a.env",)) == {}
