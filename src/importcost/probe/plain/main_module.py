"""Part of the probe, for a target that is not a handler: a package, a statement or a program.

Executed by probe.py with its own name as the file, so that tracebacks leave these frames out as
well. Standard library only, Python 3.9 to 3.15; imports nothing that the target would then get for
free.
"""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only: importing typing would change what is measured
    from typing import Any


def install(machinery: "Any", plain: "Any") -> None:
    """Let the next import of `__main__` run the target as the interpreter runs a main module.

    A package is imported by its own name; its process has the arguments of `python -c`.
    """
    sys.argv = list(plain["argv"])
    if not plain["is_main"]:
        return
    # The stub's own module: its frames are still running.
    plain["stub"] = sys.modules.pop("__main__")
    sys.meta_path.insert(0, _main_finder(machinery, plain))


def _main_finder(machinery: "Any", plain: "Any") -> "Any":
    """Return the finder of `__main__` alone, which leaves sys.meta_path when it has found it."""
    external = machinery.external
    loader_class: Any = external.SourceFileLoader

    class MainLoader(loader_class):  # type: ignore[misc]
        """Loads the main module: never from bytecode, and its end by sys.exit(0) is no failure."""

        def get_data(self, path: str) -> bytes:
            text = plain["text"]
            return bytes(super().get_data(path)) if text is None else text.encode("latin-1")

        def get_code(self, fullname: str) -> "Any":
            return self.source_to_code(self.get_data(plain["file"]), plain["file"])

        def exec_module(self, module: "Any") -> None:
            module.__spec__ = module.__package__ = None
            for name in ("__cached__", "__path__"):
                module.__dict__.pop(name, None)
            try:
                exec(self.get_code("__main__"), module.__dict__)  # noqa: S102 - the target itself
            except SystemExit as ended:
                if ended.code not in (None, 0):
                    raise
            if plain["runs"]:
                _end_as_a_program_does()

    class MainFinder:
        """Finds the main module, once."""

        def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
            if name != "__main__":
                return None
            sys.meta_path[:] = [one for one in sys.meta_path if one is not self]
            loader = MainLoader(name, plain["file"])
            return external.spec_from_file_location(name, plain["file"], loader=loader)

    return MainFinder()


def _end_as_a_program_does() -> None:
    """Wait for threads and call the functions of atexit, as the interpreter does at its end."""
    threading = sys.modules.get("threading")
    if threading is not None:
        for call in reversed(list(getattr(threading, "_threading_atexits", ()))):
            call()
        for thread in threading.enumerate():
            if thread is not threading.current_thread() and not thread.daemon:
                thread.join()
    atexit = sys.modules.get("atexit")
    if atexit is not None:
        try:
            atexit._run_exitfuncs()
        except Exception as error:  # noqa: BLE001 - the interpreter prints it and ends, too
            print(error, file=sys.stderr)
