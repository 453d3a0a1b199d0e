"""Errors of measuring, in the words of the configuration: check and compare lack its options."""

from __future__ import annotations

import re

_WORDS = (
    (re.compile(r"--env (\S+)=VALUE or --env-file FILE"), r'the setting env = { \1 = "VALUE" }'),
    (re.compile(r"--env and --env-file"), "the setting env"),
    (re.compile(r"--task-root (?=[/\\\w])"), "the setting root as "),
    (re.compile(r"--task-root\b"), "the setting root"),
    (re.compile(r"--requirements(?: FILE)?\b"), "the setting requirements"),
    (re.compile(r"--layer(?: DIR)?\b"), "the setting layers"),
    (re.compile(r"--(python|memory|runtime)\b"), r"the setting \1"),
)


def as_settings(message: str) -> str:
    """Return a message with the options that single handlers take named as settings."""
    for pattern, words in _WORDS:
        message = pattern.sub(words, message)
    return message
