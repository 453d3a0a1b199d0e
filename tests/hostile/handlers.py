"""Handlers that do to their interpreter, or to what measures it, what no handler should.

One idea each. Every one is run on this machine and in containers (`test_handlers.py`), and its end
is told beside it: the exit code of `importcost profile`, and a part of what is said.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

MARK = "IMPORTCOST_MARK"
"""The variable whose value is in the name of every file that a handler leaves."""

# Where the probe's result and its rows go, as a handler can find out.
_SCRATCH = """
import os
with open("/proc/self/cmdline") as stream:
    RESULT = next(item for item in stream.read().split("\\0") if item.endswith("result.json"))
FOLDER = os.path.dirname(RESULT)
"""


@dataclass(frozen=True)
class Hostile:
    """A handler's source, and how measuring it ends.

    `code` is the exit code and `says` a part of the output, empty for a report. `inside` are both
    in a container, where that differs. `files` lie beside the handler, `words` are further options.
    A `fast` one is tried in every test run, the others in the slow ones. `runners` are where it
    can be tried at all, and one that `changes_own_files` does so on this machine only.
    """

    source: str
    code: int = 0
    says: str = ""
    inside: tuple[int, str] | None = None
    files: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    fast: bool = False
    runners: tuple[str, ...] = ("local", "podman", "docker")
    changes_own_files: bool = False

    def end(self, runner: str) -> tuple[int, str]:
        """Return the expected exit code and words on one runner."""
        return (self.code, self.says) if runner == "local" or not self.inside else self.inside


SHORT = ("--timeout", "2")

EXITS = {
    "os._exit 0": Hostile("import os\nos._exit(0)\n", 3, "os._exit, exit code 0", fast=True),
    "os._exit 7": Hostile("import os\nos._exit(7)\n", 3, "os._exit, exit code 7"),
    "sys.exit": Hostile("import sys\nsys.exit()\n", 3, "calls sys.exit(0)"),
    "sys.exit with a text": Hostile("import sys\nsys.exit('no \\x1b[31mway')\n", 3, "sys.exit("),
    "sys.exit with an object": Hostile(
        "import sys\nclass Odd:\n    def __repr__(self): raise OSError\nsys.exit(Odd())\n",
        3,
        "sys.exit(",
    ),
    "an exit in a thread": Hostile(
        "import sys, threading\nthread = threading.Thread(target=sys.exit)\nthread.start()\n"
        "thread.join()\n"
    ),
    "os._exit in a thread": Hostile(
        "import os, threading, time\nthreading.Thread(target=lambda: os._exit(9)).start()\n"
        "time.sleep(60)\n",
        3,
        "os._exit, exit code 9",
    ),
    "replaced by true": Hostile("import os\nos.execv('/bin/true', ['true'])\n", 3, "exit code 0"),
    "replaced by sleep": Hostile(
        "import os\nos.execv('/bin/sleep', ['sleep', '60'])\n",
        3,
        "did not end within 2 s",
        words=SHORT,
    ),
    "an exit handler that waits": Hostile("import atexit, time\natexit.register(time.sleep, 60)\n"),
    "an exit handler that exits": Hostile("import atexit, os\natexit.register(os._exit, 5)\n"),
    "a finalizer that waits": Hostile(
        "import time\nclass Odd:\n    def __del__(self): time.sleep(60)\nODD = Odd()\n"
    ),
    "sys.exit is replaced": Hostile("import sys\nsys.exit = None\n"),
}

SIGNALS = {
    "SIGKILL": Hostile("import os\nos.kill(os.getpid(), 9)\n", 3, "SIGKILL"),
    "SIGTERM": Hostile("import os\nos.kill(os.getpid(), 15)\n", 3, "SIGTERM"),
    "SIGSEGV": Hostile("import ctypes\nctypes.string_at(0)\n", 3, "SIGSEGV", fast=True),
    "SIGABRT": Hostile("import os\nos.abort()\n", 3, "SIGABRT"),
    "SIGBUS": Hostile("import os, signal\nos.kill(os.getpid(), signal.SIGBUS)\n", 3, "SIGBUS"),
    "its own group": Hostile("import os\nos.killpg(0, 9)\n", 3, "SIGKILL"),
    "SIGSTOP": Hostile(
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\n",
        3,
        "did not end within 2 s",
        words=SHORT,
    ),
    "every signal ignored": Hostile(
        "import signal\n"
        "for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:\n"
        "    signal.signal(number, signal.SIG_IGN)\n"
        "while True: pass\n",
        3,
        "did not end within 2 s",
        words=SHORT,
    ),
    "every signal blocked": Hostile(
        "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())\n"
    ),
    "children ignored": Hostile("import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"),
    "an alarm later": Hostile(
        "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.05)\n", fast=True
    ),
    "an alarm that raises later": Hostile(
        "import signal\ndef late(*_): raise RuntimeError('late')\n"
        "signal.signal(signal.SIGALRM, late)\nsignal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)\n"
    ),
    "a profiling timer": Hostile(
        "import signal\nsignal.setitimer(signal.ITIMER_PROF, 0.001, 0.001)\n"
    ),
    "a virtual timer": Hostile(
        "import signal\nsignal.setitimer(signal.ITIMER_VIRTUAL, 0.001, 0.001)\n"
    ),
    "a watchdog": Hostile(
        "import faulthandler\nfaulthandler.dump_traceback_later(0.05, exit=True)\n"
    ),
    "an alarm now": Hostile("import signal, time\nsignal.alarm(1)\ntime.sleep(60)\n", 3, "SIGALRM"),
}

WAITS = {
    "a loop": Hostile("while True: pass\n", 3, "did not end within 2 s", words=SHORT, fast=True),
    "a sleep": Hostile("import time\ntime.sleep(600)\n", 3, "did not end within 2 s", words=SHORT),
    "an event loop": Hostile(
        "import asyncio\nasyncio.new_event_loop().run_forever()\n",
        3,
        "did not end within 2 s",
        words=SHORT,
    ),
    "a lock taken twice": Hostile(
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n",
        3,
        "did not end within 2 s",
        words=SHORT,
    ),
    "standard input": Hostile("input('name? ')\n", 3, "EOFError"),
    "a pipe of its own": Hostile(
        "import os\nos.mkfifo('/tmp/pipe')\nopen('/tmp/pipe')\n",
        3,
        "did not end within 2 s",
        words=SHORT,
    ),
    "a thread for ever": Hostile(
        "import threading, time\nthreading.Thread(target=time.sleep, args=(600,)).start()\n",
        fast=True,
    ),
    "a busy thread": Hostile(
        "import threading\ndef spin():\n    while True: pass\n"
        "threading.Thread(target=spin, daemon=True).start()\n"
    ),
    "forty threads": Hostile(
        "import threading, time\nfor _ in range(40):\n"
        "    threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    ),
    "a thread that imports for ever": Hostile(
        "import sys, threading\ndef work():\n    while True:\n"
        "        sys.modules.pop('colorsys', None)\n        import colorsys\n"
        "threading.Thread(target=work, daemon=True).start()\n"
    ),
}

_DAEMON = """
import os, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(600)
    os._exit(0)
os.wait()
"""
CHILDREN = {
    "a child": Hostile(
        "import os, time\nif os.fork() == 0:\n    time.sleep(600)\n    os._exit(0)\n"
    ),
    "a child in a session of its own": Hostile(
        "import subprocess, sys\nsubprocess.Popen(['sleep', '600'], start_new_session=True)\n",
        fast=True,
    ),
    "a daemon": Hostile(_DAEMON, fast=True),
    "a daemon without the environment": Hostile(
        _DAEMON.replace("time.sleep(600)", "os.execve('/bin/sleep', ['sleep', '600'], {})")
    ),
    "a daemon that ignores signals": Hostile(
        "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "signal.signal(signal.SIGHUP, signal.SIG_IGN)\n" + _DAEMON
    ),
    "a daemon of one that never ends": Hostile(
        _DAEMON + "while True: pass\n", 3, "did not end within 2 s", words=SHORT
    ),
    "a daemon of one that fails": Hostile(_DAEMON + "1 / 0\n", 3, "ZeroDivisionError"),
    "a daemon of one that is killed": Hostile(_DAEMON + "os.kill(os.getpid(), 9)\n", 3, "SIGKILL"),
    "a chain of daemons": Hostile(
        "import os, time\nif os.fork() == 0:\n    os.setsid()\n    for _ in range(200):\n"
        "        if os.fork(): os._exit(0)\n        time.sleep(0.01)\n    time.sleep(600)\n"
        "    os._exit(0)\n"
    ),
    "a child that goes on": Hostile("import os\nos.fork()\n"),
    "a child that goes on alone": Hostile(
        "import os\nif os.fork(): os._exit(0)\nos.setsid()\nimport time\ntime.sleep(1)\n",
        3,
        "",
    ),
    "thirty children": Hostile(
        "import os, time\nfor _ in range(30):\n    if os.fork() == 0:\n        time.sleep(600)\n"
        "        os._exit(0)\n"
    ),
    "a child that holds the pipes": Hostile(
        "import subprocess\nsubprocess.Popen(['sleep', '600'], close_fds=False)\n"
    ),
    "a child that keeps writing": Hostile(
        "import subprocess\nsubprocess.Popen(['sh', '-c', 'while :; do echo x; echo y >&2; done'],"
        " start_new_session=True)\n"
    ),
    "a pool": Hostile(
        "import multiprocessing\nPOOL = multiprocessing.get_context('fork').Pool(2)\n"
    ),
    "a child interpreter": Hostile(
        "import subprocess, sys\n"
        "subprocess.run([sys.executable, '-X', 'importtime', '-c', 'import json'], check=True)\n"
    ),
    "a server": Hostile("import socket\nSERVER = socket.create_server(('127.0.0.1', 0))\n"),
}

DESCRIPTORS = {
    "1 closed": Hostile("import os\nos.close(1)\n"),
    "2 closed": Hostile("import os\nos.close(2)\n"),
    "0 closed": Hostile("import os\nos.close(0)\n"),
    "all closed": Hostile("import os\nos.closerange(0, 1024)\n", fast=True),
    "2 is a file": Hostile("import os\nos.dup2(os.open('/tmp/x', os.O_CREAT | os.O_RDWR), 2)\n"),
    "2 is a pipe that is full": Hostile(
        "import os\nread, write = os.pipe()\nos.set_blocking(write, False)\n"
        "try:\n    while True: os.write(write, bytes(4096))\nexcept BlockingIOError: pass\n"
        "os.dup2(write, 2)\n"
    ),
    "1 and 2 swapped": Hostile("import os\nnew = os.dup(1)\nos.dup2(2, 1)\nos.dup2(new, 2)\n"),
    "none left": Hostile(
        "import os\nKEPT = []\ntry:\n    while True: KEPT.append(os.open('/dev/null', 0))\n"
        "except OSError: pass\n"
    ),
    "streams replaced": Hostile("import sys\nsys.stdout = sys.stderr = sys.stdin = 7\n"),
    "streams closed": Hostile("import sys\nsys.stdout.close()\nsys.stderr.close()\n"),
    "2 is shut for writing": Hostile("import os\nos.dup2(os.open('/dev/null', os.O_RDONLY), 2)\n"),
}

OUTPUT = {
    "100 MB": Hostile(
        "import sys\nfor _ in range(100): sys.stdout.write('x' * 1_000_000)\n", says="printed 100"
    ),
    "without end": Hostile(
        "import os\nwhile True: os.write(1, bytes(65536))\n",
        3,
        "did not end within 2 s",
        words=SHORT,
    ),
    "on the row stream": Hostile(
        "import os\nfor _ in range(300): os.write(2, bytes(1_000_000))\n",
        3,
        "flooded file descriptor 2",
        inside=(3, ""),
    ),
    "escapes and workflow commands": Hostile(
        "print('\\n::error::inj\\x1b]0;pwn\\x07\\x9b31m')\n"
        "raise ValueError('a\\n::error::b\\x1b[2J')\n",
        3,
        "raised ValueError: a",
        fast=True,
    ),
    "bytes that are no text": Hostile("import os\nos.write(1, bytes(range(256)))\n"),
    "rows of its own": Hostile(
        "import os\nos.write(2, b'import time:      9999 |       9999 | forged\\n' * 100)\n"
        "os.write(2, b'import time: self [us] | cumulative | imported package\\n')\n"
    ),
    "rows past 64 bits": Hostile(
        "import os\nos.write(2, b'import time: ' + b'9' * 400 + b' | 1 | x\\n')\n"
    ),
    "an error of 50 MB": Hostile(
        "raise ValueError('x' * 50_000_000)\n", 3, "raised ValueError: xx"
    ),
}

RESULTS = {
    name: Hostile(
        _SCRATCH + f"with open(RESULT, 'w') as stream: stream.write({text!r})\nos._exit(0)\n",
        3,
        says,
        fast=name == "an empty object",
    )
    for name, text, says in (
        ("an empty object", "{}", "its result"),
        ("no object", "5", "its result"),
        ("half a text", '{"error": null, "pha', "its result"),
        ("an error that is a number", '{"error": 5}', "its result"),
        ("lists in lists", "[" * 200_000, "its result"),
        ("phases that are none", '{"error": null, "phases": {}}', "its result"),
        ("numbers past 64 bits", '{"error": null, "phases": ' + "9" * 5_000 + "}", "its result"),
        ("NaN", '{"error": null, "phases": NaN}', "its result"),
        ("nothing", "", "its result"),
    )
}
FORGED_PHASES = """
import json
span = dict.fromkeys(("wall_ns", "cpu_ns", "process_cpu_ns", "run_delay_ns"), VALUE)
phases = dict.fromkeys(("interpreter_start", "runtime", "function_init"), span)
with open(RESULT, "w") as stream:
    json.dump({"error": None, "phases": phases, "peak_rss_kb": 1, "graph": None}, stream)
os._exit(0)
"""
RESULTS |= {
    "times below zero": Hostile(_SCRATCH + FORGED_PHASES.replace("VALUE", "-1"), 3, "its result"),
    "times of years": Hostile(_SCRATCH + FORGED_PHASES.replace("VALUE", "10**30"), 3, "its result"),
    "times that are texts": Hostile(
        _SCRATCH + FORGED_PHASES.replace("VALUE", "'x'"), 3, "its result"
    ),
    "a pipe for the result": Hostile(_SCRATCH + "os.mkfifo(RESULT)\n", 0, ""),
    "a pipe for the result, and the end": Hostile(
        _SCRATCH + "os.mkfifo(RESULT)\nos._exit(0)\n", 3, "", fast=True
    ),
    "a folder for the result": Hostile(_SCRATCH + "os.mkdir(RESULT)\n", 3, "its result"),
    "a device for the result": Hostile(
        _SCRATCH + "os.symlink('/dev/zero', RESULT)\nos._exit(0)\n", 3, ""
    ),
    "the host's files for the result": Hostile(
        _SCRATCH + "os.symlink('/etc/passwd', RESULT)\nos._exit(0)\n", 3, ""
    ),
    "a gigabyte for the result": Hostile(
        _SCRATCH + "with open(RESULT, 'w') as stream: stream.truncate(1 << 30)\nos._exit(0)\n",
        3,
        "",
    ),
    "a pipe for the rows": Hostile(
        _SCRATCH + "ROWS = os.path.join(FOLDER, 'rows.log')\nos.unlink(ROWS)\nos.mkfifo(ROWS)\n"
    ),
    "no folder for the result": Hostile(
        _SCRATCH + "import shutil\nshutil.rmtree(FOLDER, ignore_errors=True)\n",
        inside=(3, "was removed while importcost used it"),
    ),
    "a folder that cannot be removed": Hostile(
        _SCRATCH + "os.makedirs(FOLDER + '/a/b/c')\nos.chmod(FOLDER + '/a/b', 0)\n"
        "os.chmod(FOLDER + '/a', 0)\n"
    ),
    "the probe's own files": Hostile(
        _SCRATCH + "for name in os.listdir(FOLDER):\n"
        "    if name.endswith(('.py', 'spec.json')): os.unlink(os.path.join(FOLDER, name))\n"
    ),
}

REPLACED = {
    "open": Hostile("import builtins\nbuiltins.open = None\n"),
    "__import__": Hostile("import builtins\nbuiltins.__import__ = None\n"),
    "an import that raises": Hostile(
        "import builtins\ndef refuse(*_, **__): raise ImportError('no')\n"
        "builtins.__import__ = refuse\n"
    ),
    "built-ins": Hostile(
        "import builtins\nfor name in ('len', 'print', 'isinstance', 'getattr', 'sorted', 'repr',"
        " 'str', 'type'):\n    setattr(builtins, name, None)\n"
    ),
    "os": Hostile(
        "import os\nfor name in ('write', 'replace', 'stat', 'getpid', '_exit', 'open', 'close'):\n"
        "    setattr(os, name, None)\n"
    ),
    "json": Hostile("import json\njson.dumps = json.dump = json.loads = None\n"),
    "time": Hostile(
        "import time\ntime.monotonic_ns = time.thread_time_ns = time.process_time_ns = None\n"
    ),
    "sys.modules": Hostile("import sys\nsys.modules.clear()\n", 3, "KeyError: "),
    "sys.modules without the probe's": Hostile(
        "import sys\nfor name in list(sys.modules):\n"
        "    if name not in ('sys', 'builtins', __name__): del sys.modules[name]\n"
    ),
    "its own module": Hostile(
        "import sys\nclass Odd:\n    def __getattr__(self, name): raise OSError(name)\n"
        "sys.modules[__name__] = Odd()\n"
    ),
    "no module": Hostile("import sys\nsys.modules[__name__] = None\n"),
    "sys.meta_path": Hostile("import sys\nsys.meta_path.clear()\n"),
    "sys.path": Hostile("import sys\nsys.path[:] = [None, 5, b'x']\n"),
    "an import hook that raises": Hostile(
        "import sys\nclass Odd:\n    def find_spec(self, *_): raise RuntimeError('hook')\n"
        "sys.meta_path.insert(0, Odd())\n"
    ),
    "a trace function": Hostile(
        "import sys\ndef trace(*_): raise RuntimeError('traced')\nsys.settrace(trace)\n",
        3,
        "RuntimeError: traced",
    ),
    "a profile function": Hostile(
        "import sys\ndef look(*_): raise RuntimeError('seen')\nsys.setprofile(look)\n",
        3,
        "RuntimeError: seen",
    ),
    "an audit hook that refuses to open": Hostile(
        "import sys\ndef hook(event, _):\n    if event == 'open': raise OSError('no file')\n"
        "sys.addaudithook(hook)\n",
        3,
        "no file",
    ),
    "an audit hook that refuses everything": Hostile(
        "import sys\ndef hook(event, _): raise OSError('nothing')\nsys.addaudithook(hook)\n",
        3,
        "nothing",
    ),
    "the garbage collector": Hostile(
        "import gc\ndef look(*_): raise RuntimeError('collected')\ngc.callbacks.append(look)\n"
        "gc.set_threshold(1)\n"
    ),
    "the hook of exceptions": Hostile(
        "import sys\nsys.excepthook = sys.unraisablehook = None\n1 / 0\n", 3, "ZeroDivisionError"
    ),
    "warnings": Hostile("import warnings\nwarnings.simplefilter('error')\n"),
    "encodings": Hostile(
        "import codecs, sys\nfor name in list(sys.modules):\n"
        "    if name.startswith('encodings'): sys.modules[name] = None\n"
    ),
    "the path's functions": Hostile(
        "import os.path\nos.path.join = os.path.dirname = os.path.realpath = None\n"
    ),
    "names of the module": Hostile("__name__ = __file__ = __spec__ = __loader__ = None\n"),
    "a module that raises when asked": Hostile(
        "import sys\nclass Odd:\n    def __getattr__(self, name): raise OSError(name)\n"
        "sys.modules['odd'] = Odd()\nsys.modules['odd.b'] = 5\n"
    ),
    "bytecode of its own": Hostile(
        "import compileall, importlib.util, py_compile, runpy\n"
        "with open('/tmp/m.py', 'w') as stream: stream.write('x = 1\\n')\n"
        "py_compile.compile('/tmp/m.py', doraise=True)\ncompileall.compile_file('/tmp/m.py')\n"
        "importlib.util.cache_from_source('/tmp/m.py')\nrunpy.run_path('/tmp/m.py')\n"
    ),
    "the import system": Hostile(
        "import importlib\nimportlib._bootstrap_external.cache_from_source = None\n"
        "importlib._bootstrap._find_and_load = None\n"
    ),
}

STATE = {
    "folder": Hostile("import os\nos.chdir('/')\n"),
    "a folder that is gone": Hostile(
        "import os\nos.mkdir('/tmp/gone')\nos.chdir('/tmp/gone')\nos.rmdir('/tmp/gone')\n"
    ),
    "umask": Hostile("import os\nos.umask(0o777)\n", fast=True),
    "environment": Hostile("import os\nos.environ.clear()\n"),
    "locale": Hostile(
        "import locale, os\nos.environ['LC_ALL'] = 'xx_YY.UTF-99'\n"
        "try: locale.setlocale(locale.LC_ALL, '')\nexcept locale.Error: pass\n"
    ),
    "no depth": Hostile("import sys\nsys.setrecursionlimit(60)\n"),
    "no large file": Hostile(
        "import resource as r\nr.setrlimit(r.RLIMIT_FSIZE, (0, r.getrlimit(r.RLIMIT_FSIZE)[1]))\n"
    ),
    "no descriptor": Hostile(
        "import resource as r\nr.setrlimit(r.RLIMIT_NOFILE, (3, r.getrlimit(r.RLIMIT_NOFILE)[1]))\n"
    ),
    "no memory": Hostile(
        "import resource as r\nr.setrlimit(r.RLIMIT_AS, (1 << 24, r.getrlimit(r.RLIMIT_AS)[1]))\n"
    ),
    "no memory for good": Hostile(
        "import resource as r\nr.setrlimit(r.RLIMIT_AS, (1 << 24, 1 << 24))\n", 3, ""
    ),
    "no processes": Hostile("import resource as r\nr.setrlimit(r.RLIMIT_NPROC, (0, 0))\n"),
    "no processor": Hostile(
        "import resource as r\nr.setrlimit(r.RLIMIT_CPU, (1, 1))\nwhile True: pass\n", 3, "SIG"
    ),
    "no stack": Hostile(
        "import resource as r\n"
        "r.setrlimit(r.RLIMIT_STACK, (1 << 16, r.getrlimit(r.RLIMIT_STACK)[1]))\n"
    ),
    "one processor": Hostile("import os\nos.sched_setaffinity(0, {0})\n"),
    "the last in line": Hostile("import os\nos.nice(19)\n"),
    "all memory": Hostile(
        "KEPT = []\nwhile True: KEPT.append(bytearray(1 << 24))\n",
        3,
        "memory",
        runners=("podman", "docker"),
    ),
}

FILES = {
    "in every temporary folder": Hostile(
        "import os\nfor folder in ('/tmp', '/var/tmp', '/dev/shm', os.path.expanduser('~')):\n"
        f"    try: open(f'{{folder}}/left-{{os.environ[\"{MARK}\"]}}', 'w').close()\n"
        "    except OSError: pass\n",
        fast=True,
    ),
    "1,500 folders deep": Hostile(
        "import os\nos.chdir('/tmp')\nfor _ in range(1500):\n    os.mkdir('d')\n    os.chdir('d')\n"
    ),
    "300 folders deep at home": Hostile(
        "import os\nos.chdir(os.path.expanduser('~'))\nfor _ in range(300):\n"
        "    try: os.mkdir('d')\n    except OSError: break\n    os.chdir('d')\n",
        inside=(3, "FileNotFoundError"),  # as on Lambda, there is no such folder
    ),
    "5,000 files": Hostile("for n in range(5000): open(f'/tmp/{n}', 'w').close()\n"),
    "folders that nobody may enter": Hostile(
        "import os\nos.makedirs('/tmp/a/b/c')\nfor f in ('/tmp/a/b/c', '/tmp/a/b', '/tmp/a'):\n"
        "    os.chmod(f, 0)\n"
    ),
    "a circle of links": Hostile(
        "import os\nos.symlink('/tmp/b', '/tmp/a')\nos.symlink('/tmp/a', '/tmp/b')\n"
        "os.symlink('.', '/tmp/here')\n"
    ),
    "names that are no text": Hostile(
        "import os\nfor name in (b'\\xff\\xfe', b'a\\nb', b'\\x1b[2J', b'-rf', b' '):\n"
        "    os.close(os.open(b'/tmp/' + name, os.O_CREAT))\n"
    ),
    "shared memory": Hostile(
        "from multiprocessing import shared_memory\n"
        "try: KEPT = shared_memory.SharedMemory(create=True, size=4096)\nexcept OSError: pass\n"
    ),
    "a socket": Hostile(
        "import socket\nKEPT = socket.socket(socket.AF_UNIX)\nKEPT.bind('/tmp/socket')\n"
    ),
    "its own file": Hostile(
        "import os\ntry: os.unlink(__file__)\nexcept OSError: pass\n",
        3,
        "handler.py was removed while it was measured",
        inside=(0, ""),
        changes_own_files=True,
    ),
    "its own folder": Hostile(
        "import os, shutil\nshutil.rmtree(os.path.dirname(__file__), ignore_errors=True)\n",
        3,
        "was removed while it was measured",
        inside=(0, ""),
        changes_own_files=True,
    ),
}

# What Python's own compiler cannot read fails on Lambda as it does here.
_TOO_DEEP = (0, "") if sys.version_info >= (3, 12) else (3, "RecursionError")
SOURCES = {
    "1,000 terms": Hostile("x = " + "+".join(["1"] * 1_000) + "\n", fast=True),
    "2,000 terms": Hostile("x = " + "+".join(["1"] * 2_000) + "\n"),
    "3,000 terms": Hostile("x = " + "+".join(["1"] * 3_000) + "\n", *_TOO_DEEP),
    "2,000 attributes": Hostile("class A: pass\na = A()\na.b = a\nx = a" + ".b" * 2_000 + "\n"),
    "2,000 calls": Hostile("def f(): return f\nx = f" + "()" * 2_000 + "\n"),
    "500 comparisons": Hostile("x = " + " < ".join(map(str, range(500))) + "\n"),
    "80 brackets": Hostile("x = " + "[" * 80 + "]" * 80 + "\n"),
    "5,000 brackets": Hostile("x = " + "[" * 5_000 + "]" * 5_000 + "\n", 3, "does not parse"),
    "90 indentations": Hostile(
        "".join("  " * n + "if True:\n" for n in range(90)) + "  " * 90 + "pass\n"
    ),
    "1,500 elifs": Hostile(
        "x = 5\nif x == -1: pass\n" + "".join(f"elif x == {n}: pass\n" for n in range(1_500))
    ),
    "3,000 lines": Hostile("".join(f"x{n} = {n}\n" for n in range(3_000))),
    "a megabyte in one line": Hostile("x = '" + "x" * 1_000_000 + "'\n"),
    "5,000 keys": Hostile("x = {" + ", ".join(f"{n}: {n}" for n in range(5_000)) + "}\n"),
    "2,000 functions": Hostile("".join(f"def f{n}(): return {n}\n" for n in range(2_000))),
    "NUL": Hostile("x = '\0'\n", 3, "SyntaxError"),
    "an encoding that is none": Hostile("# coding: klingon\nx = 1\n", 3, "SyntaxError"),
    "latin-1": Hostile("# coding: latin-1\nx = '\udce9'\n"),
    "not UTF-8": Hostile("x = '\udcff'\n", 3, "SyntaxError"),
    "a byte order mark": Hostile("\ufeffx = 1\n"),
    "carriage returns": Hostile("x = 1\ry = 2\r"),
    "form feeds": Hostile("\x0cx = 1\n\x0cy = 2\n"),
    "deep recursion": Hostile("def f(n): return n and f(n - 1)\nf(900)\n"),
    "endless recursion": Hostile("def f(): f()\nf()\n", 3, "RecursionError", fast=True),
    "deep literal": Hostile("import json\njson.loads('[' * 100_000)\n", 3, "RecursionError"),
    "digits": Hostile("int('9' * 10_000)\n", 3, "ValueError"),
}

RAISES = {
    "KeyboardInterrupt": Hostile("raise KeyboardInterrupt\n", 3, "KeyboardInterrupt"),
    "GeneratorExit": Hostile("raise GeneratorExit\n", 3, "GeneratorExit"),
    "MemoryError": Hostile("raise MemoryError\n", 3, "MemoryError"),
    "BaseException": Hostile("class Odd(BaseException): pass\nraise Odd('x')\n", 3, "Odd"),
    "a group": Hostile(
        "raise ExceptionGroup('many', [ValueError(n) for n in range(300)])\n", 3, "ExceptionGroup"
    ),
    "a text that raises": Hostile(
        "class Odd(Exception):\n    def __str__(self): raise RuntimeError\nraise Odd\n", 3, "Odd"
    ),
    "a text without end": Hostile(
        "class Odd(Exception):\n    def __str__(self):\n        while True: pass\nraise Odd\n",
        3,
        "did not end within 2 s",
        words=SHORT,
    ),
    "a name that is no text": Hostile(
        "class Odd(Exception): pass\nOdd.__name__ = 'a\\n::error::b\\x1b[2J'\nraise Odd\n",
        3,
        "raised a",
    ),
    "a circle of causes": Hostile(
        "a, b = ValueError('a'), ValueError('b')\na.__cause__, b.__cause__ = b, a\nraise a\n",
        3,
        "ValueError",
    ),
    "a long chain": Hostile(
        "def f(n):\n    try: raise ValueError(n)\n    except ValueError:\n"
        "        if n: f(n - 1)\n        raise\nf(300)\n",
        3,
        "ValueError",
    ),
    "a module of 300 characters": Hostile(
        "raise ModuleNotFoundError('no', name='x' * 300)\n", 3, "ModuleNotFoundError", fast=True
    ),
    "a module with NUL": Hostile(
        "raise ModuleNotFoundError('no', name='a\\0b')\n", 3, "ModuleNotFoundError"
    ),
    "a module outside": Hostile(
        "raise ModuleNotFoundError('no', name='../../etc')\n", 3, "ModuleNotFoundError"
    ),
    "a module that is a number": Hostile(
        "raise ModuleNotFoundError('no', name=5)\n", 3, "ModuleNotFoundError"
    ),
    "a module with escapes": Hostile(
        "raise ModuleNotFoundError('no', name='a\\n::error::b\\x1b[2J')\n",
        3,
        "ModuleNotFoundError",
    ),
    "an absent variable with escapes": Hostile("import os\nos.environ['A\\n::error::b\\x1b[2J']\n"),
    "a syntax error elsewhere": Hostile(
        "raise SyntaxError('odd', ('/etc/passwd', 10**9, 5, 'x' * 10_000))\n", 3, "odd"
    ),
    "a module that is itself": Hostile(
        "import sys\nsys.modules[__name__].absent\n", 3, "AttributeError"
    ),
}


def _beside(name: str, text: str, code: int = 0, says: str = "", **more: object) -> Hostile:
    return Hostile("import json, logging\nX = 1\n", code, says, files={name: text}, **more)  # type: ignore[arg-type]


SHADOWED = {
    "json.py": _beside("json.py", "raise RuntimeError('not the real one')\n", fast=True),
    "logging as a package": _beside("logging/__init__.py", "raise RuntimeError('not this')\n"),
    "re.py": _beside("re.py", "raise RuntimeError('not the real one')\n"),
    "typing.py": _beside("typing.py", "raise RuntimeError('not the real one')\n"),
    "threading.py": _beside("threading.py", "raise RuntimeError('not the real one')\n"),
    "ctypes.py": _beside("ctypes.py", "raise RuntimeError('not the real one')\n"),
    "selectors.py": _beside("selectors.py", "raise RuntimeError('not the real one')\n"),
    "site.py": _beside("site.py", "raise RuntimeError('not the real one')\n"),
    "sitecustomize.py": _beside("sitecustomize.py", "raise RuntimeError('not this')\n"),
    "usercustomize.py": _beside("usercustomize.py", "raise RuntimeError('not this')\n"),
    "encodings": _beside("encodings/__init__.py", "raise RuntimeError('not this')\n"),
    "probe.py": _beside("probe.py", "raise RuntimeError('not this')\n"),
    "importcost": _beside("importcost/__init__.py", "raise RuntimeError('not this')\n"),
    "awslambdaric": _beside("awslambdaric/__init__.py", "raise RuntimeError('not this')\n"),
    "a path file": _beside("odd.pth", "import os; os._exit(9)\n", 3, "exit code 9"),
    "bytecode that is none": _beside("__pycache__/handler.cpython-311.pyc", "not bytecode\n"),
    "an extension that is none": Hostile(
        "import odd\n", 3, "ImportError", files={"odd.so": "not a library\n"}
    ),
    "a package of the handler's name": Hostile(
        "X = 1\n", files={"handler/__init__.py": "import csv\n"}
    ),
}

OUTLIVING = {
    "memory of System V": Hostile(
        "import ctypes\nlibrary = ctypes.CDLL(None)\nassert library.shmget(0, 4096, 0o600) >= 0\n"
        "assert library.semget(0, 1, 0o600) >= 0\nassert library.msgget(0, 0o600) >= 0\n"
    ),
}

KINDS: Mapping[str, Mapping[str, Hostile]] = {
    "exits": EXITS,
    "signals": SIGNALS,
    "waits": WAITS,
    "children": CHILDREN,
    "descriptors": DESCRIPTORS,
    "output": OUTPUT,
    "results": RESULTS,
    "replaced": REPLACED,
    "state": STATE,
    "files": FILES,
    "sources": SOURCES,
    "raises": RAISES,
    "shadowed": SHADOWED,
    "outliving": OUTLIVING,
}
HANDLERS = {f"{kind}: {name}": one for kind, table in KINDS.items() for name, one in table.items()}
