"""The parameters of a measurement, each with its two spellings.

A user of the command line gives an option, a handler of the configuration has a setting. Messages
mention the parameter itself; `errors.worded` spells it for the one who reads it.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Spelling(NamedTuple):
    """A parameter's names: `setting` is None if only the command line knows it."""

    option: str
    setting: str | None
    metavar: str = ""


class Parameter(Enum):
    """A parameter of a measurement, named by its meaning."""

    TASK_ROOT = Spelling("--task-root", "root", "DIR")
    MEMORY = Spelling("--memory", "memory")
    ARCH = Spelling("--arch", "arch")
    REGION = Spelling("--region", "region", "REGION")
    PLATFORM = Spelling("--platform", "platform", "NAME")
    PACKAGE_TYPE = Spelling("--package-type", "package_type")
    PYTHON = Spelling("--python", "python", "INTERPRETER")
    RUNTIME = Spelling("--runtime", "runtime", "python3.X")
    LAYERS = Spelling("--layer", "layers", "DIR")
    ENV = Spelling("--env", "env", "K=V")
    ENV_FILE = Spelling("--env-file", "env", "FILE")
    REQUIREMENTS = Spelling("--requirements", "requirements", "FILE")
    PACKAGES = Spelling("--with", "with", "NAME")
    NO_INSTALL = Spelling("--no-install", "install_missing")
    NO_PLACEHOLDERS = Spelling("--no-placeholders", "placeholders")
    BOTO3 = Spelling("--boto3", "boto3", "VERSION")
    ADAPTER = Spelling("--adapter", "adapter")
    SERVER = Spelling("--server", "server", "COMMAND")
    MOCK_AWS = Spelling("--mock-aws", "mock_aws")
    MODULE = Spelling("--module", "module", "PACKAGE")
    COMMAND = Spelling("--command", "command", "CODE")
    SCRIPT = Spelling("--script", "script", "'NAME ARGS'")
    FILE = Spelling("--file", "file", "'FILE.py ARGS'")
    EXTRAS = Spelling("--extra", "extras", "NAME|none")
    # Options of check, compare and init as well: no setting has them.
    RUNS = Spelling("--runs", None)
    TIMEOUT = Spelling("--timeout", None)
    RUNNER = Spelling("--runner", None)
    IMAGE = Spelling("--image", None)
    NETWORK = Spelling("--network", None)
    PRECISE = Spelling("--precise", None)
    VERBOSE = Spelling("--verbose", None)
    TEMPLATE_PARAMETER = Spelling("--parameter", None, "K=V")
    STAGE = Spelling("--stage", None, "NAME")
    WITH_VALUES = Spelling("--with-values", None)
    # Options of single commands.
    METRIC = Spelling("--metric", None)
    INSTALL = Spelling("--install", None)
    MERGE_BASE = Spelling("--merge-base", None)
    FROM_LOG = Spelling("--from-log", None)
    LOG_STREAM = Spelling("--log-stream", None, "NAME")
    RECORD = Spelling("--record", None)

    def of(self, *values: str) -> Mention:
        """Return a mention of this parameter with the values it is to have."""
        return Mention(self, values)

    def named(self) -> Mention:
        """Return a mention that also says what kind of value the option takes."""
        return Mention(self, shows_kind=True)


class Mention(NamedTuple):
    """A parameter in a sentence, with values it is to have, or the kind of its value."""

    parameter: Parameter
    values: tuple[str, ...] = ()
    shows_kind: bool = False

    def as_option(self) -> str:
        """Return the words for a user of the command line."""
        option, _, metavar = self.parameter.value
        if self.parameter is Parameter.ENV:
            pairs = " ".join(f"{option} {name}=VALUE" for name in self.values)
            return f"{pairs} or --env-file FILE" if pairs else f"{option} and --env-file"
        if self.values:
            return " ".join(f"{option} {_quoted(value)}" for value in self.values)
        return f"{option} {metavar}" if self.shows_kind else option

    def as_setting(self) -> str:
        """Return the words for a user of the configuration, whose options have no such name."""
        setting = self.parameter.value.setting
        if setting is None:
            return self.as_option()
        name = f"the setting {setting}"
        if self.parameter in _SWITCHES:
            return f"{name} = false"
        if not self.values:
            return name
        if self.parameter is Parameter.ENV:
            pairs = ", ".join(f'{value} = "VALUE"' for value in self.values)
            return f"{name} = {{ {pairs} }}"
        if self.parameter in _LISTS:
            texts = ", ".join(f'"{value}"' for value in self.values)
            return f"{name} = [{texts}]"
        return f"{name} as {self.values[0]}"


_SWITCHES = (Parameter.NO_INSTALL, Parameter.NO_PLACEHOLDERS)
_LISTS = (Parameter.PACKAGES, Parameter.LAYERS, Parameter.EXTRAS)


def _quoted(value: str) -> str:
    """Return a value as a shell takes it."""
    import shlex  # for errors only: starting is quicker without

    return shlex.quote(value)
