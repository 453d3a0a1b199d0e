"""Runs at the start of the server's interpreter, as sitecustomize: finds bytecode as deployed.

Of a ZIP's files on Lambda, only hash-based bytecode is valid.
"""

import importlib._bootstrap_external as external
import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from typing import Any

loader: "Any" = external
folder = os.path.dirname(os.__file__)
stdlib = (folder + os.sep, os.path.realpath(folder) + os.sep)
real = loader.cache_from_source
named = os.environ.pop("IMPORTCOST_RUNTIME_PACKAGES", "")
brought = tuple(one + os.sep for one in named.split(os.pathsep) if one)


def cache_from_source(path: "Any", *args: "Any", **kwargs: "Any") -> "Any":
    """Return the path of a file's bytecode. Raises NotImplementedError if it is not valid."""
    found = real(path, *args, **kwargs)
    file = os.fspath(path)
    if file.startswith(brought) or (file.startswith(stdlib) and "-packages" not in file):
        return found
    try:
        with open(found, "rb") as stream:
            head = stream.read(8)
    except OSError:
        head = b""
    if len(head) == 8 and head[:4] == loader.MAGIC_NUMBER and head[4] & 1:
        return found
    raise NotImplementedError("as deployed, this file has no valid bytecode")


loader.cache_from_source = cache_from_source
