"""Time the machine while init runs."""

import sys

from importcost.probe.init.clocks import thread_time_ns
from importcost.probe.init.machinery import ImportMachinery

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class SpeedSamples:
    """Times a little fixed work again and again while the handler is imported.

    A machine's speed changes within seconds, and its samples tell how fast it was during this
    launch. They are taken where a module is about to be loaded, and are no part of init's time.
    """

    EVERY_NS = 4_000_000
    AT_BORDERS = 5
    COMPILED = "def f(a, b=1, *c):\n    return [x for x in c if a > b]\n"
    BODY = """
class Pair:
    __slots__ = ("left", "right")

    def __init__(self, left, right=None):
        self.left = left
        self.right = right

    @property
    def both(self):
        return (self.left, self.right)


def short(data, *, limit=10):
    found = {}
    for key, value in data.items():
        if isinstance(value, str):
            found[key] = value[:limit]
    return found


TABLE = {"name_%d" % number: str(number) for number in range(40)}
WORDS = " ".join(sorted(short(TABLE, limit=3).values())).title().lower().split()
PAIRS = [Pair(key, value).both for key, value in TABLE.items()]
"""

    def __init__(self, machinery: ImportMachinery) -> None:
        import _thread
        import marshal

        is_loaded = "gc" in sys.modules
        import gc

        if not is_loaded:
            del sys.modules["gc"]  # the handler's own import of it must cost what it costs
        self._gc = (gc.isenabled, gc.disable, gc.enable)
        self._ident, self._thread = _thread.get_ident, _thread.get_ident()
        self._loads, self._compile, self._exec = marshal.loads, compile, exec
        # Bound now, like these: the handler may replace built-in functions.
        self._len, self._at_borders = len, (None,) * self.AT_BORDERS
        self._data = marshal.dumps(compile(self.BODY, "<speed>", "exec"))
        self._external = machinery.external
        self._is_on = False
        self._begin = self._last = self._spent = 0
        self._found: list[Any] = []

    def start(self) -> None:
        """Take the first samples, and go on with each module that is loaded."""
        real = self._external.cache_from_source

        def cache_from_source(*args: "Any", **options: "Any") -> "Any":
            is_here = self._is_on and self._ident() == self._thread
            if is_here and thread_time_ns() - self._last >= self.EVERY_NS:
                self._sample()
            return real(*args, **options)

        self._external.cache_from_source = cache_from_source
        self._found, self._spent = self._at_border(0), 0
        self._is_on = True
        self._begin = self._last = thread_time_ns()

    def _at_border(self, own_ns: int) -> "list[Any]":
        """Return the middle one of a few samples, in a list: a short init has no others."""
        self._found = []
        for _ in self._at_borders:
            self._sample()
        took = [sample[1] for sample in self._found]
        took.sort()
        return [[own_ns, took[self._len(took) // 2]]] if took else []

    def _sample(self) -> None:
        is_enabled, disable, enable = self._gc
        begin = thread_time_ns()
        collects = is_enabled()
        disable()  # a collection of the handler's objects is the handler's time
        try:
            started = thread_time_ns()
            self._exec(self._loads(self._data), {"__name__": "speed"})
            self._compile(self.COMPILED, "<speed>", "exec")
            self._found.append([begin - self._begin - self._spent, thread_time_ns() - started])
        except Exception:  # noqa: BLE001, S110 - too deep a recursion: this sample is left out
            pass
        if collects:
            enable()
        self._last = thread_time_ns()
        self._spent += self._last - begin

    def finish(self, result: "Any") -> None:
        """Take the last samples, and keep all of them and init's own time in the result."""
        self._is_on = False
        span = result["phases"]["function_init"]
        for clock in ("wall_ns", "cpu_ns", "process_cpu_ns"):
            span[clock] -= self._spent
        during = self._found
        result["speed_samples"] = during + self._at_border(span["cpu_ns"])
