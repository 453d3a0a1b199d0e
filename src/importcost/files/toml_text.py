"""Read TOML text that somebody else may have written: every defect is one ValueError."""

from __future__ import annotations

import re
import sys
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MOST_KEY_PARTS = 200
# Time grows with the square of a key's parts, and a megabyte has room for half a million.
_PART = r"(?:[A-Za-z0-9_-]+|\"[^\"\n]*\"|'[^'\n]*')[ \t]*\.[ \t]*"
_LONG_KEY = re.compile(rf"(?:^|[{{,\n])[ \t\[]*(?:{_PART}){{{MOST_KEY_PARTS}}}")


def parse_toml(text: str) -> dict[str, Any]:
    """Return the table in TOML text. Raises ValueError with a clause that says what is wrong."""
    long_key = _LONG_KEY.search(text)
    if long_key is not None:
        line = text.count("\n", 0, long_key.start() + 1) + 1
        raise ValueError(f"a key of more than {MOST_KEY_PARTS} parts in line {line}")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("its arrays and tables are nested too deeply") from None
    except tomllib.TOMLDecodeError:
        raise
    except ValueError:  # Python's own, of int()
        raise ValueError("it holds a number of thousands of digits") from None
