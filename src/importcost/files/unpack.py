"""Unpack a ZIP into the cache as Lambda unpacks a function's package: dates, modes and all."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import lzma
import os
import re
import shutil
import stat
import struct
import tempfile
import time
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from importcost.errors import UsageError
from importcost.files.cache import cache_folder
from importcost.files.leftovers import sweep_folders
from importcost.files.read import file_digest
from importcost.files.replace import replace_file

MAX_UNPACKED_BYTES = 1_000_000_000
"""Four times what Lambda takes (250 MB): a bomb ends here, an oversized package is still shown."""
MAX_UNPACKED_FILES = 200_000
BROKEN_ARCHIVE = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    EOFError,
    MemoryError,  # of a damaged entry, which asks for as much as its bytes happen to say
    NotImplementedError,
    OverflowError,
    ValueError,
    lzma.LZMAError,
    struct.error,
    zlib.error,
)
"""The exceptions with which the standard library's reader ends on damaged bytes."""
_WORDLESS = {EOFError: "it ends too early", MemoryError: "an entry asks for too much memory"}
_DRIVE = re.compile(r"[A-Za-z]:")
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_CHUNK = 1 << 20
_UNPACKED = "unpacked"
_DRAFT = ".draft-"
"""Begins the names of folders under way; the next process removes those of a killed one."""


def unpacked(archive: Path) -> Path:
    """Return the folder with an archive's files; the same bytes are unpacked once.

    Raises UsageError for what is no ZIP, leads out of the folder, holds links or is too large, and
    for a cache that cannot be written.
    """
    try:
        key = file_digest(archive)[:32]
        target = cache_folder() / _UNPACKED / key
        if not target.is_dir():
            with zipfile.ZipFile(archive) as opened:
                names = _checked(opened, archive)
                with _made(target) as draft:
                    _check_same(names, draft, archive)
                    _extract(opened, names, draft, archive)
        _note_origin(target, archive)
    except BROKEN_ARCHIVE as error:
        raise UsageError(
            f"{archive} cannot be unpacked ({damage_of(error)}): build the ZIP again."
        ) from error
    except RuntimeError as error:  # an encrypted entry
        raise UsageError(
            f"{archive} cannot be unpacked ({error}): build it without a password."
        ) from error
    except OSError as error:
        reason = error.strerror or error
        way = "make room for it" if error.errno in _NO_ROOM else "build the ZIP again"
        raise UsageError(f"{archive} cannot be unpacked ({reason}): {way}.") from error
    return target


def damage_of(error: Exception) -> str:
    """Return what is wrong with an archive, as a clause: some exceptions have no words."""
    return str(error) or _WORDLESS.get(type(error), "it is damaged")


def archive_of(folder: Path) -> Path | None:
    """Return the archive that a folder of the cache was unpacked from, None for any other folder.

    If archives with the same bytes lie in several places, it is the one that was unpacked last.
    """
    if folder.parent.name != _UNPACKED:
        return None
    try:
        return Path(_origin_file(folder).read_text(encoding="utf-8", errors="surrogateescape"))
    except OSError:
        return None


def _origin_file(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.origin")


def _note_origin(folder: Path, archive: Path) -> None:
    """Keep where the archive lies: reports name it, and the tool that made it lies around it."""
    place = archive.resolve()
    if archive_of(folder) != place:
        replace_file(_origin_file(folder), str(place).encode("utf-8", "surrogateescape"))


def written_sources(files: Mapping[str, str]) -> Path:
    """Return a folder in the cache with these sources; the same ones are written once.

    Raises UsageError for a cache that cannot be written.
    """
    text = "\0".join(f"{name}\0{source}" for name, source in sorted(files.items()))
    key = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    target = cache_folder() / "inline" / key
    try:
        if not target.is_dir():
            with _made(target) as draft:
                for name, source in files.items():
                    (draft / name).write_text(source, encoding="utf-8", errors="surrogatepass")
    except OSError as error:
        reason = error.strerror or error
        raise UsageError(
            f"The cache folder {target.parent} cannot be written ({reason}): name another with the"
            " variable IMPORTCOST_CACHE_DIR."
        ) from error
    return target


@contextlib.contextmanager
def _made(target: Path) -> Iterator[Path]:
    """Give a folder that becomes `target` when it is complete, and is removed otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    sweep_folders(target.parent, _DRAFT)
    draft = Path(tempfile.mkdtemp(prefix=f"{_DRAFT}{os.getpid()}-", dir=target.parent))
    try:
        yield draft
        draft.chmod(0o755)
        with contextlib.suppress(FileExistsError, OSError):
            draft.rename(target)
        if not target.is_dir():
            raise OSError(f"{target} cannot be made")
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _checked(opened: zipfile.ZipFile, archive: Path) -> list[tuple[zipfile.ZipInfo, PurePosixPath]]:
    """Return the files with their safe relative paths. Raises UsageError for unsafe ones."""
    files = []
    infos = opened.infolist()
    if len(infos) > MAX_UNPACKED_FILES or sum(one.file_size for one in infos) > MAX_UNPACKED_BYTES:
        raise _too_large(archive)
    for info in infos:
        path = PurePosixPath(info.filename.replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts or _DRIVE.match(str(path)) or not path.parts:
            raise UsageError(
                f"{archive} holds {info.filename!r}, which leads out of the folder: build it again."
            )
        mode = info.external_attr >> 16
        if stat.S_ISLNK(mode):
            raise UsageError(
                f"{archive} holds the link {info.filename!r}: replace it by the file and build it"
                " again."
            )
        if not info.is_dir():
            files.append((info, path))
    return files


def _check_same(
    files: list[tuple[zipfile.ZipInfo, PurePosixPath]], folder: Path, archive: Path
) -> None:
    """Raise UsageError for two names that are one file in `folder`, as on macOS, not on Lambda."""
    if not _is_one(folder, "a", "A"):
        return
    seen: dict[str, str] = {}
    for info, _ in files:
        # APFS and HFS+ compare names without case, and composed signs with their parts.
        key = unicodedata.normalize("NFC", unicodedata.normalize("NFD", info.filename).casefold())
        other = seen.setdefault(key, info.filename)
        if other != info.filename:
            raise UsageError(
                f"{archive} holds {other!r} and {info.filename!r}, which are one file on this disk"
                " and two on Lambda: measure it on Linux, or rename one of them."
            )


def _is_one(folder: Path, name: str, other: str) -> bool:
    """Return True if two names mean one file in a folder, whose file system decides it."""
    (folder / name).touch()
    try:
        return (folder / other).exists()
    finally:
        (folder / name).unlink()


def _extract(
    opened: zipfile.ZipFile,
    files: list[tuple[zipfile.ZipInfo, PurePosixPath]],
    folder: Path,
    archive: Path,
) -> None:
    """Write the files; what an entry really holds counts, not the size that it claims."""
    left = MAX_UNPACKED_BYTES
    for info, path in files:
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(info) as source, place.open("wb") as target:
            while chunk := source.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    raise _too_large(archive)
                target.write(chunk)
        mode = stat.S_IMODE(info.external_attr >> 16)
        place.chmod((mode or 0o644) | stat.S_IRUSR)
        moment = _moment(info.date_time)
        os.utime(place, (moment, moment))


def _moment(date_time: tuple[int, int, int, int, int, int]) -> float:
    """Return an entry's date, which a ZIP has without a time zone; Lambda takes it as UTC."""
    try:
        import calendar

        return float(calendar.timegm((*date_time, 0, 0, 0)))
    except (ValueError, OverflowError):
        return time.time()


def _too_large(archive: Path) -> UsageError:
    return UsageError(
        f"{archive} unpacks to more than {MAX_UNPACKED_BYTES // 1_000_000:,} MB or"
        f" {MAX_UNPACKED_FILES:,} files: Lambda takes 250 MB."
    )
