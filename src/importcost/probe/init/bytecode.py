"""Let the loader see the bytecode that the deployed package will have."""

import sys

from importcost.probe.init.machinery import ImportMachinery
from importcost.probe.init.modules import is_stdlib
from importcost.probe.init.own import own_open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def _hash_based(path: str, magic: bytes) -> bool:
    try:
        with own_open(path, "rb") as stream:
            head = stream.read(8)
    except OSError:
        return False
    return head[:4] == magic and len(head) == 8 and bool(head[4] & 1)


def _is_asked_by(codes: "Any") -> bool:
    """Return True if the nearest caller outside of the probe runs one of `codes`."""
    frame: Any = sys._getframe(2)
    while frame is not None and frame.f_code.co_filename == _is_asked_by.__code__.co_filename:
        frame = frame.f_back
    return frame is not None and frame.f_code in codes


def _answer_the_loader(machinery: ImportMachinery, treated: "Any") -> None:
    """Give the loader `treated` for cache_from_source.

    Whoever else asks (py_compile, the handler) wants the name of a file, not to load one.
    """
    loader = machinery.external.SourceLoader.get_code
    # The second gives a module its __cached__.
    loading = [one.__code__ for one in (loader, getattr(machinery.external, "_get_cached", loader))]

    def cache_from_source(*args: "Any", **options: "Any") -> str:
        asked = treated if _is_asked_by(loading) else machinery.cache_from_source
        return str(asked(*args, **options))

    machinery.external.cache_from_source = cache_from_source


def treat_bytecode(
    os: "Any", spec: "Any", kind: str, machinery: ImportMachinery, stdlib_dirs: "tuple[str, ...]"
) -> None:
    """Make the loader see the bytecode that the deployed package will have.

    A loader for which cache_from_source raises NotImplementedError compiles and caches nothing.
    Lambda's read-only /var/task does the same to absent and stale bytecode.
    """
    if spec["bytecode"] == "as-is":
        return
    sys.dont_write_bytecode = kind != "warm-up"
    folder = spec["bytecode_dir"]
    brought = tuple(one + os.sep for one in spec.get("runtime_packages") or ())
    kept = brought + ((spec["runtime_dir"] + os.sep,) if spec["runtime_dir"] else ())
    # A ZIP has such a folder only if the runtime's packages were installed without bytecode.
    is_bare = folder is not None and spec["bytecode"] == "zip"
    tag = "." + str(sys.implementation.cache_tag) + ".pyc"
    replaced = spec.get("replacements") or {}
    # Instrumented or replaced text must not be hidden by bytecode of the original.
    compiled = set(spec["timed_files"]) if kind == "statements" else set()
    key = str(spec.get("variant") or "")
    beside = _bytecode_beside(os, spec, machinery, replaced)

    def cache_from_source(path: "Any", *given: "Any", **options: "Any") -> str:
        # Python 3.15 has no second parameter any more, the deprecated debug_override.
        path = os.fspath(path)
        if path in compiled:
            raise NotImplementedError("importcost: compiled with its statements timed")
        if is_bare and path.startswith(brought) and path not in replaced:
            return str(os.path.join(folder, os.path.abspath(path).lstrip(os.sep) + tag))
        if path.startswith(kept) or is_stdlib(path, stdlib_dirs):
            if sys.dont_write_bytecode:
                return str(machinery.cache_from_source(path, *given, **options))
        elif folder and spec["bytecode"] in ("image", "local"):
            place = os.path.join(folder, key) if path in replaced else folder
            made = str(os.path.join(place, os.path.abspath(path).lstrip(os.sep) + tag))
            return beside(path) or made
        elif path not in replaced:
            cached = str(machinery.cache_from_source(path, *given, **options))
            if _hash_based(cached, machinery.external.MAGIC_NUMBER):
                return cached
        raise NotImplementedError("importcost: as deployed, this file has no valid bytecode")

    _answer_the_loader(machinery, cache_from_source)


def _bytecode_beside(os: "Any", spec: "Any", machinery: ImportMachinery, replaced: "Any") -> "Any":
    """Return a function from a source to the bytecode beside it, empty if that is not to be used.

    Installed packages have theirs. Where the user edits, it may be stale, and none is written.
    """
    own = tuple(one + os.sep for one in (spec.get("plain") or {}).get("own", ()))

    def beside(path: str) -> str:
        if spec["bytecode"] != "local" or path in replaced or path.startswith(own):
            return ""
        native = str(machinery.cache_from_source(path))
        return native if os.path.exists(native) else ""

    return beside


def bytecode_state(os: "Any", origin: "str | None", machinery: ImportMachinery) -> str:
    """Return the state of the bytecode beside a module's source."""
    if origin is None or not origin.endswith(".py"):
        return "not-applicable"
    try:
        with own_open(machinery.cache_from_source(origin), "rb") as stream:
            head = stream.read(16)
        info = os.stat(origin)
    except NotImplementedError:
        return "not-applicable"
    except OSError:
        return "absent"
    if len(head) < 16 or head[:4] != machinery.external.MAGIC_NUMBER:
        return "stale"
    flags = int.from_bytes(head[4:8], "little")
    if flags & 1:
        return "checked-hash" if flags & 2 else "unchecked-hash"
    mtime = int.from_bytes(head[8:12], "little")
    size = int.from_bytes(head[12:16], "little")
    fresh = mtime == int(info.st_mtime) & 0xFFFFFFFF and size == info.st_size & 0xFFFFFFFF
    return "valid" if fresh else "stale"
