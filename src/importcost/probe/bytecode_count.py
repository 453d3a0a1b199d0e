"""Runs inside the measured interpreter: counts the bytecode instructions that init executes.

The probe executes this file, for a launch whose times are not used (see `bytecodes` in its spec).
The count is of the thread that imports the handler, between `start` and `stop`: every instruction
of Python code, the import system's own included. What native code does is not counted.

From Python 3.12 on sys.monitoring counts, before it a trace function. Nothing is imported but
what is built in. Standard library only, Python 3.9 to 3.15.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

NAME = "importcost"
TOOLS = (4, 3, 5)
"""Numbers of sys.monitoring's tools; debugger, coverage and profiler have others."""


class BytecodeCount:
    """Counts the instructions of the calling thread; `how` names the interface that counts."""

    def __init__(self) -> None:
        self._monitoring: Any = getattr(sys, "monitoring", None)
        self.how = "sys.settrace" if self._monitoring is None else "sys.monitoring"
        self._tool = -1
        self._trace: Any = None
        self._read: Any = None

    def start(self) -> None:
        """Begin to count. Raises RuntimeError if other tools take every number."""
        if self._monitoring is None:
            self._start_tracing()
        else:
            self._start_monitoring()

    def stop(self) -> "dict[str, Any]":
        """End counting; return the count, and whether something else took over meanwhile."""
        if self._monitoring is None:
            is_lost = sys.gettrace() is not self._trace
            sys.settrace(None)
        else:
            monitoring = self._monitoring
            is_lost = monitoring.get_tool(self._tool) != NAME
            if not is_lost:
                is_lost = not monitoring.get_events(self._tool)
                monitoring.set_events(self._tool, 0)
                monitoring.free_tool_id(self._tool)
        return {"count": self._read(), "how": self.how, "lost": is_lost}

    def _start_monitoring(self) -> None:
        from _thread import get_ident

        monitoring, count, thread = self._monitoring, 0, get_ident()

        def on_instruction(_code: "Any", _offset: int) -> None:
            nonlocal count
            if get_ident() == thread:
                count += 1

        self._read = lambda: count
        free = [tool for tool in TOOLS if monitoring.get_tool(tool) is None]
        if not free:
            raise RuntimeError("no tool of sys.monitoring is free")
        self._tool = free[0]
        monitoring.use_tool_id(self._tool, NAME)
        instruction = monitoring.events.INSTRUCTION
        monitoring.register_callback(self._tool, instruction, on_instruction)
        monitoring.set_events(self._tool, instruction)

    def _start_tracing(self) -> None:
        count = 0

        def on_event(frame: "Any", event: str, _arg: "Any") -> "Any":
            nonlocal count
            if event == "opcode":
                count += 1
            elif event == "call":
                frame.f_trace_opcodes = True
                frame.f_trace_lines = False
            return on_event

        self._read = lambda: count
        self._trace = on_event
        sys.settrace(on_event)
