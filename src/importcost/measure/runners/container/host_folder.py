"""A container runner's files on the host: its own folder, and layers merged into one."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

from importcost.files.leftovers import sweep_folders

FOLDER_PREFIX = "importcost-container-"


class HostFolder:
    """A runner's own folder on the host, created on first use; `remove` it in the end."""

    def __init__(self) -> None:
        self._path: Path | None = None

    def path(self) -> Path:
        """The folder; folders of runners whose process was killed are removed first."""
        if self._path is None:
            # Engines that run in a virtual machine share the home folder with it, at least.
            parent = None if sys.platform == "linux" else Path.home() / ".cache" / "importcost"
            if parent is not None:
                parent.mkdir(parents=True, exist_ok=True)
            parent = parent or Path(tempfile.gettempdir())
            sweep_folders(parent, FOLDER_PREFIX)
            prefix = f"{FOLDER_PREFIX}{os.getpid()}-"
            self._path = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
        return self._path

    def opt_folder(self, layers: tuple[Path, ...]) -> Path | None:
        """Return the folder to mount at /opt: the only layer, or several merged."""
        if len(layers) <= 1:
            return layers[0] if layers else None
        merged = self.path() / "opt"
        if not merged.exists():
            merge_layers(layers, merged)
        return merged

    def remove(self) -> None:
        """Remove the folder, if it was made."""
        if self._path is not None:
            shutil.rmtree(self._path, ignore_errors=True)
            self._path = None


def merge_layers(layers: tuple[Path, ...], target: Path) -> None:
    """Unpack layers into `target` in order, later ones winning; the sources are not touched."""
    for layer in layers:
        for folder, names, files in os.walk(layer):
            into = target / Path(folder).relative_to(layer)
            if into.is_symlink() or (into.exists() and not into.is_dir()):
                into.unlink()
            into.mkdir(parents=True, exist_ok=True)
            links = [name for name in names if Path(folder, name).is_symlink()]
            for name in (*files, *links):
                _place(Path(folder, name), into / name)


def _place(source: Path, target: Path) -> None:
    # Never written through: the target may be a hard link to another layer's file.
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    try:
        os.link(source, target)
    except OSError:  # another file system, or one without hard links
        shutil.copy2(source, target)
