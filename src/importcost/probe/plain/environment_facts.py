"""Runs in the measured interpreter: finds a module or a console script, and imports neither.

Started as `python -s environment_facts.py WANTED RESULT`; WANTED is a JSON file with
  folders  folders that come first on sys.path
  module   the dotted name of a module, or null
  script   the name of a console script, or null
RESULT gets, as JSON,
  module   null, or {kind: "source", "extension", "namespace", "built in", "bytecode", "missing" or
           "unknown" (its package is there and may make it), file, folder (that holds its top-level
           package; null if no folder does), is_loaded (by any interpreter that starts)}
  names    the importable top-level names, if the module is missing
  tops     {distribution: its top-level names}, if the module is missing
  script   null, or {value: "package.module:function", distribution}
  scripts  the names of all console scripts, if the wanted one is not among them
  scripts_folder  where installers put scripts
Standard library only, Python 3.9 to 3.15.
"""

import sys

LOADED = set(sys.modules)  # before anything is imported here

import importlib.machinery  # noqa: E402
import importlib.metadata  # noqa: E402
import importlib.util  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402
import pkgutil  # noqa: E402
import sysconfig  # noqa: E402

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_KINDS = (
    ("source", importlib.machinery.SOURCE_SUFFIXES),
    ("extension", importlib.machinery.EXTENSION_SUFFIXES),
    ("bytecode", importlib.machinery.BYTECODE_SUFFIXES),
)


def _kind_of(file: "str | None") -> str:
    for kind, suffixes in _KINDS:
        if file and file.endswith(tuple(suffixes)):
            return kind
    return "unknown"


def _described(kind: str, file: "str | None", folder: "str | None") -> "dict[str, Any]":
    return {"kind": kind, "file": file, "folder": folder, "is_loaded": False}


def module_place(name: str) -> "dict[str, Any]":
    """Find a module by name without importing its package."""
    top, *rest = name.split(".")
    # What only this file imported, json for one, may be another module by the user's path.
    own = None if top in LOADED else sys.modules.pop(top, None)
    try:
        spec = (
            importlib.util.find_spec(top) if top not in sys.modules else sys.modules[top].__spec__
        )
    except (ImportError, ValueError, AttributeError):
        spec = None
    if own is not None:
        sys.modules[top] = own
    if spec is None:
        return _described("missing", None, None)
    places = list(spec.submodule_search_locations or ())
    if not spec.has_location and not places:
        return {**_described("built in", None, None), "is_loaded": name in LOADED}
    file = spec.origin if spec.has_location else None
    folder = os.path.dirname(os.path.dirname(file) if places and file else file or places[0])
    found = _described(_kind_of(file) if file else "namespace", file, folder)
    for part in rest:
        found = _inside(places, part, folder)
        places = [found["file"]] if found["kind"] == "namespace" else []
        if found["file"] and os.path.basename(found["file"]).startswith("__init__."):
            places = [os.path.dirname(found["file"])]
    return {**found, "is_loaded": name in LOADED}


def _inside(places: "list[str]", part: str, folder: str) -> "dict[str, Any]":
    """Find a module of a package in its folders; a package may also make modules as it likes."""
    for place in places:
        for base in (os.path.join(place, part, "__init__"), os.path.join(place, part)):
            for kind, suffixes in _KINDS:
                for suffix in suffixes:
                    if os.path.isfile(base + suffix):
                        return _described(kind, base + suffix, folder)
        if os.path.isdir(os.path.join(place, part)):
            return _described("namespace", os.path.join(place, part), folder)
    return _described("unknown", None, folder)


def _tops() -> "dict[str, list[str]]":
    found: dict[str, list[str]] = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        listed = (distribution.read_text("top_level.txt") or "").split()
        if not listed:
            files = [file.parts for file in distribution.files or ()]
            listed = [
                parts[0] if len(parts) > 1 else parts[0].partition(".")[0]
                for parts in files
                if parts[-1].endswith((".py", *importlib.machinery.EXTENSION_SUFFIXES))
            ]
        if name:
            named = {top for top in listed if top.isidentifier() and not top.startswith("__")}
            found[name] = sorted(named)
    return found


def _scripts() -> "dict[str, dict[str, str]]":
    found: dict[str, dict[str, str]] = {}
    for distribution in importlib.metadata.distributions():
        for entry in distribution.entry_points:
            if entry.group == "console_scripts" and entry.name not in found:
                owner = distribution.metadata["Name"] or ""
                found[entry.name] = {"value": entry.value, "distribution": owner}
    return found


def facts(wanted: "dict[str, Any]") -> "dict[str, Any]":
    """Return what is described at the head of this file."""
    sys.path[:0] = wanted["folders"]
    importlib.invalidate_caches()
    answer: dict[str, Any] = dict.fromkeys(("module", "names", "tops", "script", "scripts"))
    answer["scripts_folder"] = sysconfig.get_path("scripts")
    if wanted["module"]:
        answer["module"] = module_place(wanted["module"])
        if answer["module"]["kind"] == "missing":
            names = {module.name for module in pkgutil.iter_modules()}
            answer["names"] = sorted(names | set(getattr(sys, "stdlib_module_names", ())))
            answer["tops"] = _tops()
    if wanted["script"]:
        scripts = _scripts()
        answer["script"] = scripts.get(wanted["script"])
        answer["scripts"] = sorted(scripts) if answer["script"] is None else None
    return answer


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as stream:
        asked = json.load(stream)
    sys.path[:1] = []  # the folder of this file
    with open(sys.argv[2] + ".part", "w", encoding="utf-8") as stream:
        json.dump(facts(asked), stream)
    os.replace(sys.argv[2] + ".part", sys.argv[2])
