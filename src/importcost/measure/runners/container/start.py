"""Start a container with the first Python of its image, until its launcher greets."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from importcost.errors import MeasurementError, remedy, words
from importcost.measure.runners.base import Layout
from importcost.measure.runners.container.attached import AttachedContainer
from importcost.measure.runners.container.command import run_argv
from importcost.measure.runners.container.host_folder import HostFolder
from importcost.measure.runners.container.inside import ContainerOptions, lay_out
from importcost.measure.runners.engines import (
    Engine,
    EngineState,
    ImageFacts,
    engine_is_running,
    image_facts,
    reason_in,
)
from importcost.parameters import Parameter
from importcost.processes.shortage import shortage_of

# Lambda's own comes first: an image may have another Python on its PATH.
PYTHON_COMMANDS = ("/var/lang/bin/python3", "python3", "python")
START_TIMEOUT_S = 90.0


@dataclass(frozen=True, slots=True)
class StartedContainer:
    """A container whose launcher waits for jobs; `python` is the command that started it.

    `variables` are those that the image sets.
    """

    attached: AttachedContainer
    python: str
    layout: Layout
    variables: Mapping[str, str]


class ContainerStarter:
    """Starts containers of one image; the first time it finds out which command works."""

    def __init__(self, engine: Engine, options: ContainerOptions, folder: HostFolder) -> None:
        self._engine = engine
        self._options = options
        self._folder = folder
        self._known: tuple[EngineState, ImageFacts] | None = None
        self._commands = (options.python,) if options.python else PYTHON_COMMANDS

    def start(self) -> StartedContainer:
        """Start a container with the first Python command that the image has.

        The caller must remove it. Raises MeasurementError if that does not succeed; then nothing of
        it is left.
        """
        if self._known is None:
            self._known = self._running(), image_facts(self._engine, self._options.image)
        state, image = self._known
        opt = self._folder.opt_folder(self._options.layers)
        for python in self._commands:
            greeted = self._try(state, python, opt)
            if greeted is not None:
                self._commands = (python,)
                attached, greeting = greeted
                layout = lay_out(self._options, image, greeting["folders"])
                return StartedContainer(attached, python, layout, dict(image.environment))
        raise MeasurementError(
            f"The image {self._options.image} has no Python ({', '.join(self._commands)} not "
            "found)",
            remedy(words("name an image with Python with ", Parameter.IMAGE)),
        )

    def _running(self) -> EngineState:
        state = engine_is_running(self._engine)
        if not state.running:
            raise MeasurementError(
                f"{self._engine.name} is not running ({state.reason})",
                remedy(
                    "start it",
                    words("measure without a container with ", Parameter.RUNNER.of("local")),
                ),
            )
        return state

    def _try(
        self, state: EngineState, python: str, opt: Path | None
    ) -> tuple[AttachedContainer, dict[str, Any]] | None:
        """Start a container and wait for its greeting; None if the image lacks that command."""
        name = f"importcost-{uuid.uuid4().hex}"
        argv = run_argv(state, self._options, name, python, opt)
        with ExitStack() as stack:
            attached = self._attached(name, argv)
            stack.callback(attached.remove)
            greeting = self._greeting(attached)
            if greeting is not None:
                stack.pop_all()
                return attached, greeting
            attached.exit_code()
            complaint = attached.complaint()
        if python in complaint and ("no such file" in complaint or "not found" in complaint):
            return None
        raise MeasurementError(
            f"{self._engine.name} could not start a container of {self._options.image} "
            f"({reason_in(complaint)})",
            remedy("fix that", words("use ", Parameter.RUNNER.of("local"))),
        )

    def _attached(self, name: str, argv: list[str]) -> AttachedContainer:
        try:
            return AttachedContainer(self._engine, name, argv, self._folder.path())
        except OSError as error:
            raise shortage_of(error) or MeasurementError(
                f"{self._engine.command} cannot be started ({error.strerror})",
                remedy("install it again", words("use ", Parameter.RUNNER.of("local"))),
            ) from error

    def _greeting(self, attached: AttachedContainer) -> dict[str, Any] | None:
        try:
            return attached.receive(START_TIMEOUT_S)
        except TimeoutError:
            raise MeasurementError(
                f"{self._engine.name} did not start a container of {self._options.image} within "
                f"{START_TIMEOUT_S:.0f} s",
                remedy("restart the engine", words("use ", Parameter.RUNNER.of("local"))),
            ) from None
