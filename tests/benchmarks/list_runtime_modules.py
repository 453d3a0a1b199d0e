"""List the standard library modules that the Lambda runtime loads before the handler.

    python tests/benchmarks/list_runtime_modules.py PYTHON [PYTHON ...]

Each PYTHON is an interpreter with `awslambdaric` and `snapshot-restore-py` installed. Writes
src/importcost/measure/data/runtime-modules.json, what the probe imports in place of awslambdaric
where the measured interpreter has none.
"""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
from pathlib import Path

LIST = """
import sys
before = set(sys.modules)
import awslambdaric.bootstrap, awslambdaric.lambda_runtime_client
loaded = [name for name in sys.modules if name not in before]
import json, os
stdlib = getattr(sys, "stdlib_module_names", None)
folder = os.path.dirname(os.__file__) + os.sep
def is_stdlib(name):
    file = getattr(sys.modules[name], "__file__", None)
    return file is None or (file.startswith(folder) and "site-packages" not in file)
print(json.dumps([
    "%d.%d" % sys.version_info[:2],
    awslambdaric.__version__,
    [name for name in loaded if is_stdlib(name)],
]))
"""


def main() -> None:
    modules: dict[str, list[str]] = {}
    versions: dict[str, str] = {}
    for python in sys.argv[1:]:
        done = subprocess.run([python, "-c", LIST], check=True, capture_output=True, text=True)
        version, awslambdaric, names = json.loads(done.stdout)
        modules[version] = names
        versions[version] = awslambdaric
    data = {
        "source": "PyPI awslambdaric, imported and listed by tests/benchmarks/"
        "list_runtime_modules.py; its own modules and simplejson are not stood in for",
        "date": datetime.datetime.now(tz=datetime.timezone.utc).date().isoformat(),
        "awslambdaric": versions,
        "modules": modules,
    }
    folder = Path(__file__).resolve().parents[2] / "src/importcost/measure/data"
    folder.mkdir(exist_ok=True)
    (folder / "runtime-modules.json").write_text(json.dumps(data, indent=1) + "\n")


if __name__ == "__main__":
    main()
