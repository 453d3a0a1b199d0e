"""A runner around another one, for those that change only how a launch is made."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TypeVar

from importcost.measure.runners.base import InterpreterFacts, Launch, Layout, Runner

_Self = TypeVar("_Self", bound="RunnerAround")


class RunnerAround:
    """Hands everything on to the runner inside; what a subclass does otherwise it overrides."""

    def __init__(self, inner: Runner) -> None:
        self._inner = inner

    @property
    def name(self) -> str:
        """Return the name of the runner inside."""
        return self._inner.name

    @property
    def image(self) -> str | None:
        """Return the image of the runner inside."""
        return self._inner.image

    @property
    def layout(self) -> Layout:
        """The places of the folders, as for the runner inside."""
        return self._inner.layout

    def facts(self) -> InterpreterFacts:
        """Return the interpreter's facts."""
        return self._inner.facts()

    def launch(
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),
    ) -> Launch:
        """Run the interpreter once; see `Runner.launch`."""
        return self._inner.launch(python_args, files, timeout_s, folders)

    def __enter__(self: _Self) -> _Self:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove what the runner inside started."""
        self._inner.__exit__(kind, error, trace)
