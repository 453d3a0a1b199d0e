"""The values that a project's own sample of an environment file has for its variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from importcost.files.read import text_found

SAMPLES = (
    *(".env.example", ".env.sample", ".env_example", ".env_sample", ".env.template", ".env.dist"),
    *("env.example", "env.sample", "example.env", "sample.env", ".env.local.example"),
    *(".env.development.example", ".env.dev.example"),
)
"""Names of samples that projects commit, to be copied to .env; .env itself may hold secrets."""
MOST_PARENTS_OF_SAMPLES = 2
_LINE = re.compile(r"\s*(?:export\s+)?(?P<name>[A-Za-z_]\w*)\s*=\s*(?P<value>.*?)\s*$")
_COMMENT = re.compile(r"\s+#.*$")


def sample_values(task_root: str, handler_file: str) -> dict[str, str]:
    """Return the variables of the nearest samples that are not empty, the nearest ones winning."""
    folder = Path(handler_file).parent
    root = Path(task_root)
    above = [] if (root / ".git").exists() else list(root.parents)[:MOST_PARENTS_OF_SAMPLES]
    values: dict[str, str] = {}
    for place in dict.fromkeys((folder, root, *above)):
        for name in SAMPLES:
            for variable, value in _variables(place / name):
                values.setdefault(variable, value)
        if (place / ".git").exists():
            break
    return values


def _variables(file: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = text_found(file, errors="replace").splitlines()
    except OSError:
        return
    for line in lines:
        found = _LINE.match(line)
        if found is None:
            continue
        value = found["value"]
        if value[:1] in ("'", '"') and value.find(value[0], 1) > 0:
            value = value[1 : value.find(value[0], 1)]
        else:
            value = _COMMENT.sub("", value)
        if value and not value.startswith("#"):
            yield found["name"], value
