"""Use case: pack the Lambda layer that measures cold starts where they really run."""

from __future__ import annotations

import base64
import io
import json
import re
import shutil
import sys
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from importcost.errors import UsageError
from importcost.measure.programs import read_program
from importcost.processes.bounded import run

WRAPPER = "importcost-wrapper"
FOLDER = "importcost"
PROGRAMS = ("watch", "record")
OLDEST_MINOR, NEWEST_MINOR = 9, 15
COMPILE_TIMEOUT_S = 30.0
# Lambda unpacks a layer below /opt. Tracebacks name the files there.
_COMPILE = """
import base64, importlib.util, json, marshal, sys
found = {}
for name, text in json.loads(sys.argv[1]).items():
    code = compile(text, "/opt/importcost/" + name + ".py", "exec", dont_inherit=True, optimize=0)
    head = importlib.util.MAGIC_NUMBER + (1).to_bytes(4, "little")
    data = head + importlib.util.source_hash(text.encode()) + marshal.dumps(code)
    found[name] = base64.b64encode(data).decode()
print(json.dumps({"tag": sys.implementation.cache_tag, "files": found}))
"""
_TAG = re.compile(r"cpython-3(\d{1,2})")
# The oldest that a ZIP can hold; no file of the layer is judged by its date.
_DATE = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class PackedLayer:
    """A layer's ZIP, and the runtimes that it has bytecode for and has none for."""

    data: bytes
    compiled: tuple[str, ...]
    uncompiled: tuple[str, ...]


def pack_layer(pythons: Sequence[str]) -> PackedLayer:
    """Return the layer, with bytecode of each interpreter that is found here.

    `pythons` are more interpreters, paths or names on PATH. A runtime without bytecode compiles the
    layer's two files at each cold start. Raises UsageError for an interpreter that cannot be used.
    """
    texts = {name: read_program(f"layer/{name}.py") for name in PROGRAMS}
    bytecode: dict[int, Mapping[str, bytes]] = {}
    for named in pythons:
        found = _compiled(named, texts)
        if found is None:
            raise UsageError(
                f"{named} is not a CPython from 3.{OLDEST_MINOR} to 3.{NEWEST_MINOR} that starts"
                " here: name another interpreter with --interpreter, or leave it out."
            )
        bytecode.setdefault(*found)
    for python in (sys.executable, *_on_path()):
        found = _compiled(python, texts)
        if found is not None:
            bytecode.setdefault(*found)
    runtimes = {minor: f"python3.{minor}" for minor in range(OLDEST_MINOR, NEWEST_MINOR)}
    return PackedLayer(
        data=_zipped(texts, bytecode),
        compiled=tuple(name for minor, name in runtimes.items() if minor in bytecode),
        uncompiled=tuple(name for minor, name in runtimes.items() if minor not in bytecode),
    )


def _on_path() -> list[str]:
    names = (f"python3.{minor}" for minor in range(OLDEST_MINOR, NEWEST_MINOR + 1))
    return [found for found in map(shutil.which, names) if found]


def _compiled(python: str, texts: Mapping[str, str]) -> tuple[int, Mapping[str, bytes]] | None:
    """Return an interpreter's minor version and its bytecode of each program, or None."""
    try:
        done = run(
            [python, "-I", "-S", "-c", _COMPILE, json.dumps(texts)],
            timeout_s=COMPILE_TIMEOUT_S,
            cwd=Path("/"),
        )
        answer = json.loads(done.out)
        tag = _TAG.fullmatch(answer["tag"])
        files = {name: base64.b64decode(answer["files"][name]) for name in texts}
    except (OSError, ValueError, TypeError, KeyError):
        return None
    if tag is None or not OLDEST_MINOR <= int(tag[1]) <= NEWEST_MINOR:
        return None
    return int(tag[1]), files


def _zipped(texts: Mapping[str, str], bytecode: Mapping[int, Mapping[str, bytes]]) -> bytes:
    files: dict[str, bytes] = {WRAPPER: read_program("layer/wrapper.py").encode()}
    files |= {f"{FOLDER}/{name}.py": text.encode() for name, text in texts.items()}
    for minor, programs in sorted(bytecode.items()):
        for name, data in programs.items():
            files[f"{FOLDER}/__pycache__/{name}.cpython-3{minor}.pyc"] = data
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.create_system = 3  # the mode below is Unix's
            entry.external_attr = (0o100755 if name == WRAPPER else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)
    return out.getvalue()
