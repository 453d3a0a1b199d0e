"""Record the environment variables that init reads in vain."""

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class AbsentReads:
    """Records the environment variables that a graph run's init reads in vain, and from where.

    [name, file, line] of each; they decide if more launches can explain a failed init.
    """

    MAX_READS = 1000

    def __init__(self, os: "Any") -> None:
        self.found: list[Any] = []
        self._os = os
        abc_file = getattr(sys.modules.get("_collections_abc"), "__file__", "")
        self._between = (os.__file__, "<frozen os>", abc_file, "<frozen _collections_abc>")

    def install(self) -> None:
        """Let reads of variables be recorded."""
        environ: Any = type(self._os.environ)
        real = environ.__getitem__

        def get_item(mapping: "Any", key: "Any") -> "Any":
            try:
                return real(mapping, key)
            except KeyError:
                if len(self.found) < self.MAX_READS and isinstance(key, str):
                    frame: Any = sys._getframe(1)
                    while frame.f_back and frame.f_code.co_filename in self._between:
                        frame = frame.f_back
                    self.found.append([key, frame.f_code.co_filename, frame.f_lineno])
                raise

        environ.__getitem__ = get_item

    def result(self, _error: "BaseException | None") -> "Any":
        """Return [name, file, line] of each variable that was read in vain."""
        return self.found
