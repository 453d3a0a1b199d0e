"""Explain an init that failed in the product that wraps the function's own handler."""

from __future__ import annotations

from importcost.errors import Trouble, Words, remedy, words
from importcost.model.profile import Target
from importcost.parameters import Parameter


def wrapper_missing(module: str, target: Target, package: str | None) -> Trouble | None:
    """Explain that the wrapper's own module is not there, or return None.

    `module` is the missing one, and `package` the distribution that has the wrapper, None if only
    its maker's layer does.
    """
    wrapper = target.wrapper
    if wrapper is None or wrapper.handler is None:
        return None
    started = target.started_module
    if started != module and not started.startswith(f"{module}."):
        return None
    ways: list[Words] = [
        words("unpack the function's layer that has it and name its folder with ", Parameter.LAYERS)
    ]
    if package is not None:
        ways.insert(0, words("supply it with ", Parameter.PACKAGES.of(package)))
    return Trouble(
        f"{target.handler_file} is started by {wrapper.words}, and neither the task root, a layer "
        f"nor the deployed packages hold {module}",
        remedy(*ways),
    )


def importing(target: Target) -> str:
    """Return the words for importing a handler: its file, and what wraps it."""
    by = f" behind {target.wrapper.words}" if target.wrapper is not None else ""
    return f"{target.handler_file}{by}"
