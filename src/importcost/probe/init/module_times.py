"""Tell a module's CPU time from the time in which it was blocked."""

from importcost.probe.init.clocks import monotonic_ns, run_delay_ns, thread_time_ns

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class ModuleTimes:
    """Measures each module's own time in a traced run, without its wait for a processor.

    Rows are wall time: on a busy machine a row that others interrupted is several times too long,
    and long rows are interrupted more often.
    """

    GAP_NS = 200_000
    """Wall time beyond CPU time from which on the kernel is asked how much of it was waiting."""

    def __init__(self, bootstrap: "Any") -> None:
        import _thread

        self._ident, self._thread = _thread.get_ident, _thread.get_ident()
        self._found: dict[str, list[int]] = {}
        self._loading: list[str] = []
        self._is_on = False
        self._cpu = self._wall = 0
        self._delay: int | None = None
        real = bootstrap._find_and_load

        def find_and_load(name: str, import_: "Any") -> "Any":
            if not self._is_on or self._ident() != self._thread:
                return real(name, import_)
            self._lap()
            self._loading.append(name)
            try:
                return real(name, import_)
            finally:
                self._lap()
                self._loading.pop()

        bootstrap._find_and_load = find_and_load

    def start(self) -> None:
        """Begin with the first lap."""
        self._delay = run_delay_ns()
        self._is_on = True
        self._cpu, self._wall = thread_time_ns(), monotonic_ns()

    def _lap(self) -> None:
        """Add the time since the last lap to the module that was being loaded."""
        cpu, wall = thread_time_ns() - self._cpu, monotonic_ns() - self._wall
        if self._loading:
            own = self._found.setdefault(self._loading[-1], [0, 0])
            own[0] += cpu
            gap = wall - cpu
            if gap > self.GAP_NS:
                delay = run_delay_ns()
                if delay is not None and self._delay is not None:
                    gap -= delay - self._delay
                self._delay = delay
                own[1] += gap if gap > 0 else 0
        self._cpu, self._wall = thread_time_ns(), monotonic_ns()

    def finish(self, result: "Any") -> None:
        """Keep the times in the result."""
        self._is_on = False
        result["module_times"] = self._found
