"""Word what the machine refuses: names that are too long, no permission, no room, no processes.

Any step of any command may meet these, at any path that somebody named. They say nothing about
importcost, so they are not called its failure.
"""

from __future__ import annotations

import errno
import os

from importcost.errors import ImportcostError, UsageError, remedy
from importcost.processes.shortage import shortage_of

_NAMES = {
    errno.ENAMETOOLONG: "name a shorter one",
    errno.EACCES: "name one that you may use, or change its permissions",
    errno.EPERM: "name one that you may use, or change its permissions",
    errno.ELOOP: "remove a link of the circle, or name what it should lead to",
    errno.ENOTDIR: "name a path of folders",
    errno.EROFS: "name one on a file system that can be written",
    errno.EISDIR: "name a file",
}
"""The reasons for which a path is refused, each with what to do."""


def refusal_of(error: Exception) -> ImportcostError | None:
    """Return the error in words if the machine refused something, None for any other.

    UsageError for a path that cannot be used, MeasurementError for what has run out.
    """
    shortage = shortage_of(error)
    if shortage is not None:
        return shortage
    if isinstance(error, RuntimeError) and "home directory" in str(error):
        return UsageError(
            "The home folder of this user is not known",
            remedy("name one that can be written with the variable HOME"),
        )
    if isinstance(error, RuntimeError) and "Symlink loop from" in str(error):
        error = OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(error).partition("from ")[2])
    return _refusal(error) if isinstance(error, OSError) else None


def _refusal(error: OSError) -> ImportcostError | None:
    reason = error.strerror or os.strerror(error.errno or errno.EIO)
    path = None if error.filename is None else os.fsdecode(str(error.filename)).strip("'")
    if path is None:
        return _missing_folder(error)
    advice = _NAMES.get(error.errno or 0)
    return (
        None if advice is None else UsageError(f"{path} cannot be used ({reason})", remedy(advice))
    )


def _missing_folder(error: OSError) -> ImportcostError | None:
    """Return the error in words if the current or the temporary folder is what is missing."""
    if error.errno != errno.ENOENT:
        return None
    try:
        os.getcwd()  # noqa: PTH109 - as whoever raised it asked
    except OSError:
        return UsageError(
            "The current folder has been removed", remedy("change to another and try again")
        )
    if "temporary directory" not in str(error):
        return None
    return UsageError(
        "No temporary folder can be written", remedy("name one with the variable TMPDIR")
    )
