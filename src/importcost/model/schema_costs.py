"""The time that building an app's schemas takes at init, by statement, and tried remedies."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from importcost.model.interval import Interval


class SchemaKind(str, Enum):
    """The kind of schema that a top-level statement builds."""

    MODEL = "pydantic model"
    ROUTE = "route"
    ROUTER = "router"
    DJANGO = "Django's app loading"
    MAPPER = "SQLAlchemy mapper"


@dataclass(frozen=True, slots=True)
class SchemaStatement:
    """A top-level statement that builds a schema; `own_us` is its time here without imports."""

    kind: SchemaKind
    file: str
    line: int
    name: str
    own_us: int


class SchemaRemedyKind(str, Enum):
    """A known way to build less at init."""

    DEFER_BUILD = 'model_config = {"defer_build": True}'
    NO_RESPONSE_MODEL = "response_model=None"
    LAZY_ROUTERS = "routers imported when a request first needs them"
    LAZY_INCLUDES = "Django's included URL files imported at the first request with their prefix"
    LAZY_ENGINES = "SQLAlchemy's engines made at their first use"


@dataclass(frozen=True, slots=True)
class SchemaRemedy:
    """A remedy applied to a copy and measured against the original in interleaved pairs.

    `places` is the number of classes, routes or routers that the copy changes. `saving_us` is the
    saving of init here; `reason` is why it is not claimed, None if it is. `first_us` is the median
    time here until the first request after init is answered without the remedy, `first_extra_us`
    what it takes longer with it, in interleaved starts, because it builds what init left out; None
    if the request is not answered well.
    """

    kind: SchemaRemedyKind
    places: int
    saving_us: Interval | None
    pairs: int
    reason: str | None
    first_us: int = 0
    first_extra_us: Interval | None = None


@dataclass(frozen=True, slots=True)
class SchemaCosts:
    """The statements that build schemas, most expensive first, and the remedies that were tried.

    `request` is the first request that the remedies were measured with.
    """

    statements: tuple[SchemaStatement, ...]
    remedies: tuple[SchemaRemedy, ...]
    request: str

    def total_us(self, kind: SchemaKind) -> int:
        """Return what all statements of one kind take together, microseconds here."""
        return sum(one.own_us for one in self.statements if one.kind is kind)
