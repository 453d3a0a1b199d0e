"""The contract between Python and the page: the types of the data that the pages draw.

`data/page-data.schema.json` and the page's `templates/js/model/data.js` say the same; a test holds
the three equal. `*_us` are microseconds on the measuring machine, `*_ms` milliseconds modelled on
Lambda.
"""

from __future__ import annotations

from typing import TypedDict


class IntervalData(TypedDict):
    """A value with its band."""

    low: float
    value: float
    high: float
    confidence: float


class FunctionData(TypedDict):
    """The function's settings; `origin` says where a log came from."""

    handler: str | None
    origin: str | None
    module: str | None
    file: str | None
    runtime: str
    arch: str
    package_type: str
    memory_mb: int


class PlatformData(TypedDict):
    """The platform in words: `place` is where the times are, `basis` how they are known.

    `price_at` says what the dollars are for, None without a price. `place_facts` are the settings
    that the platform has, beside the runtime. `notes` are what is not modelled, none on Lambda, and
    `limit` the sentence on an init at the limit.
    """

    name: str
    title: str
    is_modelled: bool
    place: str
    basis: str
    verb: str
    price_at: str | None
    place_facts: list[str]
    notes: list[str]
    limit: str | None


class PartData(TypedDict):
    """One part of the init in words, and its whole milliseconds; they add up to the init shown."""

    label: str
    ms: int


class HeadlineData(TypedDict):
    """The estimate of one cold start.

    `shown_ms` is what the page says first: the billed init, or on a platform that bills none the
    init. `second_dollars` are those of one billed second, None without a price.
    """

    shown_ms: IntervalData
    billed_init_ms: IntervalData | None
    init_ms: IntervalData
    floor_ms: IntervalData
    function_init_ms: IntervalData
    dollars_per_million: IntervalData | None
    second_dollars: float | None
    speed_ratio: IntervalData
    limit: str
    waiting_ms: float
    parts: list[PartData]


class LocalData(TypedDict):
    """The function init as measured here."""

    cpu_us: IntervalData
    wall_us: int
    process_cpu_us: int
    blocked_us: int
    unattributed_share: float


class BudgetData(TypedDict):
    """A gate's verdict: `status` is pass, fail or unknown, `text` one sentence."""

    status: str
    text: str


class MoneyConstants(TypedDict):
    """Price, limits and the memory sizes of the slider, on Lambda."""

    gb_second_dollars: float
    mb_per_vcpu: float
    init_limit_ms: float
    memory_mb: list[int]


class CurveSide(TypedDict):
    """One architecture of the memory curve; `saved_ms` is None without a deferral.

    `waiting_ms` of its init and `saved_waiting_ms` of the saving wait: nothing throttles them.
    """

    arch: str
    init_ms: IntervalData
    gb_second_dollars: float
    limit: str
    saved_ms: float | None
    waiting_ms: float
    saved_waiting_ms: float


class CurveDeferral(TypedDict):
    """The deferral that the memory curve draws."""

    what: str
    verified: bool


class CurveData(TypedDict):
    """The memory curve; `sides` starts with the configured architecture."""

    sides: list[CurveSide]
    deferral: CurveDeferral | None
    missing: str | None


class FixData(TypedDict):
    """The text that a change's button copies."""

    label: str
    text: str


class ChangePart(TypedDict):
    """One statement of a joint change."""

    title: str
    place: str
    importer: str | None
    triggered_by: list[str]


class _CommonChange(TypedDict):
    kind: str
    title: str
    how: str
    fix: FixData | None
    modules: int
    status: str
    failure: str | None
    saving_us: float
    low_us: float | None
    high_us: float | None
    pairs: int
    share: float
    saved_ms: float | None
    computed_ms: float | None


class BestChange(_CommonChange, total=False):
    """One of the best changes; a set has parts, a single statement a place and a node.

    `status` is verified, unproven (imports and time measured, behaviour of own code that moves not
    compared), predicted, failed or unmeasured. `computed_ms` is the part of `saved_ms`
    that computes: only that is throttled after init.
    """

    parts: list[ChangePart]
    place: str
    importer: str | None
    triggered_by: list[str]
    node: int | None


class WorkNote(TypedDict):
    """A slow statement at module level that is not an import."""

    code: str
    place: str
    own_us: int
    events: list[str]


class HintNote(TypedDict):
    """Advice on a dependency."""

    module: str
    distribution: str
    cost_us: int
    advice: str
    source: str


class StayingNote(TypedDict):
    """An import that stays, with the reason."""

    code: str
    place: str
    exclusive_us: int
    reason: str


class AdviceNotes(TypedDict):
    """The other parts of the advice."""

    work: list[WorkNote]
    hints: list[HintNote]
    staying: list[StayingNote]


class PhaseData(TypedDict):
    """A modelled phase, with the local figure under the same label."""

    label: str
    init_ms: float
    share: float
    local_us: int | None
    explanation: str


class NameColumns(TypedDict):
    """Module names, each stored as its last part and its package.

    `name_parents` is 0 for a top-level name, n for package n - 1, -n for the name n places before.
    `packages` are those that are not among the names before. `package_parents` is 0 for a
    top-level package, n for package n - 1, -n for name n - 1.
    """

    packages: list[str]
    package_parents: list[int]
    name_tails: list[str]
    name_parents: list[int]


class TreeColumns(NameColumns):
    """The import tree in preorder. Columns in `*_runs` are value, count, value, count ...

    `parent_steps` is how far before a node its parent is, 0 for a root. `excess_runs` is what the
    cumulative time has over the node's own and its children's. `name_runs` are steps between name
    ids: 0 is the id after the last, n the id n - 1.
    """

    name_runs: list[int]
    parent_steps: list[int]
    self_us: list[int]
    excess_runs: list[int]
    phases: list[str]
    phase_runs: list[int]


class ModuleColumns(TypedDict):
    """The known facts about each name besides its times; a column is empty if there are none.

    `exclusive_less_us` is what the exclusive cost lacks of the cumulative time of the name's first
    node. `importer_ids` are name ids plus one, 0 if the tree says the same, -1 if not known. An
    entry of `others` is a name, how many import it as well, and some of them.
    """

    bytecode_runs: list[int]
    rss_self_kb: list[int | None]
    rss_cumulative_kb: list[int | None]
    exclusive_less_us: list[int | None]
    importer_ids: list[int]
    others: list[list[int]]
    other_importers: list[str]
    files: list[str]
    file_ids: list[int]
    lines: list[int]


class DistributionData(TypedDict):
    """A distribution with its colour and its own time in function init.

    `from_runtime` says that Lambda's runtime brings it.
    """

    name: str
    colour: str
    self_us: int
    modules: int
    from_runtime: bool


class BytecodeData(TypedDict):
    """Modules that a ZIP compiles at every cold start, and the command that stops it."""

    compiled_modules: int
    own_modules: int
    command: str


class ShippedBytecodeData(TypedDict):
    """The bytecode of what was built: a sentence, and the packager's steps if it does not hold."""

    text: str
    steps: list[str]
    is_fine: bool


class PackagePart(TypedDict):
    """A distribution in one place of the package; `size` is its megabytes in words."""

    name: str
    place: str
    colour: str
    size_bytes: int
    size: str
    unloaded_share: float


class PackageData(TypedDict):
    """The unpacked package beside Lambda's limit; `places` are pairs of name and megabytes.

    `size` is the whole in words, `sentences` what else is to be said. `parts` are the largest
    distributions, the rest as one; none for an image. `limit_bytes` is 0 without a known limit.
    """

    size: str
    is_over: bool
    size_bytes: int
    limit_bytes: int
    sentences: list[str]
    places: list[list[str]]
    parts: list[PackagePart]
    bytecode: ShippedBytecodeData | None


class WarningData(TypedDict):
    """A warning of the measurement."""

    code: str
    message: str


class PlaceholderData(TypedDict):
    """A placeholder for a variable that is not set."""

    name: str
    value: str
    place: str | None


class SuppliesData(TypedDict):
    """The additions of the measurement to the function."""

    packages: str | None
    placeholders: list[PlaceholderData]


class WrapperData(TypedDict):
    """The product that wraps the handler; `label` says whose it is.

    `own_node` is the node of the function's own handler, -1 if init does not import it. It and the
    nodes below it are the function's, all others of function init the wrapper's. `notes` are
    sentences.
    """

    label: str
    own_node: int
    notes: list[str]


class PageData(TypedDict):
    """The data that the page of one profile draws first.

    `web` holds sentences on a web app's start under its server, none for a handler. `wrapper` is
    null if nothing wraps the handler.
    """

    schema: int
    generator: str
    created_at: str
    source: str
    function: FunctionData
    platform: PlatformData
    headline: HeadlineData
    local: LocalData
    budget: BudgetData | None
    money: MoneyConstants | None
    curve: CurveData | None
    changes: list[BestChange]
    proof: str | None
    advice: AdviceNotes
    phases: list[PhaseData]
    startup_phases: list[str]
    tree: TreeColumns
    distribution_ids: list[int]
    bytecode_states: list[str]
    distributions: list[DistributionData]
    most_expensive: list[int]
    most_expensive_ms: list[float]
    top_importers: list[list[str]]
    bytecode: BytecodeData | None
    package: PackageData | None
    warnings: list[WarningData]
    supplies: SuppliesData
    web: list[str]
    wrapper: WrapperData | None
    environment: list[list[str]]
    notes: list[str]
    sources: list[list[str]]


class WholePageData(PageData):
    """The page's data with the modules, which the file stores behind the rest."""

    modules: ModuleColumns


class SidePhase(TypedDict):
    """A modelled phase of one side."""

    label: str
    init_ms: float


class SideData(TypedDict):
    """One of two profiles."""

    created_at: str
    source: str
    cpu_us: IntervalData
    shown_ms: IntervalData
    billed_init_ms: IntervalData | None
    function_init_ms: IntervalData
    dollars_per_million: IntervalData | None
    memory_mb: int
    runtime: str
    phases: list[SidePhase]


class ChangeData(TypedDict):
    """The times of one distribution in base and head."""

    name: str
    distribution: str
    kind: str
    base_us: int
    head_us: int
    added: int
    removed: int


class MergedColumns(NameColumns):
    """Two import trees laid over each other, in preorder; see `TreeColumns`."""

    name_runs: list[int]
    parent_steps: list[int]
    base_us: list[int]
    head_us: list[int]
    base_self_us: list[int]
    head_self_us: list[int]
    kind_ids: list[int]


class ChangedModules(TypedDict):
    """A row for each module; `nodes` is -1 if the tree does not have it."""

    name_ids: list[int]
    kind_ids: list[int]
    base_us: list[int]
    head_us: list[int]
    nodes: list[int]


class DifferenceData(TypedDict):
    """The data that the page of two profiles draws."""

    schema: int
    generator: str
    handler: str
    sides: list[SideData]
    verdict: str
    platform: PlatformData
    dollars_per_million: IntervalData | None
    caveats: list[str]
    kinds: list[str]
    distributions: list[ChangeData]
    tree: MergedColumns
    owner_ids: list[int]
    owners: list[str]
    places: list[str]
    modules: ChangedModules


class IndexRuntime(TypedDict):
    """A runtime of a project; `ends` is a sentence if its support ended or soon ends."""

    name: str
    ends: str | None


class IndexPackage(TypedDict):
    """A distribution of a project with its colour."""

    name: str
    colour: str


class IndexCulprit(TypedDict):
    """A package, layer or own module that functions pay for, or a change that helps several.

    `kind` is package, layer, module or change; `code` is the statement of a change. `package_id` is
    -1 for all but packages. `function_ids` are the functions that a culprit is about; those of a
    package are found in the functions' columns.
    """

    kind: str
    name: str
    code: str
    package_id: int
    total_ms: float
    functions: int
    dollars_a_month: float | None
    function_ids: list[int]


class IndexKindCounts(TypedDict):
    """Numbers of culprits by their kind."""

    package: int
    layer: int
    module: int
    change: int


class IndexChange(TypedDict):
    """A suggested change of one function."""

    place: str
    code: str
    saved_ms: float


class IndexFunctions(TypedDict):
    """The functions of a project as columns, one entry a function.

    `package_counts` says how many entries of `package_ids` and `package_ms` belong to each
    function, one after the other. Ids are places in the index's lists of these names; a form is
    the architecture and the package type. `package_mb` is unpacked; `stale_modules` are
    loaded ones that Lambda compiles at every cold start, None if there is no built package.
    """

    names: list[str]
    handler_ids: list[int]
    form_ids: list[int]
    runtime_ids: list[int]
    memory_mb: list[int]
    billed_ms: list[int]
    low_ms: list[int]
    high_ms: list[int]
    own_ms: list[float]
    dollars_per_million: list[float | None]
    dollars_a_month: list[float | None]
    saved_ms: list[float]
    modules: list[int]
    memory_used_mb: list[float | None]
    package_mb: list[float | None]
    stale_modules: list[int | None]
    verdict_ids: list[int]
    pages: list[str | None]
    package_counts: list[int]
    package_ids: list[int]
    package_ms: list[float]


class IndexSums(TypedDict):
    """The headline of a project: sums over all its functions."""

    billed_ms: float
    low_ms: float
    high_ms: float
    saved_ms: float
    dollars_a_month: float | None


class IndexLeftOut(TypedDict):
    """Functions without figures that share a reason."""

    reason: str
    names: list[str]


class IndexWords(TypedDict):
    """The words for the init of all functions; `basis` says how its times are known."""

    init: str
    basis: str
    place: str
    is_modelled: bool
    verb: str


class IndexData(TypedDict):
    """The data that the page over all functions of a project draws first.

    `verdicts` are the words that the functions' `verdict_ids` name; the first is empty: no budget.
    `culprits_left` counts, by kind, those that are left out as the least expensive.
    """

    schema: int
    generator: str
    created_at: str
    place: str
    tool: str
    words: IndexWords
    sums: IndexSums
    handlers: list[str]
    forms: list[str]
    runtimes: list[IndexRuntime]
    verdicts: list[str]
    packages: list[IndexPackage]
    functions: IndexFunctions
    culprits: list[IndexCulprit]
    culprits_left: IndexKindCounts
    left_out: list[IndexLeftOut]
    notes: list[str]


class WholeIndexData(IndexData):
    """The index's data with the suggested changes of each function, which the file stores last."""

    changes: list[list[IndexChange]]
