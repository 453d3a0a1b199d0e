"""Text without what must not be shown: the values that a user gives, and credentials.

A value given for an environment variable may be a password, so it is replaced by the variable's
name wherever it comes back from the measured handler. What looks like a credential is hidden
whoever wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeVar, cast

MIN_SECRET = 4
"""Characters; a shorter value may be part of any word."""
MIN_INSIDE_WORDS = 8
"""From this length on, a value is found inside words too."""
HIDDEN = "(hidden)"
_PLAIN = frozenset(
    (
        *("true", "false", "none", "null", "yes", "off", "auto", "enabled", "disabled", "default"),
        *("debug", "info", "warn", "warning", "error", "critical", "json", "text", "utf-8", "utf8"),
        *("prod", "production", "staging", "stage", "test", "testing", "local"),
    )
)
_TELLING_NAME = re.compile(
    r"secret|token|passw|pwd|key|credential|auth|dsn|private|signature|cookie|session", re.I
)
_LONGEST_NUMBER = 5
_KEY_WORD = (
    r"(?:passwords?|passwd|pwd|secrets?|api[_-]?keys?|access[_-]?keys?|private[_-]?keys?|tokens?)"
)
_CREDENTIALS = re.compile(
    r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r"|\b(?:gh[opsur]_[A-Za-z0-9]{30,}|github_pat_\w{20,}|glpat-[\w-]{18,}|xox[abeprs]-[\w-]{10,}"
    r"|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|sk-[\w-]{20,}|AIza[\w-]{30,}|npm_[A-Za-z0-9]{30,}"
    r"|pypi-[\w-]{20,}|hf_[A-Za-z0-9]{30,})"
    r"|(?<=://)[^/\s:@\"']*:[^/\s@\"']+(?=@)|(?<=://)[^/\s:@\"']{16,}(?=@)",
    re.DOTALL,
)
_BEARER = re.compile(r"\b(bearer\s+)(?=\S*\d|\S{16})[\w.~+/-]{8,}=*", re.I)
_QUOTED = re.compile(
    rf"(\b\w*{_KEY_WORD}\w*[\"']?\s*[=:]\s*[bru]?)(\"(?:[^\"\\\n]|\\.){{4,}}\"|'(?:[^'\\\n]|\\.){{4,}}')",
    re.I,
)
_IN_QUOTES = re.compile(rf"((?:\b|_){_KEY_WORD}\w*=)[^\s\"',;&()\[\].]{{4,}}(?=[\"'\\&;])", re.I)
_BARE = re.compile(
    rf"((?:\b|_){_KEY_WORD}\w*(?:=|:\s?(?=[^\s,;]*\d))|--[\w-]*{_KEY_WORD}[= ])"
    r"(?![\"'(\[{<$]|\d+\b|VALUE(?![^\s,;.)])|(?:None|True|False|null|true|false)\b)[^\s\"',;&)}\]]{4,}",
    re.I,
)
Value = TypeVar("Value")


def without_literals(code: str) -> str:
    """Return source text without the credentials that are written in it.

    Names stay: `password=config.password` shows none.
    """
    code = _CREDENTIALS.sub(HIDDEN, code)
    code = _BEARER.sub(rf"\1{HIDDEN}", code)
    code = _IN_QUOTES.sub(rf"\1{HIDDEN}", code)
    return _QUOTED.sub(lambda found: f"{found[1]}{found[2][0]}{HIDDEN}{found[2][0]}", code)


def without_credentials(text: str) -> str:
    """Return text without what looks like a credential: keys, tokens, `password=...`."""
    return _BARE.sub(rf"\1{HIDDEN}", without_literals(text))


@dataclass(frozen=True, slots=True)
class Secrets:
    """The given values that are not shown; `forms` are their spellings, each with its replacement.

    A spelling that may be part of a word counts only where it is none.
    """

    forms: tuple[tuple[re.Pattern[str], str, str], ...] = ()

    def __bool__(self) -> bool:
        """Return True if there is a value to hide."""
        return bool(self.forms)

    def hide(self, text: str) -> str:
        """Return text with each value replaced by `(the value of NAME)`."""
        for pattern, form, words in self.forms:
            if form in text:
                text = pattern.sub(lambda _, words=words: words, text)  # type: ignore[misc]
        return text

    def hide_cut(self, text: str) -> str:
        """Return `hide(text)` of a text that was cut: a value may be there in part, at an end."""
        text = self.hide(text)
        for _, form, words in self.forms:
            for length in range(min(len(form) - 1, len(text)), MIN_INSIDE_WORDS - 1, -1):
                if text.startswith(form[-length:]):
                    text = words + text[length:]
                if text.endswith(form[:length]):
                    text = text[:-length] + words
        return text


NO_SECRETS = Secrets()


def secrets_in(
    environment: Mapping[str, str], identity: Iterable[str] = (), known: Iterable[str] = ()
) -> Secrets:
    """Return the values of these variables that may be secret.

    Not hidden is what says nothing (`true`, `1`, a word of fewer than four characters), and what is
    part of `identity`: the paths and names that tell which handler is measured. A value in `known`,
    the other names that were there before, is hidden only if its variable's name calls it secret.
    """
    own, others = "\n".join(identity), "\n".join(known)
    found: dict[str, str] = {}
    for name, value in environment.items():
        is_told = _TELLING_NAME.search(name) is not None
        for form in _forms(value):
            says_something = not (form.lower() in _PLAIN or _is_short_number(form))
            if says_something and form not in own and (is_told or form not in others):
                found.setdefault(form, f"(the value of {name})")
    longest_first = sorted(found.items(), key=lambda pair: -len(pair[0]))
    return Secrets(tuple((_pattern(form), form, words) for form, words in longest_first))


def _forms(value: str) -> list[str]:
    """Return the spellings of a value: itself, as Python and JSON quote it, and its lines."""
    plain = value.strip()
    lines = [line.strip() for line in value.splitlines()] if "\n" in value else []
    spelt = [
        repr(plain)[1:-1],
        json.dumps(plain)[1:-1],
        json.dumps(plain, ensure_ascii=False)[1:-1],
    ]
    long_lines = [line for line in lines if len(line) >= MIN_INSIDE_WORDS]
    coded = _coded(plain) if len(plain) >= MIN_INSIDE_WORDS else ()
    forms = dict.fromkeys((plain, *spelt, *long_lines, *coded))
    return [form for form in forms if len(form) >= MIN_SECRET]


def _coded(plain: str) -> Iterator[str]:
    """Yield a value as code passes it on: in a URL, a header, a page, in other letters."""
    import base64
    import html
    import urllib.parse

    yield from (
        urllib.parse.quote(plain, errors="replace"),
        urllib.parse.quote(plain, "", errors="replace"),
    )
    yield from (
        urllib.parse.quote_plus(plain, errors="replace"),
        html.escape(plain),
        plain.upper(),
        plain.lower(),
    )
    data = plain.encode("utf-8", "surrogateescape")
    yield data.hex()
    for coded in (base64.b64encode(data), base64.urlsafe_b64encode(data)):
        yield coded.decode("ascii").rstrip("=")


def _is_short_number(form: str) -> bool:
    return form.isdigit() and len(form) <= _LONGEST_NUMBER


def _pattern(form: str) -> re.Pattern[str]:
    if len(form) >= MIN_INSIDE_WORDS:
        return re.compile(re.escape(form))
    return re.compile(rf"(?<![A-Za-z0-9]){re.escape(form)}(?![A-Za-z0-9])")


def with_strings(value: Value, change: Callable[[str], str]) -> Value:
    """Return a value of frozen dataclasses, tuples, lists and mappings with each string changed.

    Whatever has no string to change is returned as it is, the same object.
    """
    return cast("Value", _changed(value, change))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if type(value) is str:
        return change(value)
    if is_dataclass(value) and not isinstance(value, type):
        new = {
            one.name: found
            for one in fields(value)
            if one.init and (found := _changed(was := getattr(value, one.name), change)) is not was
        }
        return replace(value, **new) if new else value
    if isinstance(value, Mapping):
        pairs = {_changed(key, change): _changed(item, change) for key, item in value.items()}
        return value if pairs == value else pairs
    if type(value) in (tuple, list):
        items = [_changed(item, change) for item in value]
        same = all(new is was for new, was in zip(items, value, strict=True))
        return value if same else type(value)(items)
    return value
