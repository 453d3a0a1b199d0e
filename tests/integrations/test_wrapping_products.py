"""Real packages of the products that wrap handlers, laid out as their layers are.

Where only a product's layer has the module that is configured, a short one of our own stands in for
it: it calls the product's package as that does.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from importcost.app.profile.measured import measure_billed
from importcost.app.profile.report import report_on
from importcost.app.profile.request import ProfileRequest
from importcost.targets.wrapped import product_named
from tests.app.profile.test_rehearsal import Notes
from tests.engine.image import cache_folder
from tests.harness import write_files

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("few_launches")]

LOAD = (
    "import importlib, os\n"
    "module, _, name = os.environ['{variable}'].rpartition('.')\n"
    "own = getattr(importlib.import_module(module), name)\n"
)
NEW_RELIC = (
    "import os\n"
    "os.environ.setdefault('NEW_RELIC_SERVERLESS_MODE_ENABLED', 'true')\n"
    "os.environ.setdefault('NEW_RELIC_NO_CONFIG_FILE', 'true')\n"
    "import newrelic.agent\n"
    "from newrelic_lambda.lambda_handler import lambda_handler\n"
    "newrelic.agent.initialize()\n"
    + LOAD.format(variable="NEW_RELIC_LAMBDA_HANDLER")
    + "handler = lambda_handler()(own)\n"
)
SENTRY = (
    "import os, sentry_sdk\n"
    "from sentry_sdk.integrations.aws_lambda import AwsLambdaIntegration\n"
    "sentry_sdk.init(dsn=os.environ['SENTRY_DSN'], integrations=[AwsLambdaIntegration()])\n"
    "def sentry_lambda_handler(event, context):\n"
    "    raise NotImplementedError\n"
)
OTEL_SCRIPT = (
    "#!/bin/bash\n"
    "export PYTHONPATH=/opt/python\n"
    'export ORIG_HANDLER="$_HANDLER"\n'
    "export _HANDLER=otel_wrapper.lambda_handler\n"
    "export OTEL_TRACES_EXPORTER=none OTEL_METRICS_EXPORTER=none OTEL_LOGS_EXPORTER=none\n"
    'exec python3 /opt/python/bin/opentelemetry-instrument "$@"\n'
)
OTEL_WRAPPER = LOAD.format(variable="ORIG_HANDLER") + "lambda_handler = own\n"
PACKAGES = {
    "Datadog": ("datadog-lambda",),
    "New Relic": ("newrelic-lambda",),
    "Lumigo": ("lumigo_tracer",),
    "OpenTelemetry": ("opentelemetry-distro", "opentelemetry-instrumentation-aws-lambda"),
    "Sentry": ("sentry-sdk",),
}
FILES = {
    "New Relic": {"python/newrelic_lambda_wrapper.py": NEW_RELIC},
    "OpenTelemetry": {"otel-instrument": OTEL_SCRIPT, "python/otel_wrapper.py": OTEL_WRAPPER},
    "Sentry": {"python/sentry_sdk/integrations/init_serverless_sdk.py": SENTRY},
}
HALLMARK = {
    "Datadog": "ddtrace",
    "New Relic": "newrelic.agent",
    "Lumigo": "lumigo_tracer.lambda_tracer",
    "OpenTelemetry": "opentelemetry.instrumentation.auto_instrumentation",
    "Sentry": "sentry_sdk.integrations.aws_lambda",
}
OWN = "import sqlite3\n\n\ndef handler(event, context):\n    return 'own'\n"


def packages_of(product: str) -> Path:
    """Return the folder with a product's packages, installed once for all test runs."""
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    folder = cache_folder() / f"products-{version}" / product.replace(" ", "-")
    if folder.is_dir():
        return folder
    part = folder.with_name(f"{folder.name}.{os.getpid()}")
    words = ("-m", "pip", "install", "--quiet", "--target", str(part), *PACKAGES[product])
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()[-1:]
        if os.environ.get("IMPORTCOST_REQUIRE_ALL") == "1":
            pytest.fail(f"{product}'s packages cannot be installed: {said}")
        pytest.skip(f"{product}'s packages cannot be installed: {said}")
    if not folder.is_dir():
        part.rename(folder)
    return folder


def layer_of(product: str, root: Path) -> Path:
    """Lay a product's packages out as its layer has them, without copying them."""
    layer = root / "layer"
    (layer / "python").mkdir(parents=True)
    for entry in packages_of(product).iterdir():
        copied = product == "Sentry" and entry.name == "sentry_sdk"
        if copied:
            subprocess.run(["cp", "-r", str(entry), str(layer / "python")], check=True)
        else:
            (layer / "python" / entry.name).symlink_to(entry)
    write_files(layer, FILES.get(product, {}))
    if product == "OpenTelemetry":
        (layer / "otel-instrument").chmod(0o755)
    return layer


@pytest.mark.parametrize("product", PACKAGES)
def test_a_products_own_packages_start_the_handler(shared_folder, product):
    known = product_named(product)
    layer = layer_of(product, shared_folder)
    write_files(shared_folder, {"app/orders.py": OWN})
    environment = {known.variable: "orders.handler"}
    handler = known.handlers[0]
    if product == "OpenTelemetry":
        environment = {"AWS_LAMBDA_EXEC_WRAPPER": known.programs[0]}
        handler = "orders.handler"
    notes = Notes()
    request = ProfileRequest(
        target=handler,
        task_root=str(shared_folder / "app"),
        layers=(str(layer),),
        environment=environment,
        runner="local",
        python=sys.executable,
        runs=5,
        without_wrapper=True,
    )
    billed = measure_billed(request, notes)
    profile = billed.profile
    parts = report_on(billed).facts.wrapped
    wrapper = {profile.tree.name(node) for node in parts.nodes}
    own = {profile.tree.name(node) for node in parts.own_nodes}
    assert HALLMARK[product] in wrapper
    assert profile.target.wrapper.product == product
    assert ("orders" in own) is not known.is_late
    found = profile.without_wrapper
    assert not found.is_broken, found.failure
    assert HALLMARK[product] in found.gone
    assert "orders" not in found.gone
    assert found.saving_us.value > 0
