"""Word what a machine has run out of, or lost: room, open files, memory, a temporary folder.

Any step may meet these, and none of them says anything about what was being done then.
"""

from __future__ import annotations

import errno
import os
import re

from importcost.errors import MeasurementError, remedy
from importcost.files.cache import cache_folder

_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NO_THREAD = "can't start new thread"


def shortage_of(error: BaseException) -> MeasurementError | None:
    """Return the error in words if the machine lacks something, None for any other.

    Lacking are room, memory, processes, open files, and a folder of this process's own that
    somebody has removed.
    """
    if isinstance(error, MemoryError):
        return MeasurementError(
            "This machine has no memory left for importcost",
            remedy("end other programs", "raise the limit (ulimit -v)"),
        )
    if isinstance(error, RuntimeError) and str(error) == _NO_THREAD:
        return MeasurementError(
            "No more threads can be started here",
            remedy("end other programs", "raise the limits (ulimit -u and ulimit -v)"),
        )
    return _refused(error) if isinstance(error, OSError) else None


def _refused(error: OSError) -> MeasurementError | None:
    reason = error.strerror or os.strerror(error.errno or errno.EIO)
    path = None if error.filename is None else os.fsdecode(str(error.filename)).strip("'")
    if error.errno == errno.ENOENT and path:
        return _lost(path)
    if error.errno in _ROOM:
        where = f"for {path}" if path else "for the files that a measurement takes"
        return MeasurementError(
            f"There is no room {where} ({reason})",
            remedy("make room", "name another temporary folder with the variable TMPDIR"),
        )
    if error.errno == errno.EFBIG:
        which = path or "the files that a measurement takes"
        return MeasurementError(
            f"importcost may not write as much as is needed to {which} ({reason})",
            remedy("raise the limit (ulimit -f)"),
        )
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return MeasurementError(
            f"importcost may not open any more files ({reason})",
            remedy("raise the limit (ulimit -n)"),
        )
    if error.errno in (errno.EAGAIN, errno.ENOMEM):
        return MeasurementError(
            f"No more processes can be started here ({reason})",
            remedy("end others", "raise the limit (ulimit -u)"),
        )
    return None


def _lost(path: str) -> MeasurementError | None:
    """Return the error in words if the path is in a folder that importcost makes for itself."""
    temporary = re.match(r".*/importcost-(?:[a-z]+-)?\d+-\w+", path)
    if temporary:
        return MeasurementError(
            f"The temporary folder {temporary[0]} was removed while importcost used it",
            remedy(
                "look for what removes it, the handler or another program",
                "name another place for it with the variable TMPDIR",
            ),
        )
    try:
        cache = str(cache_folder())
    except RuntimeError:  # nobody knows this user's home
        return None
    if path.startswith(cache + os.sep):
        return MeasurementError(
            f"The cache folder {cache} was removed while importcost used it",
            remedy("try again", "name another with the variable IMPORTCOST_CACHE_DIR"),
        )
    return None
