"""Ask modules that a handler may have made anything of, and know the standard library's."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def module_file(module: "Any") -> "str | None":
    """Return a module's file, or None if it has none or is too odd to ask."""
    try:
        file = getattr(getattr(module, "__spec__", None), "origin", None)
        file = file or getattr(module, "__file__", None)
    except BaseException:  # noqa: BLE001 - anything may stand in sys.modules
        return None
    # A module without a file has a word as origin, such as "built-in".
    return file if isinstance(file, str) and "/" in file.replace("\\", "/") else None


def is_package(module: "Any") -> bool:
    """Return True if a module is a package; what raises when it is asked is none."""
    try:
        return hasattr(module, "__path__")
    except BaseException:  # noqa: BLE001 - anything may stand in sys.modules
        return False


def find_stdlib_dirs(os: "Any") -> "tuple[str, ...]":
    """Return the folders of the standard library, each with a separator at its end."""
    # The frozen os knows its folder if __file__ is missing.
    file = getattr(os, "__file__", None)
    dirs = [os.path.dirname(file)] if file else []
    real = [os.path.realpath(folder) for folder in dirs]
    return tuple(folder + os.sep for folder in dict.fromkeys(dirs + real))


def is_stdlib(path: str, stdlib_dirs: "tuple[str, ...]") -> bool:
    """Return True for a file of the standard library, which installed packages are not."""
    return (
        path.startswith(stdlib_dirs) and "site-packages" not in path and "dist-packages" not in path
    )


def loaded_names(modules: "Any") -> "list[str]":
    """Return the names of modules, without lazy ones whose code has not run."""
    # importlib.util.LazyLoader gives them a class of this name, and so does importcost's own edit.
    return [name for name, module in modules.items() if type(module).__name__ != "_LazyModule"]
