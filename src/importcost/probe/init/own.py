"""The probe's own names, bound before the handler runs: it may replace anything."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# The probe's own json, from before the user's path: no later import may find another.
own_modules: "dict[str, Any]" = {}
own_open = open
