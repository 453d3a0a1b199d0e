"""The configuration: `[tool.importcost]` of pyproject.toml, or importcost.toml."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from importcost.billing.calibration import Calibration
from importcost.config.lines import KeyPath, key_lines, nearest_line
from importcost.config.schema import (
    ALL_MODULES,
    HANDLERS,
    LAMBDA_SETTINGS,
    PLAIN_SETTINGS,
    PROJECT,
    SETTINGS,
    TARGETS,
    WrongValueError,
    kind_of,
    memory_of_platform,
)
from importcost.declaration import PLATFORMS, WITH_SETTING
from importcost.errors import UsageError
from importcost.files.read import read_named, reason_of
from importcost.files.toml_text import parse_toml
from importcost.gate.budgets import Budgets, Levels
from importcost.model.plain import PlainChoice, plain_choice

OWN_FILE = "importcost.toml"
PROJECT_FILE = "pyproject.toml"
SECTION = ("tool", "importcost")
ONLY_HANDLER = "default"
"""The handler's name in a configuration of a single handler without its own table."""
MAX_BYTES = 1_000_000
MOST_LISTED = 10


@dataclass(frozen=True, slots=True)
class HandlerConfig:
    """One handler to check: the defaults merged with its own table.

    `handler` is a file, a file and function, or a handler string, as `resolve_target` accepts it.
    Paths are joined to the configuration's folder. `line` is where its table starts. `packages` are
    requirements to install in addition to its own. `installs_missing` allows installing missing
    modules. `placeholders` allows placeholder values for variables that init reads and that are not
    set. `python_reason` explains the choice of `python`, for the user.
    """

    name: str
    handler: str
    task_root: str | None = None
    python: str | None = None
    memory_mb: int = 128
    arch: str = "x86_64"
    region: str = "us-east-1"
    platform: str = "lambda"
    package_type: str = "zip"
    runtime: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    layers: tuple[str, ...] = ()
    requirements: str | None = None
    packages: tuple[str, ...] = ()
    installs_missing: bool = False
    placeholders: bool = False
    boto3: str | None = None
    adapter: str | None = None
    server: str | None = None
    mock_aws: bool = False
    module: str | None = None
    command: str | None = None
    script: str | None = None
    file: str | None = None
    extras: tuple[str, ...] = ()
    budgets: Budgets = field(default_factory=Budgets)
    levels: Levels = field(default_factory=Levels)
    calibration: Calibration | None = None
    line: int = 1
    python_reason: str = "named by the setting python"
    is_built: bool = False
    """True if a project's build made the task root, all packages included."""
    given: frozenset[str] = frozenset()
    """The fields that the configuration sets; what a project says counts for all others."""
    inputs: tuple[str, ...] = ()
    """Files and folders besides code on which the figures depend, for `check --since`."""
    has_table: bool = False
    """True if the configuration has a table for it."""

    @property
    def plain(self) -> PlainChoice | None:
        """Return what it measures instead of a handler, None for a handler."""
        return plain_choice(self.module, self.command, self.script, self.file)

    @property
    def supplies(self) -> bool:
        """Return True if init may get what it lacks, so that it is rehearsed first."""
        return self.placeholders or self.installs_missing


@dataclass(frozen=True, slots=True)
class Config:
    """All handlers of one configuration file, in its order."""

    file: str
    handlers: tuple[HandlerConfig, ...]
    project: str | None = None
    """The place of the project whose functions all have budgets."""
    defaults: HandlerConfig | None = None
    """The settings above the tables, as those of a handler that has none; None in values made up
    without a file."""

    def find(self, name: str) -> HandlerConfig:
        """Return a handler by name, or by the end of it that no other has.

        Raises UsageError that names the nearest ones, or lists those that there are.
        """
        ends = [one for one in self.handlers if one.name.endswith(f"/{name}")]
        found = [one for one in self.handlers if one.name == name] or ends
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(one.name for one in found)
            raise UsageError(f"{self.file} has several handlers {name}: name one of {names}.")
        known = [handler.name for handler in self.handlers]
        hint = _did_you_mean(name, known, 3) or f" it has {_listed(known)}."
        raise UsageError(f"{self.file} has no handler {name}:{hint}")


def load_config(path: str | None = None, folder: str = ".") -> Config | None:
    """Read the configuration at `path`, or the nearest one in `folder` and above; None if none.

    In one folder importcost.toml takes precedence over pyproject.toml. Raises UsageError for a file
    that is missing, cannot be read, or is wrong.
    """
    if path is not None:
        return read_config(_read(Path(path)), path)
    here = Path(folder).resolve()
    for place in (here, *here.parents):
        own, project = place / OWN_FILE, place / PROJECT_FILE
        if own.is_file():
            return read_config(_read(own), str(own))
        if project.is_file():
            text = _read(project)
            if has_section(text):
                return read_config(text, str(project))
    return None


def has_section(text: str) -> bool:
    """Return True if a pyproject.toml has `[tool.importcost]`; also if the text is broken below."""
    return any(path[:2] == SECTION for path in key_lines(text))


def read_config(text: str, file: str) -> Config:
    """Return the configuration in a TOML text; `file` is its path, for messages and paths.

    Raises UsageError that names key and line for unknown keys, wrong types and impossible
    values, and for a configuration without handlers.
    """
    try:
        data = parse_toml(text)
    except ValueError as error:
        raise UsageError(f"{file} is not valid TOML: {error}.") from error
    section = _section(data, file)
    return _Reader(file, key_lines(text), section).config(_table_at(data, section))


def _read(path: Path) -> str:
    try:
        data = read_named(path, MAX_BYTES)
        return data.decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The configuration {path} cannot be read ({reason_of(error)}): name another file."
        ) from error


def _section(data: Mapping[str, Any], file: str) -> KeyPath:
    """Return where in the file the configuration is: importcost.toml may omit the table header."""
    is_project = Path(file).name == PROJECT_FILE
    if is_project or set(data) == {"tool"}:
        return SECTION
    return ()


def _table_at(data: Any, path: KeyPath) -> Any:
    for key in path:
        data = data.get(key, {}) if isinstance(data, dict) else {}
    return data


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the section of one file; its errors name key and line."""

    file: str
    lines: Mapping[KeyPath, int]
    section: KeyPath

    def config(self, table: Any) -> Config:
        """Return all handlers of the section."""
        self._must_be_table(table, ())
        defaults = self._values(table, (), extra=(HANDLERS, TARGETS))
        tables, targets = table.get(HANDLERS, {}), table.get(TARGETS, {})
        self._must_be_table(tables, (HANDLERS,))
        self._must_be_table(targets, (TARGETS,))
        self._check_defaults(defaults, tables, targets)
        if tables and "handler" in defaults:
            raise self._error(
                ("handler",), "names one handler, and there are tables of handlers too: keep one"
            )
        if tables and "calibration" in defaults:
            raise self._error(
                ("calibration",), "is one function's: move it into that handler's own table"
            )
        project = self._project(defaults.pop(PROJECT, None))
        shared = {key: value for key, value in defaults.items() if key != "calibration"}
        every = self._built(ONLY_HANDLER, {**shared, "handler": project or "."}, ())
        handlers = [self._handler(name, one, defaults, project) for name, one in tables.items()]
        if not tables and "handler" in defaults:
            handlers = [self._built(ONLY_HANDLER, defaults, ())]
        handlers += [self._target(name, one, defaults) for name, one in targets.items()]
        if project is None and not handlers:
            header = ".".join((*self.section, HANDLERS))
            raise UsageError(
                f"{self.file} has no handler: write a table [{header}.NAME] with handler = "
                '"handler.py", or project = "." for all functions of a project, or let importcost '
                "init write one."
            )
        return Config(self.file, tuple(handlers), project, every)

    def _check_defaults(
        self, defaults: Mapping[str, Any], tables: Mapping[str, Any], targets: Mapping[str, Any]
    ) -> None:
        """Raise UsageError for what belongs into a table of a target, and for names used twice."""
        for key in (*PLAIN_SETTINGS, "extras"):
            if key in defaults:
                header = ".".join((*self.section, TARGETS))
                raise self._error((key,), f"belongs into a table [{header}.NAME]")
        for name in targets:
            if name in tables:
                raise self._error(
                    (TARGETS, name), "is a handler's name, too: give one of them another"
                )

    def _target(self, name: str, table: Any, defaults: Mapping[str, Any]) -> HandlerConfig:
        """Return what a table measures without Lambda; defaults about Lambda are not its own."""
        path = (TARGETS, name)
        self._must_be_table(table, path)
        own = self._values(table, path)
        for key in own:
            if key in LAMBDA_SETTINGS:
                hint = ": write max_import_ms" if key == "max_init_ms" else ""
                raise self._error((*path, key), f"is about a function on Lambda{hint}")
        named = [key for key in PLAIN_SETTINGS if key in own]
        if len(named) != 1:
            said = f"has {' and '.join(named)}" if named else "says not what is measured"
            known = f"{', '.join(PLAIN_SETTINGS[:-1])} or {PLAIN_SETTINGS[-1]}"
            raise self._error(path, f"{said}: write one of {known}")
        shared = {key: one for key, one in defaults.items() if key not in LAMBDA_SETTINGS}
        merged = _merged(shared, own)
        choice = plain_choice(**{key: own.get(key) for key in PLAIN_SETTINGS})
        label = choice.label if choice is not None else name
        return self._built(name, {**merged, "handler": label}, path)

    def _project(self, value: str | None) -> str | None:
        return None if value is None else str(Path(self.file).parent / value)

    def _handler(
        self, name: str, table: Any, defaults: Mapping[str, Any], project: str | None
    ) -> HandlerConfig:
        path = (HANDLERS, name)
        self._must_be_table(table, path)
        own = self._values(table, path)
        for key in (*PLAIN_SETTINGS, "extras", "max_import_ms"):
            if key in own:
                header = ".".join((*self.section, TARGETS, name))
                raise self._error((*path, key), f"is not a handler's: write it in [{header}]")
        if PROJECT in own:
            raise self._error((*path, PROJECT), "is of the whole configuration: move it to the top")
        if "handler" not in own and project is not None:
            own["handler"] = f"{project}::{name}"
        if "handler" not in own:
            raise self._error(path, 'has no handler: write handler = "FILE.py" or a handler string')
        return self._built(name, _merged(defaults, own), path)

    def _values(
        self, table: Mapping[str, Any], path: KeyPath, extra: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        values = {}
        for key, value in table.items():
            if key in extra:
                continue
            if key not in SETTINGS:
                hint = _did_you_mean(key, [*SETTINGS, *extra])
                raise self._error((*path, key), f"is not a setting:{hint or _known_settings()}")
            try:
                values[key] = SETTINGS[key](value)
            except WrongValueError as error:
                raise self._error((*path, key, *error.below), str(error)) from None
        return values

    def _check_memory(self, values: Mapping[str, Any], path: KeyPath) -> None:
        """Raise UsageError for a memory size that the platform of these values does not have."""
        if "memory" not in values:
            return
        try:
            memory_of_platform(values["memory"], values.get("platform", PLATFORMS[0]))
        except WrongValueError as error:
            raise self._error((*path, "memory"), str(error)) from None

    def _must_be_table(self, value: Any, path: KeyPath) -> None:
        if not isinstance(value, dict):
            raise self._error(path, f"must be a table, not {kind_of(value)}")

    def _built(self, name: str, values: Mapping[str, Any], path: KeyPath) -> HandlerConfig:
        folder = Path(self.file).parent
        self._check_memory(values, path)
        measured = _measured(folder, values)
        built = HandlerConfig(
            name=name,
            handler=values["handler"],
            budgets=_budgets(values),
            levels=values.get("level", Levels()),
            calibration=values.get("calibration"),
            line=nearest_line(self.lines, (*self.section, *path)),
            given=frozenset(measured),
            inputs=tuple(str(folder / one) for one in values.get("inputs", ())),
            has_table=path != (),
            **measured,
        )
        return _located(built, folder)

    def _error(self, path: KeyPath, what: str) -> UsageError:
        whole = (*self.section, *path)
        key = ".".join(_shown(part) for part in whole) or "the configuration"
        end = "" if what.endswith("?") else "."
        return UsageError(
            f"{self.file} line {nearest_line(self.lines, whole)}: {key} {what.rstrip('.')}{end}"
        )


def _merged(defaults: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Merge a handler's values over the defaults; variables and levels of rules one by one."""
    merged = {**defaults, **own}
    if "env" in defaults and "env" in own:
        merged["env"] = {**defaults["env"], **own["env"]}
    if "level" in defaults and "level" in own:
        over: Levels = own["level"]
        # A level for all rules in the handler's table overrides levels of single rules above it.
        if over.every is None:
            by_rule = {**defaults["level"].by_rule, **over.by_rule}
            merged["level"] = replace(defaults["level"], by_rule=by_rule)
    return merged


def _budgets(values: Mapping[str, Any]) -> Budgets:
    allowed = values.get("allow_new_modules", ALL_MODULES)
    is_handler = not any(key in values for key in PLAIN_SETTINGS)
    return Budgets(
        max_import_ms=None if is_handler else values.get("max_import_ms"),
        max_init_ms=values.get("max_init_ms"),
        max_billed_init_ms=values.get("max_billed_init_ms"),
        max_cost_per_million=values.get("max_cost_per_million"),
        max_increase=values.get("max_increase"),
        min_delta_ms=values.get("min_delta_ms", 0.0),
        max_modules=values.get("max_modules"),
        max_bytecodes=values.get("max_bytecodes"),
        max_memory_mb=values.get("max_memory_mb"),
        max_package_mb=values.get("max_package_mb"),
        forbid=values.get("forbid", ()),
        allowed_new_modules=None if allowed == ALL_MODULES else allowed,
    )


def _located(config: HandlerConfig, folder: Path) -> HandlerConfig:
    """Give a file or a project's place its path, and a handler string its folder."""
    if config.plain is not None:
        return config if config.task_root else replace(config, task_root=str(folder))
    if "::" in config.handler:
        return replace(config, handler=str(folder / config.handler))
    file = config.handler.partition(":")[0]
    if file.endswith(".py"):
        return replace(config, handler=str(folder / config.handler))
    return config if config.task_root else replace(config, task_root=str(folder))


def _measured(folder: Path, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that say what to measure; what no setting says keeps its default."""
    found = {}
    for setting, option in WITH_SETTING.items():
        if setting in values:
            value = values[setting]
            found[option.field] = option.joined(folder, value) if option.is_path else value
    if "python" in found:
        found["python"] = _program(folder, found["python"])
    return found


def _program(folder: Path, text: str) -> str:
    """Join a path to an interpreter; a bare name is looked up on PATH."""
    return str(folder / text) if "/" in text or "\\" in text else text


def _did_you_mean(name: str, known: list[str], most: int = 1) -> str:
    close = difflib.get_close_matches(name, known, most)
    return f" did you mean {' or '.join(close)}?" if close else ""


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_LISTED:,} more" if len(names) > MOST_LISTED else ""
    return ", ".join(names[:MOST_LISTED]) + more


def _known_settings() -> str:
    return f" the settings are {', '.join(SETTINGS)}"


def _shown(part: str) -> str:
    """Return a key as it would be written: quoted if necessary."""
    is_plain = part.replace("-", "").replace("_", "").isalnum() and part.isascii()
    return part if is_plain else repr(part)
