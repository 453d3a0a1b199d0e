"""The recording endpoint of one `importcost defer --record`: started, or refused."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from importcost.app.profile.bench import Bench
from importcost.app.profile.request import HOST_NETWORK, Listener
from importcost.errors import UsageError, remedy, words
from importcost.measure.recording.endpoint import open_recorder
from importcost.parameters import Parameter


@contextlib.contextmanager
def recorded(bench: Bench, listener: Listener, *, is_asked: bool) -> Iterator[Bench]:
    """Give a bench whose invocations are recorded, as long as the context is open.

    Without `is_asked` it is the bench itself. Raises UsageError if its launches cannot reach the
    endpoint, or have no function to call; MeasurementError if the endpoint does not start.
    """
    if not is_asked:
        yield bench
        return
    target = bench.subject.target
    if target.function is None:
        raise UsageError(
            f"--record calls the handler, and {target.handler_file} alone does not say which "
            "function that is: write FILE.py:function."
        )
    if bench.runner.image is not None and bench.request.network != HOST_NETWORK:
        raise UsageError(
            "--record answers on 127.0.0.1 of this machine, which a container without its network "
            "does not reach",
            remedy(
                words("add ", Parameter.NETWORK.of(HOST_NETWORK)),
                words("use ", Parameter.RUNNER.of("local")),
            ),
        )
    with open_recorder() as recorder:
        listener.detail(f"Recording AWS calls on 127.0.0.1, port {recorder.port}.")
        yield replace(bench, recorder=recorder)
