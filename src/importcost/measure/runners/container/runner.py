"""The container runner: one throwaway container, laid out as Lambda's, carries all runs.

The container's main process is launcher.py, which starts one interpreter per job. It ends when its
standard input closes, and `--rm` then removes the container, so nothing survives this process,
whatever ends it. The launcher takes about 10 MB of the memory limit, about as much as the Lambda
runtime itself. Files in /tmp count towards the limit (on Lambda they do not).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from importcost.errors import MeasurementError, remedy, words
from importcost.measure.runners.base import (
    InterpreterFacts,
    Launch,
    Layout,
    command_line,
    raise_if_flooded,
)
from importcost.measure.runners.container.host_folder import HostFolder
from importcost.measure.runners.container.inside import (
    HOME,
    SCRATCH_DIR,
    THROTTLED_BELOW_CPUS,
    ContainerOptions,
)
from importcost.measure.runners.container.start import ContainerStarter, StartedContainer
from importcost.measure.runners.discreet import discreet
from importcost.measure.runners.engines import Engine, reason_in
from importcost.measure.runners.facts import facts_program, load_result, odd_result, parse_facts
from importcost.measure.runners.killed_runs import sweep_killed_runs
from importcost.parameters import Parameter
from importcost.processes.shortage import shortage_of

ROWS_LIMIT_BYTES = 8 * 1024 * 1024  # some 100,000 rows
FACTS_TIMEOUT_S = 60.0
ANSWER_GRACE_S = 30.0
KILLED = 137
SIGKILL = 9


class ContainerRunner:
    """Launches interpreters in one container that is removed on every way out.

    A context manager; the engine must run and have the image (see `engines.choose`).
    """

    def __init__(self, engine: Engine, options: ContainerOptions) -> None:
        self._engine = engine
        self._options = options
        self._folder = HostFolder()
        self._starter = ContainerStarter(engine, options, self._folder)
        self._started: StartedContainer | None = None
        self._layout: Layout | None = None
        self._facts: InterpreterFacts | None = None

    @property
    def name(self) -> str:
        """Return the engine's name."""
        return self._engine.name

    @property
    def image(self) -> str | None:
        """Return the image."""
        return self._options.image

    @property
    def container_name(self) -> str | None:
        """The running container's name, or None."""
        return self._started.attached.name if self._started else None

    @property
    def layout(self) -> Layout:
        """The places of the folders inside; known once the container has been started."""
        if self._layout is None:
            raise MeasurementError("The container has not been started; report this as a bug.")
        return self._layout

    def __enter__(self) -> ContainerRunner:
        sweep_killed_runs()
        try:
            self._running()
        except BaseException:
            self._clean_up()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the container and the merged layers."""
        self._clean_up()

    def _clean_up(self) -> None:
        try:
            self._drop()
        finally:
            self._folder.remove()

    def _drop(self) -> None:
        started, self._started = self._started, None
        if started is not None:
            started.attached.remove()

    def _running(self) -> StartedContainer:
        """Return the container; a new one if it ended with the run before."""
        if self._started is None:
            self._started = self._starter.start()
            self._layout = self._started.layout
        return self._started

    def facts(self) -> InterpreterFacts:
        """Return the facts of the Python inside. Raises MeasurementError if it cannot start."""
        if self._facts is None:
            # Not in the task root: its json.py would be imported.
            args = ("-c", facts_program(), "{scratch}/result.json")
            launch = self._launch(args, {}, FACTS_TIMEOUT_S, cwd="/")
            if launch.result is None:
                raise MeasurementError(
                    f"The Python in {self._options.image} does not answer "
                    f"({reason_in(launch.rows_text.decode('utf-8', 'replace'))})",
                    remedy(words("name another image with ", Parameter.IMAGE)),
                )
            self._facts = parse_facts(launch.result)
        return self._facts

    def launch(
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),  # noqa: ARG002 - bytecode lies in the container's own /tmp
    ) -> Launch:
        """Run the interpreter once; see `Runner.launch`."""
        launch = self._launch(python_args, files, timeout_s, cwd=self.layout.task_root)
        return discreet(launch, self._options.secrets)

    def _launch(
        self, args: tuple[str, ...], files: Mapping[str, str], timeout_s: float, cwd: str
    ) -> Launch:
        started = self._running()
        argv, variables = command_line(started.python, args)
        basis = job_basis(self._options, started.variables)
        started.attached.send(
            {
                **basis,
                "argv": argv,
                "env": {**basis["env"], **variables},
                "cwd": cwd,
                "timeout_s": timeout_s,
                "files": dict(files),
            }
        )
        try:
            answer = started.attached.receive(timeout_s + ANSWER_GRACE_S)
        except TimeoutError:
            self._drop()
            raise MeasurementError(
                f"The container of {self._options.image} stopped answering",
                remedy(
                    words("try again, with more ", Parameter.MEMORY, " if it happens again"),
                    words("use ", Parameter.RUNNER.of("local")),
                ),
            ) from None
        if answer is None:
            return self._died(started)
        if "error" in answer:
            refused = OSError(answer["errno"], answer["error"], answer["path"])
            raise shortage_of(refused) or MeasurementError(
                f"{started.python} in {self._options.image} cannot be started ({answer['error']})",
                remedy(words("name another image with ", Parameter.IMAGE)),
            )
        raise_if_flooded(answer["rows_cut"], args)
        return _as_launch(answer)

    def _died(self, started: StartedContainer) -> Launch:
        """Judge a container that ended during a run."""
        code = started.attached.exit_code()
        complaint = started.attached.complaint()
        self._drop()
        if code == KILLED:
            return Launch(-SIGKILL, False, True, 0, b"", None, "", 0)
        raise MeasurementError(
            f"The container of {self._options.image} ended during a run with exit code {code} "
            f"({reason_in(complaint)})",
            remedy("try again", words("use ", Parameter.RUNNER.of("local"))),
        )


def job_basis(options: ContainerOptions, variables: Mapping[str, str]) -> dict[str, Any]:
    """Return the common part of all jobs of a container; see `launcher`."""
    return {
        # The whole environment, because the engine would add variables that Lambda does not set.
        "env": {"HOME": HOME, **variables, **options.env},
        "scratch_parent": SCRATCH_DIR,
        "rows_limit_bytes": ROWS_LIMIT_BYTES,
        "contained": True,
        "throttled": options.cpus < THROTTLED_BELOW_CPUS,
    }


def _as_launch(answer: Mapping[str, Any]) -> Launch:
    failed = answer["exit_code"] != 0 and not answer["timed_out"]
    return Launch(
        exit_code=answer["exit_code"],
        timed_out=answer["timed_out"],
        out_of_memory=failed and answer["oom_kills"] > 0,
        total_wall_us=answer["total_wall_us"],
        rows_text=base64.b64decode(answer["rows"]),
        result=load_result(answer["result"]),
        tampered=odd_result(answer["result"], answer["result_odd"]),
        output_tail=answer["output_tail"],
        output_bytes=answer["output_bytes"],
    )
