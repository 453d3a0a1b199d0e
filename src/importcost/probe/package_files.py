"""Runs inside the function's own image: adds the files of its package up by distribution.

Started as `python package_files.py SPEC RESULT`. SPEC is a JSON object: "roots" are folders to
walk, "loaded" the files that init loaded. RESULT gets "sums": [distribution or null, version,
files, bytes, loaded files, loaded bytes, bytes of native code, bytes of data], and "services":
[service, bytes, whether init loaded any of it] of botocore's data. Standard library only, Python
3.9 to 3.15.
"""

import json
import os
import stat
import sys

PYTHON = (".py", ".pyc")
NATIVE = (".so", ".pyd")
MOST_FILES = 500000


def owners_in(folder: str) -> "tuple[dict[str, tuple[str, str]], dict[str, set[tuple[str, str]]]]":
    """Return the owner of each listed file, and the owners of each entry of a folder."""
    import importlib.metadata

    owners: dict[str, tuple[str, str]] = {}
    entries: dict[str, set[tuple[str, str]]] = {}
    for distribution in importlib.metadata.distributions(path=[folder]):
        name, version = distribution.metadata["Name"], distribution.version
        record = distribution.read_text("RECORD") if name else None
        for line in (record or "").splitlines():
            path = line[1:].partition('",')[0] if line.startswith('"') else line.partition(",")[0]
            if path and not path.startswith(("../", "/")):
                owners.setdefault(folder + "/" + path, (name, version))
                top = folder + "/" + path.partition("/")[0]
                entries.setdefault(top, set()).add((name, version))
    return owners, entries


def source_of(path: str) -> str:
    """Return the source that bytecode belongs to; any other file as it is."""
    folder, _, name = path.rpartition("/")
    if not name.endswith(".pyc") or not folder.endswith("/__pycache__"):
        return path
    return folder[: -len("__pycache__")] + name.partition(".")[0] + ".py"


class _Sums:
    """Adds files up by owner."""

    def __init__(self, loaded: "list[str]") -> None:
        self._loaded = frozenset(os.path.realpath(path) for path in loaded)
        self.rows: dict[tuple[str, str] | None, list[int]] = {}
        self.services: dict[str, list[int]] = {}
        self._seen: set[str] = set()

    def add_root(self, root: str) -> None:
        root = os.path.realpath(root)
        owners, entries = owners_in(root)
        for place, folders, files in os.walk(root):
            folders.sort()
            for name in files:
                path = place + "/" + name
                # Search paths may lie in each other: a file counts where it is met first.
                if path in self._seen or len(self._seen) > MOST_FILES:
                    continue
                self._seen.add(path)
                owner = owners.get(path) or owners.get(source_of(path))
                if owner is None:
                    entry = root + "/" + path[len(root) + 1 :].partition("/")[0]
                    among = entries.get(entry, set())
                    owner = next(iter(among)) if len(among) == 1 else None
                self._add(path, owner)

    def _add(self, path: str, owner: "tuple[str, str] | None") -> None:
        try:
            facts = os.stat(path)  # noqa: PTH116
        except OSError:
            return
        if not stat.S_ISREG(facts.st_mode):
            return
        size = facts.st_size
        is_loaded = path in self._loaded or source_of(path) in self._loaded
        name = path.rpartition("/")[2]
        is_native = name.endswith(NATIVE) or ".so." in name
        is_data = not is_native and not name.endswith(PYTHON)
        row = self.rows.setdefault(owner, [0] * 6)
        added = (1, size, is_loaded, size * is_loaded, size * is_native, size * is_data)
        for place, value in enumerate(added):
            row[place] += value
        parts = path.split("/")
        if len(parts) > 5 and parts[-5:-3] == ["botocore", "data"]:
            service = self.services.setdefault(parts[-3], [0, 0])
            service[0] += size
            service[1] |= is_loaded


def main(spec_file: str, result_file: str) -> None:
    """Walk the roots and leave the sums."""
    with open(spec_file, "rb") as stream:  # noqa: PTH123
        spec = json.loads(stream.read())
    sums = _Sums(spec["loaded"])
    for root in spec["roots"]:
        sums.add_root(root)
    result = {
        "sums": [[*(owner or (None, None)), *row] for owner, row in sums.rows.items()],
        "services": [[name, *facts] for name, facts in sums.services.items()],
    }
    with open(result_file + ".part", "w", encoding="utf-8") as stream:  # noqa: PTH123
        json.dump(result, stream)
    os.replace(result_file + ".part", result_file)  # noqa: PTH105


if __name__ == "__main__":
    main(*sys.argv[1:])
