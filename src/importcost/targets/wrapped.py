"""Handlers that wrap the function's own: which product it is, and what its variable names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import PurePosixPath
from typing import NamedTuple

from importcost.errors import UsageError, remedy, words
from importcost.model.profile import EXEC_WRAPPER, WEB_ADAPTER_PROGRAM, HandlerWrapper
from importcost.parameters import Parameter

NO_VARIABLES: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class WrappingProduct:
    """One product of the dated list; see the data file for its fields."""

    product: str
    handlers: tuple[str, ...]
    variable: str
    programs: tuple[str, ...]
    loads: str
    brings: str | None
    packages: tuple[str, ...]
    source: str

    @property
    def is_late(self) -> bool:
        """Return True if the own handler is imported in the first request only."""
        return self.loads == "request"


class WrappedHandler(NamedTuple):
    """A function's own handler, and what wraps it."""

    own: str
    wrapper: HandlerWrapper


@cache
def wrapping_products() -> tuple[WrappingProduct, ...]:
    """Return the products of the dated list, in its order."""
    text = resources.files("importcost.targets").joinpath("data", "wrapped-handlers.json")
    rows = json.loads(text.read_text(encoding="utf-8"))["products"]
    lists = ("handlers", "programs", "packages")
    return tuple(
        WrappingProduct(**{**row, **{name: tuple(row[name]) for name in lists}}) for row in rows
    )


def product_of(handler: str) -> WrappingProduct | None:
    """Return the product whose handler string this is, or None."""
    plain = _plain(handler)
    for one in wrapping_products():
        if any(_plain(known) == plain for known in one.handlers):
            return one
    return None


def product_named(name: str) -> WrappingProduct | None:
    """Return the product of this name, or None."""
    return next((one for one in wrapping_products() if one.product == name), None)


def wrapped_handler(text: str, environment: Mapping[str, str]) -> WrappedHandler | None:
    """Return the own handler of a target and what wraps it; None if nothing does.

    `text` is the configured handler or the handler's own file, and `environment` the function's
    variables. Raises UsageError if the variable that names the own handler is not set.
    """
    found = product_of(text)
    program = environment.get(EXEC_WRAPPER) or None
    if program == WEB_ADAPTER_PROGRAM:  # starts a server, and no handler behind it
        program = None
    if found is None:
        return None if program is None else WrappedHandler(text, _by_program(program))
    own = environment.get(found.variable, "").strip()
    if not own:
        raise UsageError(
            f"The handler {text} is {found.product}'s, and {found.variable}, which names the "
            "function's own, is not set",
            remedy(words("pass it with ", Parameter.ENV.of(found.variable))),
        )
    if product_of(own) is not None:
        raise UsageError(
            f"{found.variable} is {own}, which is a wrapper again: name the function's own handler."
        )
    wrapper = HandlerWrapper(
        found.product, text, found.variable, program=program, is_late=found.is_late
    )
    return WrappedHandler(own, wrapper)


def _by_program(program: str) -> HandlerWrapper:
    """Return the wrapper that a program alone makes: it may set another handler."""
    known = next((one for one in wrapping_products() if program in one.programs), None)
    if known is None:
        return HandlerWrapper(PurePosixPath(program).name, None, None, program=program)
    return HandlerWrapper(known.product, None, None, program=program)


def _plain(handler: str) -> str:
    """Return a handler string with dots between all its parts, as it is imported."""
    plain = handler.removeprefix("/opt/python/").strip("/")
    return plain.replace("/", ".")
