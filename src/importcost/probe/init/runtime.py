"""Do what the runtime does before it imports a handler, or nothing where none starts."""

import sys

from importcost.probe.init.clocks import read_clocks, read_clocks_at_end, span_between
from importcost.probe.init.marks import PhaseMarks
from importcost.probe.init.own import own_modules, own_open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def keep_output_off_rows(os: "Any", is_server: bool) -> None:
    """Send the handler's output to file descriptor 1: descriptor 2 belongs to the rows."""
    out = os.dup(1)
    stream = own_open(out, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
    sys.stderr = sys.__stderr__ = stream  # type: ignore[misc]
    # A forked copy would print its rows a second time, and a spawned interpreter its own.
    if not is_server:
        os.register_at_fork(after_in_child=lambda: os.dup2(1, 2))
    xoptions = getattr(sys, "_xoptions", {})
    xoptions.pop("importtime", None)


def _preload_runtime(spec: "Any") -> "str | None":
    """Import the modules that the Lambda runtime loads before it imports the handler.

    Return the version of the real awslambdaric, or None for its list of modules. Nothing is loaded
    where there is neither: no runtime imports the handler.
    """
    if not spec["runtime_dir"] and not spec["runtime_modules"]:
        return None
    if spec["runtime_dir"]:
        sys.path.insert(0, spec["runtime_dir"])
    try:
        import awslambdaric.bootstrap
        import awslambdaric.lambda_runtime_client
    except ImportError:
        loaded = None
    else:
        loaded = awslambdaric.__version__
    if spec["runtime_dir"]:
        sys.path.remove(spec["runtime_dir"])
    if loaded is None:
        for name in spec["runtime_modules"]:
            try:
                __import__(name)
            except ImportError:
                pass
    return loaded


def _lay_out_path(os: "Any", spec: "Any") -> None:
    """Put Lambda's folders first on sys.path and run their `.pth` files, as the runtime does."""
    folders = list(spec["search_path"])
    if spec["runtime_dir"]:
        folders.append(spec["runtime_dir"])
    sys.path[:0] = folders
    for folder in folders:
        try:
            names = sorted(name for name in os.listdir(folder) if name.endswith(".pth"))
        except OSError:
            continue
        if names:
            import site

            known = set(sys.path)
            for name in names:
                site.addpackage(folder, name, known)


def _add_site_builtins() -> None:
    """Give `exit`, `help` and their like to an interpreter that was started without site.

    Handlers call exit(), and on Lambda they can.
    """
    if not sys.flags.no_site:
        return
    import site

    for add in ("setquit", "setcopyright", "sethelper"):
        getattr(site, add)()


def start_runtime(os: "Any", spec_file: str, marks: "PhaseMarks", result: "Any") -> "Any":
    """Do what the runtime does before the handler, time it, and return the spec."""
    marks.write("runtime")
    begin = read_clocks()
    before = set(sys.modules)
    # json is part of the runtime's own preload: its cost belongs to this phase.
    import json

    own_modules.update({name: sys.modules[name] for name in ("os", "json", "json.encoder")})
    with own_open(spec_file, "rb") as stream:
        spec = json.loads(stream.read())
    if spec.get("recording"):
        spec["unrecorded"] = _record_network(spec["recording"])
    has_runtime = spec["runtime_dir"] or spec["runtime_modules"]
    if spec.get("server") or spec.get("plain") or not has_runtime:
        return _start_nothing(os, spec, spec_file, marks, result, before)
    _add_site_builtins()
    result["runtime"] = _preload_runtime(spec)
    _lay_out_path(os, spec)
    if spec.get("configured_handler"):
        _take_handler(os, spec)
    result["phases"]["runtime"] = span_between(begin, read_clocks_at_end())
    marks.write("probe")
    return spec


def _take_handler(os: "Any", spec: "Any") -> None:
    """Take the handler that the function's exec wrapper left in _HANDLER, as the runtime does."""
    handler = os.environ.get("_HANDLER") or ""
    module, dot, function = handler.rpartition(".")
    if handler != spec["configured_handler"] and dot:
        spec["module"], spec["function"] = module.replace("/", "."), function


def _start_nothing(
    os: "Any", spec: "Any", spec_file: str, marks: "PhaseMarks", result: "Any", before: "set[str]"
) -> "Any":
    """Prepare a process in which no runtime starts, and return the spec.

    What a server, a plain target or a handler that no runtime imports loads of json's modules must
    cost what it costs.
    """
    marks.write("probe")
    if spec.get("server"):
        with own_open(os.path.join(os.path.dirname(spec_file), spec["server"]), "rb") as stream:
            spec["server"] = own_modules["json"].loads(stream.read())
    spec["own_modules"] = sorted(set(sys.modules) - before)
    spec["before"] = before
    _add_site_builtins()
    _lay_out_path(os, spec)
    now = read_clocks()
    result["phases"]["runtime"] = span_between(now, now)
    return spec


def _record_network(recording: "Any") -> "Any":
    """Send the AWS calls of the handler to a recording endpoint; return the other places, a list.

    Before the runtime is imported: it may read the variables.
    """
    namespace: dict[str, Any] = {"__name__": "importcost_recorded_network"}
    exec(recording["program"], namespace)  # noqa: S102 - importcost's own program
    return namespace["install"](recording)
