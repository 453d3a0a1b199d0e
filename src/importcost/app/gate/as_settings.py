"""Errors of measuring, in the words of the configuration: check and compare lack its options."""

from __future__ import annotations

import re

_VARIABLES = re.compile(r"(?:--env \S+=VALUE )+or --env-file FILE")
_PACKAGE = r"--with '?([\w\[\]-]+(?:\.[\w\[\]-]+)*)'?"
_PACKAGES = re.compile(rf"{_PACKAGE}(?: {_PACKAGE})*")
_WORDS = (
    (re.compile(r"--env and --env-file"), "the setting env"),
    (re.compile(r"--task-root (?=[/\\\w])"), "the setting root as "),
    (re.compile(r"--task-root\b"), "the setting root"),
    (re.compile(r"--requirements(?: FILE)?\b"), "the setting requirements"),
    (re.compile(r"--boto3(?: VERSION)?\b"), "the setting boto3"),
    (re.compile(r"--layer(?: DIR)?\b"), "the setting layers"),
    (re.compile(r"--(python|memory|runtime)\b"), r"the setting \1"),
)


def as_settings(message: str) -> str:
    """Return a message with the options that single handlers take named as settings."""
    message = _VARIABLES.sub(_as_table, message)
    message = _PACKAGES.sub(_as_list, message)
    for pattern, words in _WORDS:
        message = pattern.sub(words, message)
    return message


def _as_table(found: re.Match[str]) -> str:
    names = re.findall(r"--env (\S+)=VALUE", found[0])
    pairs = ", ".join(f'{name} = "VALUE"' for name in names)
    return f"the setting env = {{ {pairs} }}"


def _as_list(found: re.Match[str]) -> str:
    names = re.findall(_PACKAGE, found[0])
    quoted = ", ".join(f'"{name}"' for name in names)
    return f"the setting with = [{quoted}]"
