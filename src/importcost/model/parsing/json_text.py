"""Read JSON text that somebody else may have written: every defect is one ValueError."""

from __future__ import annotations

import json
from typing import Any, NoReturn

from importcost.model.parsing.collection import collection_paused


@collection_paused()
def parse_json(text: str) -> Any:
    """Return the value in JSON text.

    Raises ValueError with a clause that says what is wrong and where, also for what JSON does not
    have (NaN, Infinity) and for what cannot be read (lists in lists by the thousand).
    """
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("its lists and objects are nested too deeply") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} in line {error.lineno}, column {error.colno}") from None
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise ValueError("it holds a number of thousands of digits") from None
        raise


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"it holds {name}, which is not a number in JSON")
