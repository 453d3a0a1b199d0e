"""The shape of a value: which parts of an object can change, as far as the source shows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

_DEEP = 6
"""Containers nested deeper than this count as unknown."""


class HeldAs(Enum):
    """The kinds of objects that can change."""

    CONTAINER = "a dictionary, list, tuple or set"
    INSTANCE = "an object that a call made"
    UNKNOWN = "any object"


@dataclass(frozen=True, slots=True)
class Shape:
    """An object that can change; None in its place is one that cannot, such as a text.

    `items` is the shape of what a container holds, `keyed` that of single keys. A change of a
    container that is `fresh` harms nobody: it is a copy, only its items are shared. `maker` is the
    dotted name of the call that made an instance.
    """

    kind: HeldAs
    items: Shape | None = None
    keyed: tuple[tuple[object, Shape | None], ...] = ()
    fresh: bool = False
    maker: str = ""

    @property
    def inner(self) -> Shape | None:
        """Return the shape of any of its items or attributes."""
        return self.items if self.kind is HeldAs.CONTAINER else UNKNOWN

    def at(self, key: object) -> Shape | None:
        """Return the shape of the item with a constant key."""
        return dict(self.keyed).get(key, self.inner)

    @property
    def depth(self) -> int:
        """Return how many containers are in one another."""
        return 1 + (self.items.depth if self.items is not None else 0)


UNKNOWN = Shape(HeldAs.UNKNOWN)


def container(
    items: Shape | None,
    *,
    fresh: bool = False,
    keyed: Iterable[tuple[object, Shape | None]] = (),
) -> Shape | None:
    """Return the shape of a container of such items.

    A fresh one whose items cannot change is None: nobody else sees what is done to it.
    """
    if items is not None and items.depth >= _DEEP:
        return UNKNOWN
    if fresh and items is None:
        return None
    return Shape(HeldAs.CONTAINER, items, tuple(keyed), fresh)


def joined(shapes: Iterable[Shape | None]) -> Shape | None:
    """Return the shape of an object that may have any of these shapes."""
    found: Shape | None = None
    for shape in shapes:
        if shape is None or shape == found:
            continue
        if found is None:
            found = shape
        elif found.kind is shape.kind is HeldAs.CONTAINER:
            items = joined((found.items, shape.items))
            found = Shape(HeldAs.CONTAINER, items, (), found.fresh and shape.fresh)
        else:
            found = UNKNOWN
    return found
