"""Find the files that imports map into memory, and how much of them is resident."""

from importcost.probe.init.own import own_open

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class MappedFiles:
    """Finds the files that the process maps into memory, and the module whose load mapped each.

    Extension modules and the libraries that they need are read through these pages. Reading the
    maps takes time, so only the graph run has them.
    """

    def __init__(self, os: "Any") -> None:
        self._fsdecode, self._realpath = os.fsdecode, os.path.realpath
        self._before: set[str] = set()
        self._owners: dict[str, Any] = {}

    def start(self) -> None:
        """Leave out what is mapped by now: the interpreter, and what the runtime loads."""
        self._before = set(self._paths())

    def note(self, module: str, started: "list[Any]") -> None:
        """Keep what is newly mapped, with its module.

        `started` are extension modules whose loads began, with their files, outermost first: an
        extension may import another before its own load ends, so the libraries are the first's.
        """
        new = {path for path in self._paths() if path not in self._before | self._owners.keys()}
        own = {self._realpath(file): name for name, file in started if file}
        first = next((name for name, _ in started if name), module)
        for path in new:
            self._owners[path] = own.get(path, first)

    def _lines(self, name: str) -> "list[bytes]":
        try:
            with own_open("/proc/self/" + name, "rb") as stream:
                return list(stream.read().splitlines())
        except OSError:
            return []

    def _path(self, line: bytes) -> "str | None":
        # address, permissions, offset, device, inode, path; the path may contain spaces
        parts = line.split(None, 5)
        if len(parts) < 6 or not parts[5].startswith(b"/") or b"-" not in parts[0]:
            return None
        is_file = parts[4] != b"0" and not parts[5].startswith((b"/dev/", b"/memfd:"))
        return str(self._fsdecode(parts[5])) if is_file else None

    def _paths(self) -> "list[str]":
        return [path for path in map(self._path, self._lines("maps")) if path is not None]

    def result(self, os: "Any") -> "list[Any] | None":
        """Return [path, module, file size, resident bytes, whether it is code], None without /proc.

        Resident are the pages that init touched, or that the kernel read with them.
        """
        lines = self._lines("smaps")
        found: dict[str, Any] = {}
        entry: Any = None
        for line in lines:
            if not line[:1].isupper():  # the head of a mapping; its figures follow
                path = self._path(line)
                entry = None
                if path is not None and path not in self._before:
                    entry = found.setdefault(path, [path, self._owners.get(path), 0, 0, False])
                    entry[4] = entry[4] or b"x" in line.split(None, 2)[1]
            elif entry is not None and line.startswith(b"Rss:"):
                entry[3] += int(line.split()[1]) * 1024
        for entry in found.values():
            entry[2] = size_of_file(os, entry[0])
        return list(found.values()) if lines else None


def size_of_file(os: "Any", path: str) -> int:
    """Return a file's size in bytes, 0 if it cannot be told."""
    try:
        return int(os.stat(path).st_size)
    except OSError:
        return 0
