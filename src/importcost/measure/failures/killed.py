"""Explain an interpreter's end by the signal that caused it."""

from __future__ import annotations

import signal

_CRASHES = ("SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGABRT", "SIGSYS", "SIGTRAP")
_TIMERS = {
    "SIGALRM": "signal.alarm or setitimer",
    "SIGPROF": "setitimer with ITIMER_PROF",
    "SIGVTALRM": "setitimer with ITIMER_VIRTUAL",
}
_LIMITS = {"SIGXCPU": "processor time (RLIMIT_CPU)", "SIGXFSZ": "a file's size (RLIMIT_FSIZE)"}

KILLED = (
    "either it took more memory than it may have (the kernel then ends it), or another process "
    "or its own os.kill ended it"
)
"""The possible causes of SIGKILL, which leaves no trace in the process that it ends."""


def killed_words(number: int, where: str) -> str:
    """Return the sentence for an interpreter that signal `number` ended while it imported."""
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if name in _TIMERS:
        return (
            f"A timer that {where} sets ({_TIMERS[name]}) ended the interpreter with {name} while "
            "it was imported: remove it from module level, or handle its signal."
        )
    if name in _LIMITS:
        return (
            f"The interpreter was ended with {name} while importing {where}: it went past a limit "
            f"of {_LIMITS[name]}; look for resource.setrlimit at module level."
        )
    if name in _CRASHES:
        return (
            f"The interpreter crashed with {name} while importing {where}: run the file with "
            "`python -X faulthandler` to see which extension module is at fault."
        )
    if name == "SIGKILL":
        return (
            f"The interpreter was ended with SIGKILL while importing {where}: {KILLED}; look for "
            "what takes memory and for os.kill at module level."
        )
    return (
        f"The interpreter was ended with {name} while importing {where}: look for os.kill and "
        f"signal.raise_signal at module level."
    )
