"""Profiles and estimates made by hand for the report tests."""

from __future__ import annotations

import random
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from importcost.app.profile.facts import profile_facts
from importcost.billing.estimate import FLOOR_LABEL, Estimate, InitLimit, PhaseEstimate, Source
from importcost.model.advice import (
    Advice,
    AuditEvent,
    BestSet,
    BytecodeFinding,
    DeferVerdict,
    Economics,
    ImportFinding,
    SourcePlace,
    StatementTime,
    ThirdPartyHint,
    VerdictKind,
    Verification,
)
from importcost.model.advice import DeferStyle as AdviceStyle
from importcost.model.behaviour import Behaviour
from importcost.model.graph import (
    FUNCTION,
    RUNTIME,
    STDLIB,
    BytecodeState,
    EdgeKind,
    ImportEdge,
    ImportGraph,
    LoadedModule,
)
from importcost.model.interval import Interval
from importcost.model.package.bytecode import (
    BytecodeCount,
    PackageBytecode,
    Recipe,
    ShippedState,
)
from importcost.model.package.size import (
    BYTES_PER_MB,
    DistributionSize,
    PackageForm,
    PackageSize,
    PlaceSize,
    ServiceData,
)
from importcost.model.profile import (
    Environment,
    FunctionInit,
    Phase,
    PhaseTime,
    Profile,
    ProfileWarning,
    Run,
    RunKind,
    Settings,
    Target,
    WarningCode,
)
from importcost.model.results.facts import ProfileFacts
from importcost.model.tree import NO_PARENT, ImportTree

TASK_ROOT = "/srv/task"
PHASES = (Phase.INTERPRETER_START.value, Phase.RUNTIME.value, Phase.HANDLER_IMPORTS.value)
HOSTILE_NAMES = (
    "</script><script>window.__pwned=1</script>",
    "<!--<script>window.__pwned=2//",
    "<img src=x onerror=window.__pwned=3>",
    "]]><svg/onload=window.__pwned=4>",
    "line\u2028separator\u2029paragraph",
    "lone\ud800surrogate\udfff",
    "quotes\"'`and\\backslash",
    "{{ 7 * 7 }}{% raw %}${window.__pwned=5}",
    "javascript:window.__pwned=6",
    "new\nline\ttab\0nul",
    "\u202eright-to-left and 模块 and 🦊",
    "x" * 10_240,
)


@dataclass
class TreeBuilder:
    """Collect nodes in preorder; cumulative times follow from the self times."""

    names: list[str] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    self_us: list[int] = field(default_factory=list)
    phases: list[int] = field(default_factory=list)

    def add(self, name: str, self_us: int, parent: int = NO_PARENT, phase: int = 2) -> int:
        self.names.append(name)
        self.parents.append(parent)
        self.self_us.append(self_us)
        self.phases.append(phase)
        return len(self.names) - 1

    def tree(self) -> ImportTree:
        cumulative = list(self.self_us)
        for node in range(len(self.names) - 1, -1, -1):
            if self.parents[node] != NO_PARENT:
                cumulative[self.parents[node]] += cumulative[node]
        table = tuple(dict.fromkeys(self.names))
        ids = {name: i for i, name in enumerate(table)}
        return ImportTree(
            names=table,
            name_ids=array("q", [ids[name] for name in self.names]),
            parents=array("q", self.parents),
            self_us=array("q", self.self_us),
            cumulative_us=array("q", cumulative),
            phases=PHASES,
            phase_ids=array("q", self.phases),
        )


def graph_of(builder: TreeBuilder, owners: dict[str, str]) -> ImportGraph:
    """Return a graph that agrees with the tree; `owners` maps top-level packages."""
    modules, edges, seen = [], [], set()
    for node, name in enumerate(builder.names):
        if name in seen:
            continue
        seen.add(name)
        parent = builder.parents[node]
        importer = builder.names[parent] if parent != NO_PARENT else None
        owner = owners.get(name.partition(".")[0], STDLIB)
        modules.append(
            LoadedModule(
                name=name,
                file=file_of(name, owner),
                distribution=owner,
                bytecode=BytecodeState.VALID if owner == STDLIB else BytecodeState.ABSENT,
                rss_self_bytes=4096 * (1 + len(name)),
                rss_cumulative_bytes=8192 * (1 + len(name)),
                phase=PHASES[builder.phases[node]],
                loaded_by=importer,
            )
        )
        if importer is not None:
            above = file_of(importer, owners.get(importer.partition(".")[0], STDLIB))
            line = 3 + node % 90
            edges.append(ImportEdge(importer, name, above, line, False, EdgeKind.STATEMENT))
            edges.append(ImportEdge(importer, name, above, line + 1, True, EdgeKind.STATEMENT))
    return ImportGraph(tuple(modules), tuple(edges))


def file_of(name: str, owner: str) -> str:
    path = name.replace(".", "/") + ".py"
    if owner == FUNCTION:
        return f"{TASK_ROOT}/{path}"
    folder = "/usr/lib/python3.12" + ("" if owner == STDLIB else "/site-packages")
    return f"{folder}/{path}"


def startup(builder: TreeBuilder) -> None:
    encodings = builder.add("encodings", 900, phase=0)
    builder.add("encodings.utf_8", 400, encodings, phase=0)
    builder.add("site", 2_500, phase=0)
    runtime = builder.add("awslambdaric.bootstrap", 1_800, phase=1)
    builder.add("json", 3_000, runtime, phase=1)
    builder.add("logging", 9_000, runtime, phase=1)


SMALL_OWNERS = {
    "handler": FUNCTION,
    "orders": FUNCTION,
    "boto3": "boto3",
    "botocore": "botocore",
    "requests": "requests",
    "urllib3": "urllib3",
    "awslambdaric": RUNTIME,
}


def small_builder() -> TreeBuilder:
    """Return a hand-made tree: two startup phases and a handler with four packages."""
    builder = TreeBuilder()
    startup(builder)
    handler = builder.add("handler", 40_000)
    orders = builder.add("orders.store", 2_000, handler)
    boto3 = builder.add("boto3", 12_000, orders)
    session = builder.add("boto3.session", 9_000, boto3)
    botocore = builder.add("botocore.session", 60_000, session)
    builder.add("botocore.client", 45_000, botocore)
    builder.add("urllib3", 15_000, botocore)
    builder.add("decimal", 1_500, boto3)
    requests = builder.add("requests", 8_000, handler)
    builder.add("urllib3.util", 6_000, requests)
    builder.add("http.cookies", 2_500, requests)
    return builder


def small_profile() -> Profile:
    builder = small_builder()
    return profile_of(builder, SMALL_OWNERS)


def finding(
    code: str,
    imported: str,
    line: int,
    exclusive_us: int,
    verification: Verification | None,
    **more: Any,
) -> ImportFinding:
    kind = more.pop("kind", VerdictKind.DEFERRABLE)
    style = None if kind is VerdictKind.NOT_DEFERRABLE else AdviceStyle.FUNCTION
    return ImportFinding(
        place=SourcePlace(more.pop("file", f"{TASK_ROOT}/handler.py"), line, line),
        code=code,
        imported=(imported,),
        verdict=DeferVerdict(kind, more.pop("reason", "only export() uses it"), style=style),
        exclusive_us=exclusive_us,
        cumulative_us=exclusive_us + 20_000,
        modules=(imported,),
        verification=verification,
        economics=Economics(exclusive_us * 1.6e-3, exclusive_us * 5.5e-3, 0.29, 1.2),
        **more,
    )


def verified(saving_us: float, failure: str | None = None) -> Verification:
    interval = Interval(saving_us * 0.96, saving_us, saving_us * 1.05)
    return Verification(interval, saving_us, 12, ("boto3",), failure, 205_000.0)


DIFF = """--- a/handler.py
+++ b/handler.py
@@ -1,4 +1,4 @@
-import requests

 def export():
+    import requests
     requests.get("https://example.com")
"""


def advised_profile() -> Profile:
    """Return the small profile with advice of every kind: verified, predicted, failed."""
    findings = (
        finding("import boto3", "boto3", 3, 105_000, verified(103_000), fix=DIFF,
                file=f"{TASK_ROOT}/orders/store.py", kind=VerdictKind.NEEDS_GETTER,
                reason="the table object is built from it"),
        finding("import requests", "requests", 5, 14_000, verified(13_600), fix=DIFF),
        finding("from http import cookies", "http.cookies", 6, 2_500, None),
        finding("import decimal", "decimal", 7, 1_500,
                verified(900, "no saving shows beyond the noise"), fix=DIFF),
        finding("import orders.store", "orders.store", 8, 2_000, None,
                kind=VerdictKind.NOT_DEFERRABLE, reason="handler() is called at import"),
    )  # fmt: skip
    best = BestSet((0, 1), 125_000, ("boto3", "requests"), verified(124_000),
                   Economics(198.0, 686.0, 0.29, 1.65), DIFF)  # fmt: skip
    command = "python3.12 -m compileall -q -f --invalidation-mode unchecked-hash -j 0 BUILD_FOLDER"
    shipped = BytecodeFinding(9, command, verified(46_000), Economics(73.6, 254.0, 0.29, 0.61))
    place = SourcePlace(f"{TASK_ROOT}/handler.py", 12, 14)
    written = AuditEvent("open for writing", "rates.json")
    work = StatementTime(place, "RATES = load()", 31_000, 0, 31_000, (written,))
    hint = ThirdPartyHint(
        "botocore",
        "botocore.client",
        45_000,
        "Create one client at import, not one a request",
        "botocore documentation",
        "1.35",
    )
    advice = Advice(findings, (work,), best, shipped, (hint,))
    return replace(small_profile(), advice=advice)


def packaged_profile(*, evil: str = "") -> Profile:
    """Return the small profile as a built package with a layer and stale bytecode.

    `evil` is in every string that comes from files.
    """
    size = 30 * BYTES_PER_MB
    places = (PlaceSize("function", 900, size), PlaceSize(f"layer 1 (deps{evil})", 100, size // 3))
    parts = [
        DistributionSize(f"{name}{evil}", "1.0", place, 90, share, 30, share // 3, 0, 0)
        for name, place, share in (
            ("botocore", places[0].name, size * 2 // 3),
            ("pandas", places[1].name, size // 3),
            *((f"small-{number}", places[0].name, size // 40) for number in range(9)),
            ("function", places[0].name, size // 12),
        )
    ]
    data = ServiceData("botocore", 400, size // 2, (f"s3{evil}",), (f"sqs{evil}",), 90_000, True)
    recipe = Recipe(
        f"SAM{evil}", "SAM dates every file", (f"after: python3.12 -m compileall {evil}",), "", ""
    )
    counts = (BytecodeCount(ShippedState.OTHER_DATE, 500, 9),)
    shipped = PackageBytecode("3.12", ("function",), counts, (evil,), (), recipe)
    left_out = (f".git{evil}",)
    lacking = (f"a folder cannot be read{evil}",) if evil else ()
    package = PackageSize(
        PackageForm.BUILT, places, tuple(parts), data, True, lacking, left_out, shipped
    )
    return replace(small_profile(), package=package)


def proven_profile(behaviour: Behaviour) -> Profile:
    """Return the advised profile; this is known of its best set's behaviour, and its members'."""
    profile = advised_profile()
    advice = profile.advice
    assert advice is not None
    assert advice.best_set is not None
    members = advice.best_set.finding_ids
    findings = tuple(
        replace(one, behaviour=behaviour) if number in members else one
        for number, one in enumerate(advice.findings)
    )
    best = replace(advice.best_set, behaviour=behaviour)
    return replace(profile, advice=replace(advice, findings=findings, best_set=best))


def changed_profile() -> Profile:
    """Return the small profile after a change: pandas came, requests went, boto3 took longer."""
    builder = small_builder()
    builder.names[builder.names.index("requests")] = "pandas"
    builder.names[builder.names.index("http.cookies")] = "pandas.core"
    builder.names[builder.names.index("urllib3.util")] = "numpy"
    builder.self_us[builder.names.index("boto3")] += 9_000
    builder.self_us[builder.names.index("botocore.client")] -= 6_000
    builder.self_us[builder.names.index("pandas")] = 80_000
    return profile_of(builder, {**SMALL_OWNERS, "pandas": "pandas", "numpy": "numpy"})


def empty_profile() -> Profile:
    return profile_of(TreeBuilder(), {})


def hostile_profile() -> Profile:
    """Return a profile whose every foreign string is an attack on the page."""
    builder = TreeBuilder()
    startup(builder)
    handler = builder.add(HOSTILE_NAMES[0], 9_000)
    above = handler
    owners = {}
    for name in HOSTILE_NAMES:
        owners[name.partition(".")[0]] = name
        above = builder.add(name, 5_000, above)
    for name in HOSTILE_NAMES:  # after the chain: a tree is in preorder
        builder.add(name + ".sub", 4_000, handler)
    profile = profile_of(builder, owners, module=HOSTILE_NAMES[0])
    evil = " ".join(HOSTILE_NAMES)
    profile = replace(profile, advice=hostile_advice(evil))
    return replace_strings(profile, evil)


def hostile_advice(evil: str) -> Advice:
    """Return advice that is an attack in every string."""
    found = tuple(
        finding(name, name, 3, 9_000, verified(9_000, evil if number % 2 else None), fix=evil,
                file=f"{TASK_ROOT}/{name}.py", reason=evil, triggered_by=(name,),
                kind=list(VerdictKind)[number % 5])
        for number, name in enumerate(HOSTILE_NAMES)
    )  # fmt: skip
    best = BestSet((0, 1), 9_000, HOSTILE_NAMES, None, None, evil)
    work = StatementTime(SourcePlace(evil, 1, 1), evil, 9_000, 0, 9_000, (AuditEvent(evil, evil),))
    hint = ThirdPartyHint(evil, evil, 9_000, evil, evil, evil)
    return Advice(found, (work,), best, BytecodeFinding(3, evil), (hint,))


def replace_strings(profile: Profile, evil: str) -> Profile:
    environment = replace(profile.environment, runner_reason=evil, image=evil, cpu_model=evil)
    warnings = (ProfileWarning(WarningCode.OUTPUT, evil),)
    settings = replace(profile.settings, environment_names=(evil,))
    package = packaged_profile(evil=evil).package
    return replace(
        profile, environment=environment, warnings=warnings, settings=settings, package=package
    )


def large_profile(nodes: int = 20_000, seed: int = 7) -> Profile:
    """Return a tree shaped like real ones: forty packages, bushy, seldom deeper than thirty."""
    rng = random.Random(seed)
    words = ("core", "api", "util", "client", "model", "types", "compat", "config", "errors")
    packages = [f"package{i:02d}" for i in range(40)]
    builder = TreeBuilder()
    startup(builder)
    path = [builder.add("handler", 30_000)]
    while len(builder.names) < nodes:
        del path[rng.randint(1, min(len(path), 30)) :]
        above = builder.names[path[-1]]
        fresh = above == "handler" or rng.random() < 0.08
        package = rng.choice(packages) if fresh else above.partition(".")[0]
        name = f"{package}.{rng.choice(words)}.{rng.choice(words)}_{len(builder.names)}"
        path.append(builder.add(name, int(rng.paretovariate(1.1) * 40) % 60_000, path[-1]))
    owners = {package: f"dist-{package}" for package in packages}
    return profile_of(builder, {"handler": FUNCTION, **owners})


def deep_log_profile(nodes: int = 20_000, seed: int = 3) -> Profile:
    """Return a log of packages up to fifteen deep, each module below the package it is in."""
    rng = random.Random(seed)
    words = ("core", "internals", "services", "adapters", "transport", "schemas", "validators")
    builder = TreeBuilder()
    startup(builder)
    path = [builder.add("application", 100)]
    while len(builder.names) < nodes:
        del path[rng.randint(1, min(len(path), 15)) :]
        while len(path) < 15 and len(builder.names) < nodes:
            name = f"{builder.names[path[-1]]}.{rng.choice(words)}_{len(builder.names)}"
            path.append(builder.add(name, rng.randrange(20, 3_000), path[-1]))
    profile = profile_of(builder, {}, graph=False)
    return replace(profile, source="log", target=None)


def deep_profile(depth: int = 3_000) -> Profile:
    builder = TreeBuilder()
    startup(builder)
    above = builder.add("handler", 1_000)
    for level in range(depth):
        above = builder.add(f"deep.level_{level}", 10 + level % 7, above)
    return profile_of(builder, {"handler": FUNCTION, "deep": "deep-dist"})


def profile_of(
    builder: TreeBuilder, owners: dict[str, str], module: str = "handler", graph: bool = True
) -> Profile:
    tree = builder.tree()
    function_us = sum(
        tree.cumulative_us[n] for n in tree.roots() if tree.phases[tree.phase_ids[n]] == PHASES[2]
    )
    return Profile(
        importcost_version="0.1.0",
        created_at="2026-11-20T10:00:00+00:00",
        target=Target(module, "handler", TASK_ROOT, f"{TASK_ROOT}/handler.py"),
        settings=Settings(512, "x86_64", "zip", "python3.12", ("TABLE_NAME",)),
        environment=environment(),
        runs=tuple(run(kind, i) for i, kind in enumerate(runs_in_order())),
        phases=phase_times(function_us),
        function_init=FunctionInit(
            cpu_us=Interval(function_us * 0.98, float(function_us), function_us * 1.02),
            process_cpu_us=int(function_us * 1.1),
            wall_us=int(function_us * 1.05),
            blocked_us=1_200,
            unattributed_share=0.006,
        ),
        tree=tree,
        graph=graph_of(builder, owners) if graph else None,
        speed_us=61_000,
        warnings=(
            ProfileWarning(
                WarningCode.STDLIB_BYTECODE,
                "The standard library's bytecode is valid here; on Lambda it is, too.",
            ),
        ),
    )


def environment() -> Environment:
    return Environment(
        runner="local",
        runner_reason="no container engine is running",
        image=None,
        python_version="3.12.7",
        python_implementation="CPython",
        executable="/usr/bin/python3.12",
        platform="Linux-6.1-x86_64",
        machine="x86_64",
        cpu_count=8,
        cpu_model="Example CPU 9000",
        runtime_source="awslambdaric 3.1.1",
        bytecode="compiled at every start, as in a ZIP",
        requirements="requirements.txt (2 packages)",
    )


def runs_in_order() -> Sequence[RunKind]:
    return (RunKind.WARM_UP, *([RunKind.TIMED, RunKind.TRACED] * 5), RunKind.GRAPH, RunKind.SPEED)


def run(kind: RunKind, order: int) -> Run:
    return Run(kind, order, 300_000, None, None, None, 61_000)


def phase_times(function_us: int) -> tuple[PhaseTime, ...]:
    return (
        PhaseTime(Phase.INTERPRETER_START, 11_000, 9_800),
        PhaseTime(Phase.RUNTIME, 21_000, 19_500),
        PhaseTime(Phase.HANDLER_IMPORTS, int(function_us * 0.85), int(function_us * 0.8)),
        PhaseTime(Phase.MODULE_BODY, int(function_us * 0.21), int(function_us * 0.2)),
    )


def facts_of(profile: Profile, bill: Estimate | None = None) -> ProfileFacts:
    return profile_facts(profile, bill or estimate_of(profile))


def estimate_of(profile: Profile, limit: InitLimit = InitLimit.BELOW) -> Estimate:
    function_ms = profile.function_init.cpu_us.value * 1.6 / 1000
    init_ms = 84 + function_ms

    def band(value: float) -> Interval:
        return Interval(value * 0.85, value, value * 1.2)

    phases = (
        (FLOOR_LABEL, 84.0),
        ("handler imports", function_ms * 0.8),
        ("module body", function_ms * 0.2),
    )
    return Estimate(
        memory_mb=512,
        arch="x86_64",
        package_type="zip",
        runtime="python3.12",
        floor_ms=Interval(80, 84, 110),
        speed_ratio=Interval(1.4, 1.6, 1.85),
        function_init_ms=band(function_ms),
        init_ms=band(init_ms),
        billed_init_ms=band(float(round(init_ms))),
        dollars_per_million=band(init_ms / 1000 * 0.5 * 16.6667),
        gb_second_dollars=0.0000166667,
        phases=tuple(PhaseEstimate(label, ms, ms / init_ms) for label, ms in phases),
        limit=limit,
        notes=("On-demand init is not scaled by memory; the dollars are.",),
        sources=(Source("Floor, zip x86_64", "maxday, summary by quarter", "2026-Q3"),),
    )
