"""Answer the AWS calls that a handler makes while it is imported, with a mock on this machine.

Each launch finds the same account: empty but for what earlier launches looked for in vain, which is
made with a made-up value.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from importcost.app.profile.request import Listener, ProfileRequest
from importcost.measure.recording.endpoint import Recorder, open_recorder
from importcost.measure.recording.resources import NeededResource, missing_resources
from importcost.measure.runners.around import RunnerAround
from importcost.measure.runners.base import Launch, Runner
from importcost.parameters import Parameter

MOST_MADE = 50


@dataclass(slots=True)
class MockAws:
    """A running endpoint, and the resources that each launch finds there."""

    recorder: Recorder
    resources: list[NeededResource] = field(default_factory=list)

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the variables with which an AWS SDK calls the endpoint."""
        return self.recorder.environment

    def begin(self) -> None:
        """Make the account what every launch finds. Raises MeasurementError if it has ended."""
        self.recorder.begin(self.resources)

    def learn(self) -> bool:
        """Keep what the last launch's calls did not find; return True if there is any."""
        known = {(one.service, one.name, one.region) for one in self.resources}
        new = [
            one
            for one in missing_resources(self.recorder.recording())
            if (one.service, one.name, one.region) not in known
        ]
        self.resources += new[: MOST_MADE - len(self.resources)]
        return bool(new) and len(known) < len(self.resources)

    def operations(self) -> tuple[str, ...]:
        """Return the operations that the last launch called, each once."""
        calls = self.recorder.recording().calls
        return tuple(dict.fromkeys(f"{call.service} {call.operation}" for call in calls))

    def made(self) -> tuple[str, ...]:
        """Return what was made for the calls to find, in words."""
        return tuple(one.words for one in self.resources)


class MockedRunner(RunnerAround):
    """A runner each of whose launches finds the same account."""

    def __init__(self, inner: Runner, mock: MockAws) -> None:
        super().__init__(inner)
        self._mock = mock

    def launch(
        self,
        python_args: tuple[str, ...],
        files: Mapping[str, str],
        timeout_s: float,
        folders: tuple[str, ...] = (),
    ) -> Launch:
        """Run the interpreter once; see `Runner.launch`."""
        self._mock.begin()
        return super().launch(python_args, files, timeout_s, folders)


@contextlib.contextmanager
def open_mock(request: ProfileRequest, listener: Listener) -> Iterator[MockAws | None]:
    """Run the mock as long as the context is open; None if it was not requested.

    Raises UsageError if moto's server is not installed, MeasurementError if it does not start.
    """
    if not request.mock_aws:
        yield None
        return
    with open_recorder(asked=Parameter.MOCK_AWS) as recorder:
        listener.detail(f"Answering AWS calls on 127.0.0.1, port {recorder.port}.")
        yield MockAws(recorder)


def mocked(runner: Runner, mock: MockAws | None) -> Runner:
    """Return a runner whose launches begin with the mock's account, if there is one."""
    return runner if mock is None else MockedRunner(runner, mock)
