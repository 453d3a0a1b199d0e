"""Watch what init does with files, sockets and processes, by audit events."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class FileWatch:
    """Records the files that the handler creates, and those that it finds in temporary folders.

    An audit hook cannot be removed, so only the graph run has one: its times are not reported.
    """

    MOST = 200
    MOST_READ = 20_000
    TEMPORARY = ("/tmp/", "/private/tmp/", "/var/tmp/", "/dev/shm/")  # noqa: S108
    NOT_FILES = ("/dev/", "/proc/", "/sys/")

    def __init__(self, os: "Any", own_folder: str, loading: "Any") -> None:
        self.found: dict[tuple[str, str], None] = {}
        self.read: dict[str, Any] = {}
        # Extension modules that began to load, and libraries that Python code asked for.
        self.native: list[Any] = []
        self._loading = loading
        self._own = own_folder + os.sep
        self._writes = os.O_WRONLY | os.O_RDWR | os.O_CREAT
        self._lstat, self._fsdecode = os.lstat, os.fsdecode
        self._abspath, self._getpid, self._pid = os.path.abspath, os.getpid, os.getpid()
        self._is_on = True
        # The index of the path among an event's arguments.
        self._makers = {"os.mkdir": 0, "sqlite3.connect": 0}
        self._makers.update(dict.fromkeys(("os.rename", "os.link", "os.symlink"), 1))

    def install(self) -> None:
        """Begin to watch."""
        sys.addaudithook(self._audit)

    def stop(self) -> None:
        """Record nothing more: the hook itself cannot be removed."""
        self._is_on = False

    def follow(self) -> None:
        """Take this process, a server's forked copy, for the watched one."""
        self._pid = self._getpid()

    def _audit(self, event: str, args: "Any") -> None:
        if not self._is_on:
            return
        try:
            if event == "open":
                flags = args[2] if isinstance(args[2], int) else 0
                self._note(args[0], bool(flags & self._writes))
                if not flags & self._writes and isinstance(args[0], (str, bytes)):
                    self._note_read(self._abspath(self._fsdecode(args[0])))
            elif event == "import" and isinstance(args[1], str):
                self.native.append((args[0], args[1]))
            elif event == "ctypes.dlopen":
                self.native.append((self._loading(), ""))
            elif event in self._makers:
                self._note(args[self._makers[event]], True)
            elif event in ("os.listdir", "os.scandir"):
                self._note(args[0], False)
        except BaseException:  # noqa: BLE001, S110 - an error in a hook would be the handler's
            pass

    def _note(self, path: "Any", is_write: bool) -> None:
        if isinstance(path, int) or path is None or len(self.found) >= self.MOST:
            return
        file = self._abspath(self._fsdecode(path))
        is_temporary = file.startswith(self.TEMPORARY)
        if file.startswith(self._own) or self._getpid() != self._pid:
            return
        if is_write and (is_temporary or not file.startswith(self.NOT_FILES)):
            self.found[("used" if self._is_there(file) else "made", file)] = None
        elif is_temporary:
            # One entry of the folder is enough.
            start = next(folder for folder in self.TEMPORARY if file.startswith(folder))
            self.found[("used", start + file[len(start) :].partition("/")[0])] = None

    def _note_read(self, file: str) -> None:
        is_own = file.startswith((self._own, *self.NOT_FILES)) or self._getpid() != self._pid
        if not is_own and len(self.read) < self.MOST_READ:
            self.read.setdefault(file, self._loading())

    def _is_there(self, file: str) -> bool:
        try:
            self._lstat(file)
        except OSError:
            return False
        return True
