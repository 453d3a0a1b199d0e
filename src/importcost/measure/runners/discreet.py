"""Take out of a launch's answer what must not be shown, before anything is made of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from importcost.measure.runners.base import Launch
from importcost.secrecy import NO_SECRETS, Secrets, secrets_in, with_strings, without_credentials

_CUT_AT = 190
"""A text from this length on may have been cut where it was recorded."""


def given_secrets(
    given: Mapping[str, str], paths: Iterable[str], folders: Iterable[str] = ()
) -> Secrets:
    """Return what of the given variables may be secret.

    `paths` tell which handler is measured and with what; what lies in `folders` has its names
    whatever the variables hold.
    """
    if not given:
        return NO_SECRETS
    return secrets_in(given, paths, (*sys.stdlib_module_names, *_entries(folders)))


def discreet(launch: Launch, secrets: Secrets) -> Launch:
    """Return the launch without the given values, and without credentials in what it said."""
    result = launch.result
    if result is not None:
        if secrets:
            result = with_strings(result, lambda text: _hidden(text, secrets))
        if result.get("error"):
            error = with_strings(result["error"], without_credentials)
            result = {**result, "error": error} if error is not result["error"] else result
    tail = secrets.hide_cut(launch.output_tail)
    return replace(
        launch,
        rows_text=_in_bytes(launch.rows_text, secrets),
        result=result,
        output_tail=without_credentials(tail),
        left_behind=with_strings(launch.left_behind, secrets.hide),
        met_before=with_strings(launch.met_before, secrets.hide),
    )


def _hidden(text: str, secrets: Secrets) -> str:
    return secrets.hide(text) if len(text) < _CUT_AT else secrets.hide_cut(text)


def _in_bytes(rows: bytes, secrets: Secrets) -> bytes:
    if not any(form.encode("utf-8", "surrogateescape") in rows for _, form, _ in secrets.forms):
        return rows
    text = secrets.hide(rows.decode("utf-8", "surrogateescape"))
    return text.encode("utf-8", "surrogateescape")


def _entries(folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        with suppress(OSError):
            yield from (Path(entry.name).stem for entry in os.scandir(folder))
