"""Projects of any size with plausible figures, for the tests and the benchmark of their page."""

from __future__ import annotations

import random

from importcost.model.results.project import (
    FunctionFigures,
    FunctionPackage,
    LayerCost,
    MonthlyTraffic,
    NotMeasured,
    PackageWeight,
    ProjectFigures,
    SuggestedChange,
    culprits_of,
    with_traffic,
)
from tests.app.projects_work import figures
from tests.reports.page_factory import HOSTILE_NAMES

PACKAGES = (
    "boto3", "botocore", "requests", "urllib3", "pydantic", "aws-lambda-powertools", "numpy",
    "pandas", "sqlalchemy", "cryptography", "jinja2", "pyyaml", "s3transfer", "jmespath",
    "python-dateutil", "certifi", "idna", "charset-normalizer", "aws-xray-sdk", "stripe",
)  # fmt: skip
WORDS = ("Orders", "Payments", "Users", "Invoices", "Search", "Reports", "Webhooks", "Stock")
VERBS = ("Create", "Get", "List", "Update", "Delete", "Export", "Notify", "Import")
ENDS = (
    "Lambda's support of python3.9 ended on 2025-12-15: move to a later runtime, up to python3.14."
)


def project_figures(
    functions: tuple[FunctionFigures, ...], traffic: dict[str, MonthlyTraffic] | None = None
) -> ProjectFigures:
    """Return a project of these functions; two more were left out."""
    found = with_traffic(functions, traffic or {})
    return ProjectFigures(
        place="shop",
        tool="SAM",
        created_at="2026-11-30T12:00:00+00:00",
        functions=found,
        left_out=(
            NotMeasured("Edge", "its runtime is nodejs22.x, not Python."),
            NotMeasured("Legacy", "its handler `old.handler` has no file here."),
        ),
        culprits=culprits_of(found),
        notes=("Two values are known only in the cloud: `TABLE_NAME`, `QUEUE_URL`.",),
    )


def small_project() -> ProjectFigures:
    """Return four functions with all that the page can show of one."""
    change = SuggestedChange("orders/app.py:3", "import pandas", 310.0)
    shared = ("shared/store.py:4", "import stripe")
    return project_figures(
        (
            figures(
                "Orders", 900, (("pandas", 300), ("boto3", 100), ("function", 30), ("stdlib", 20)),
                (("shared.store", 200),), saved_ms=310.0, verdict="fail",
                changes=(change, SuggestedChange(*shared, 60.0)),
                layers=(LayerCost("Shared", 70, 2),), page="index-functions/Orders.html",
                package=FunctionPackage(
                    85.5, 250, False, 0.42, (PackageWeight("pandas", 54.7, 0.28),), 12
                ),
            ),
            figures(
                "Payments", 500, (("boto3", 120), ("stripe", 90), ("stdlib", 30)),
                (("shared.store", 180),), verdict="pass", changes=(SuggestedChange(*shared, 50.0),),
                layers=(LayerCost("Shared", 60, 2),), page="index-functions/Payments.html",
            ),
            figures(
                "Users", 300, (("boto3", 110), ("stdlib", 25)), runtime="python3.9",
                runtime_ends=ENDS, memory_used_mb=None,
            ),
            figures("Health", 100, (("stdlib", 12),), handler="health.check", memory_mb=1024),
        ),
        {"Orders": MonthlyTraffic(9_000_000, 0.02), "Payments": MonthlyTraffic(2_000_000, 0.1)},
    )  # fmt: skip


def large_project(count: int, seed: int = 5) -> ProjectFigures:
    """Return a project of so many functions with up to twenty packages each."""
    rng = random.Random(seed)
    return project_figures(
        tuple(_function(rng, number) for number in range(count)),
        {"*": MonthlyTraffic(50_000, 0.04)},
    )


def _function(rng: random.Random, number: int) -> FunctionFigures:
    packages = [
        (name, round(rng.paretovariate(1.2) * 8, 1) % 400)
        for name in rng.sample(PACKAGES, rng.randint(1, len(PACKAGES)))
    ]
    packages += [("function", rng.random() * 30), ("stdlib", 10 + rng.random() * 40)]
    packages.sort(key=lambda one: -one[1])
    own_ms = sum(ms for _, ms in packages)
    old = rng.random() < 0.1
    name = f"{rng.choice(VERBS)}{rng.choice(WORDS)}{number}"
    changes = tuple(
        SuggestedChange(f"shared/{word.lower()}.py:3", "import decimal", rng.random() * 20)
        for word in WORDS[:4]
        if rng.random() < 0.3
    )
    modules = [
        (f"shared.{word.lower()}", rng.random() * 40) for word in WORDS if rng.random() < 0.3
    ]
    return figures(
        name, own_ms + 90, packages, modules, own_ms=own_ms * 1.02,
        handler=f"{name.lower()}.handler",
        memory_mb=rng.choice((128, 256, 512, 1024, 1769)), saved_ms=own_ms * rng.random() * 0.4,
        runtime="python3.9" if old else "python3.13", runtime_ends=ENDS if old else None,
        verdict=rng.choice(("pass", "pass", "fail", "unknown", None)),
        page=f"index-functions/{name}.html", changes=changes,
        layers=(LayerCost("Observability", rng.random() * 60, 4),) if rng.random() < 0.6 else (),
    )  # fmt: skip


def hostile_project() -> ProjectFigures:
    """Return a project whose every foreign string is an attack on the page."""
    evil = " ".join(HOSTILE_NAMES)
    functions = tuple(
        figures(
            name, 900 - number, ((name, 300), (evil, 90)), ((name, 20), (evil, 10)), handler=evil,
            runtime=evil, runtime_ends=evil, arch=evil, package_type=evil, verdict=evil,
            changes=(SuggestedChange(evil, evil, 5.0),), layers=(LayerCost(evil, 3.0, 1),),
            page=f"javascript:window.__pwned=1//{evil}",
        )
        for number, name in enumerate(HOSTILE_NAMES)
    )  # fmt: skip
    return ProjectFigures(
        place=evil,
        tool=evil,
        created_at=evil,
        functions=functions,
        left_out=(NotMeasured(evil, evil),),
        culprits=culprits_of(functions),
        notes=(evil,),
    )
