"""Use case: look at a profile in snakeviz."""

from __future__ import annotations

from collections.abc import Callable

from importcost.processes.snakeviz import serve_profile


def view_in_snakeviz(stats: bytes, name: str, on_ready: Callable[[str], None]) -> None:
    """Serve a pstats file with snakeviz and call `on_ready` with the address once it answers.

    It returns only by an exception: KeyboardInterrupt is how a user ends it, and leaves nothing
    behind. Raises MeasurementError if the server does not start, or ends by itself.
    """
    with serve_profile(stats, name) as server:
        on_ready(server.url)
        server.wait()
