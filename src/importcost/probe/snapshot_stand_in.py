"""Stands in for snapshot_restore_py where the interpreter has none: same registry, same order."""

TYPE_CHECKING = False
if TYPE_CHECKING:  # quoted annotations only
    from collections.abc import Callable
    from typing import Any, TypeVar

    Hook = TypeVar("Hook", bound=Callable[..., Any])

_before_snapshot_registry: "list[Any]" = []
_after_restore_registry: "list[Any]" = []
__all__ = ["register_after_restore", "register_before_snapshot"]


def register_before_snapshot(func: "Hook", *args: "Any", **kwargs: "Any") -> "Hook":
    """Add a hook that runs before the snapshot."""
    _before_snapshot_registry.append((func, args, kwargs))
    return func


def register_after_restore(func: "Hook", *args: "Any", **kwargs: "Any") -> "Hook":
    """Add a hook that runs after a restore."""
    _after_restore_registry.append((func, args, kwargs))
    return func


def get_before_snapshot() -> "list[Any]":
    """Return the hooks that run before the snapshot, in the order of their registration."""
    return _before_snapshot_registry


def get_after_restore() -> "list[Any]":
    """Return the hooks that run after a restore, in the order of their registration."""
    return _after_restore_registry
