// The types of the page's data. Made from the TypedDicts of reports/page/contract.py by
// tests/reports/page/contract_files.py: change it there.

/**
 * A value with its band.
 * @typedef {object} IntervalData
 * @property {number} low
 * @property {number} value
 * @property {number} high
 * @property {number} confidence
 */

/**
 * The function's settings; `origin` says where a log came from.
 * @typedef {object} FunctionData
 * @property {string | null} handler
 * @property {string | null} origin
 * @property {string | null} module
 * @property {string | null} file
 * @property {string} runtime
 * @property {string} arch
 * @property {string} package_type
 * @property {number} memory_mb
 */

/**
 * The platform in words: `place` is where the times are, `basis` how they are known.
 * @typedef {object} PlatformData
 * @property {string} name
 * @property {string} title
 * @property {boolean} is_modelled
 * @property {string} place
 * @property {string} basis
 * @property {string} verb
 * @property {string | null} price_at
 * @property {string[]} place_facts
 * @property {string[]} notes
 * @property {string | null} limit
 */

/**
 * One part of the init in words, and its whole milliseconds; they add up to the init shown.
 * @typedef {object} PartData
 * @property {string} label
 * @property {number} ms
 */

/**
 * The estimate of one cold start.
 * @typedef {object} HeadlineData
 * @property {IntervalData} shown_ms
 * @property {IntervalData | null} billed_init_ms
 * @property {IntervalData} init_ms
 * @property {IntervalData} floor_ms
 * @property {IntervalData} function_init_ms
 * @property {IntervalData | null} dollars_per_million
 * @property {number | null} second_dollars
 * @property {IntervalData} speed_ratio
 * @property {string} limit
 * @property {number} waiting_ms
 * @property {PartData[]} parts
 */

/**
 * The function init as measured here.
 * @typedef {object} LocalData
 * @property {IntervalData} cpu_us
 * @property {number} wall_us
 * @property {number} process_cpu_us
 * @property {number} blocked_us
 * @property {number} unattributed_share
 */

/**
 * A gate's verdict: `status` is pass, fail or unknown, `text` one sentence.
 * @typedef {object} BudgetData
 * @property {string} status
 * @property {string} text
 */

/**
 * Price, limits and the memory sizes of the slider, on Lambda.
 * @typedef {object} MoneyConstants
 * @property {number} gb_second_dollars
 * @property {number} mb_per_vcpu
 * @property {number} init_limit_ms
 * @property {number[]} memory_mb
 */

/**
 * One architecture of the memory curve; `saved_ms` is None without a deferral.
 * @typedef {object} CurveSide
 * @property {string} arch
 * @property {IntervalData} init_ms
 * @property {number} gb_second_dollars
 * @property {string} limit
 * @property {number | null} saved_ms
 * @property {number} waiting_ms
 * @property {number} saved_waiting_ms
 */

/**
 * The deferral that the memory curve draws.
 * @typedef {object} CurveDeferral
 * @property {string} what
 * @property {boolean} verified
 */

/**
 * The memory curve; `sides` starts with the configured architecture.
 * @typedef {object} CurveData
 * @property {CurveSide[]} sides
 * @property {CurveDeferral | null} deferral
 * @property {string | null} missing
 */

/**
 * The text that a change's button copies.
 * @typedef {object} FixData
 * @property {string} label
 * @property {string} text
 */

/**
 * One statement of a joint change.
 * @typedef {object} ChangePart
 * @property {string} title
 * @property {string} place
 * @property {string | null} importer
 * @property {string[]} triggered_by
 */

/**
 * One of the best changes; a set has parts, a single statement a place and a node.
 * @typedef {object} BestChange
 * @property {string} kind
 * @property {string} title
 * @property {string} how
 * @property {FixData | null} fix
 * @property {number} modules
 * @property {string} status
 * @property {string | null} failure
 * @property {number} saving_us
 * @property {number | null} low_us
 * @property {number | null} high_us
 * @property {number} pairs
 * @property {number} share
 * @property {number | null} saved_ms
 * @property {number | null} computed_ms
 * @property {ChangePart[]} [parts]
 * @property {string} [place]
 * @property {string | null} [importer]
 * @property {string[]} [triggered_by]
 * @property {number | null} [node]
 */

/**
 * A slow statement at module level that is not an import.
 * @typedef {object} WorkNote
 * @property {string} code
 * @property {string} place
 * @property {number} own_us
 * @property {string[]} events
 */

/**
 * Advice on a dependency.
 * @typedef {object} HintNote
 * @property {string} module
 * @property {string} distribution
 * @property {number} cost_us
 * @property {string} advice
 * @property {string} source
 */

/**
 * An import that stays, with the reason.
 * @typedef {object} StayingNote
 * @property {string} code
 * @property {string} place
 * @property {number} exclusive_us
 * @property {string} reason
 */

/**
 * The other parts of the advice.
 * @typedef {object} AdviceNotes
 * @property {WorkNote[]} work
 * @property {HintNote[]} hints
 * @property {StayingNote[]} staying
 */

/**
 * A modelled phase, with the local figure under the same label.
 * @typedef {object} PhaseData
 * @property {string} label
 * @property {number} init_ms
 * @property {number} share
 * @property {number | null} local_us
 * @property {string} explanation
 */

/**
 * Module names, each stored as its last part and its package.
 * @typedef {object} NameColumns
 * @property {string[]} packages
 * @property {number[]} package_parents
 * @property {string[]} name_tails
 * @property {number[]} name_parents
 */

/**
 * The import tree in preorder. Columns in `*_runs` are value, count, value, count ...
 * @typedef {object} TreeColumns
 * @property {string[]} packages
 * @property {number[]} package_parents
 * @property {string[]} name_tails
 * @property {number[]} name_parents
 * @property {number[]} name_runs
 * @property {number[]} parent_steps
 * @property {number[]} self_us
 * @property {number[]} excess_runs
 * @property {string[]} phases
 * @property {number[]} phase_runs
 */

/**
 * The known facts about each name besides its times; a column is empty if there are none.
 * @typedef {object} ModuleColumns
 * @property {number[]} bytecode_runs
 * @property {(number | null)[]} rss_self_kb
 * @property {(number | null)[]} rss_cumulative_kb
 * @property {(number | null)[]} exclusive_less_us
 * @property {number[]} importer_ids
 * @property {number[][]} others
 * @property {string[]} other_importers
 * @property {string[]} files
 * @property {number[]} file_ids
 * @property {number[]} lines
 */

/**
 * A distribution with its colour and its own time in function init.
 * @typedef {object} DistributionData
 * @property {string} name
 * @property {string} colour
 * @property {number} self_us
 * @property {number} modules
 * @property {boolean} from_runtime
 */

/**
 * Modules that a ZIP compiles at every cold start, and the command that stops it.
 * @typedef {object} BytecodeData
 * @property {number} compiled_modules
 * @property {number} own_modules
 * @property {string} command
 */

/**
 * The bytecode of what was built: a sentence, and the packager's steps if it does not hold.
 * @typedef {object} ShippedBytecodeData
 * @property {string} text
 * @property {string[]} steps
 * @property {boolean} is_fine
 */

/**
 * A distribution in one place of the package; `size` is its megabytes in words.
 * @typedef {object} PackagePart
 * @property {string} name
 * @property {string} place
 * @property {string} colour
 * @property {number} size_bytes
 * @property {string} size
 * @property {number} unloaded_share
 */

/**
 * The unpacked package beside Lambda's limit; `places` are pairs of name and megabytes.
 * @typedef {object} PackageData
 * @property {string} size
 * @property {boolean} is_over
 * @property {number} size_bytes
 * @property {number} limit_bytes
 * @property {string[]} sentences
 * @property {string[][]} places
 * @property {PackagePart[]} parts
 * @property {ShippedBytecodeData | null} bytecode
 */

/**
 * A warning of the measurement.
 * @typedef {object} WarningData
 * @property {string} code
 * @property {string} message
 */

/**
 * A placeholder for a variable that is not set.
 * @typedef {object} PlaceholderData
 * @property {string} name
 * @property {string} value
 * @property {string | null} place
 */

/**
 * The additions of the measurement to the function.
 * @typedef {object} SuppliesData
 * @property {string | null} packages
 * @property {PlaceholderData[]} placeholders
 */

/**
 * The product that wraps the handler; `label` says whose it is.
 * @typedef {object} WrapperData
 * @property {string} label
 * @property {number} own_node
 * @property {string[]} notes
 */

/**
 * The data that the page of one profile draws first.
 * @typedef {object} PageData
 * @property {number} schema
 * @property {string} generator
 * @property {string} created_at
 * @property {string} source
 * @property {FunctionData} function
 * @property {PlatformData} platform
 * @property {HeadlineData} headline
 * @property {LocalData} local
 * @property {BudgetData | null} budget
 * @property {MoneyConstants | null} money
 * @property {CurveData | null} curve
 * @property {BestChange[]} changes
 * @property {string | null} proof
 * @property {AdviceNotes} advice
 * @property {PhaseData[]} phases
 * @property {string[]} startup_phases
 * @property {TreeColumns} tree
 * @property {number[]} distribution_ids
 * @property {string[]} bytecode_states
 * @property {DistributionData[]} distributions
 * @property {number[]} most_expensive
 * @property {number[]} most_expensive_ms
 * @property {string[][]} top_importers
 * @property {BytecodeData | null} bytecode
 * @property {PackageData | null} package
 * @property {WarningData[]} warnings
 * @property {SuppliesData} supplies
 * @property {string[]} web
 * @property {WrapperData | null} wrapper
 * @property {string[][]} environment
 * @property {string[]} notes
 * @property {string[][]} sources
 */

/**
 * The page's data with the modules, which the file stores behind the rest.
 * @typedef {object} WholePageData
 * @property {number} schema
 * @property {string} generator
 * @property {string} created_at
 * @property {string} source
 * @property {FunctionData} function
 * @property {PlatformData} platform
 * @property {HeadlineData} headline
 * @property {LocalData} local
 * @property {BudgetData | null} budget
 * @property {MoneyConstants | null} money
 * @property {CurveData | null} curve
 * @property {BestChange[]} changes
 * @property {string | null} proof
 * @property {AdviceNotes} advice
 * @property {PhaseData[]} phases
 * @property {string[]} startup_phases
 * @property {TreeColumns} tree
 * @property {number[]} distribution_ids
 * @property {string[]} bytecode_states
 * @property {DistributionData[]} distributions
 * @property {number[]} most_expensive
 * @property {number[]} most_expensive_ms
 * @property {string[][]} top_importers
 * @property {BytecodeData | null} bytecode
 * @property {PackageData | null} package
 * @property {WarningData[]} warnings
 * @property {SuppliesData} supplies
 * @property {string[]} web
 * @property {WrapperData | null} wrapper
 * @property {string[][]} environment
 * @property {string[]} notes
 * @property {string[][]} sources
 * @property {ModuleColumns} modules
 */

/**
 * A modelled phase of one side.
 * @typedef {object} SidePhase
 * @property {string} label
 * @property {number} init_ms
 */

/**
 * One of two profiles.
 * @typedef {object} SideData
 * @property {string} created_at
 * @property {string} source
 * @property {IntervalData} cpu_us
 * @property {IntervalData} shown_ms
 * @property {IntervalData | null} billed_init_ms
 * @property {IntervalData} function_init_ms
 * @property {IntervalData | null} dollars_per_million
 * @property {number} memory_mb
 * @property {string} runtime
 * @property {SidePhase[]} phases
 */

/**
 * The times of one distribution in base and head.
 * @typedef {object} ChangeData
 * @property {string} name
 * @property {string} distribution
 * @property {string} kind
 * @property {number} base_us
 * @property {number} head_us
 * @property {number} added
 * @property {number} removed
 */

/**
 * Two import trees laid over each other, in preorder; see `TreeColumns`.
 * @typedef {object} MergedColumns
 * @property {string[]} packages
 * @property {number[]} package_parents
 * @property {string[]} name_tails
 * @property {number[]} name_parents
 * @property {number[]} name_runs
 * @property {number[]} parent_steps
 * @property {number[]} base_us
 * @property {number[]} head_us
 * @property {number[]} base_self_us
 * @property {number[]} head_self_us
 * @property {number[]} kind_ids
 */

/**
 * A row for each module; `nodes` is -1 if the tree does not have it.
 * @typedef {object} ChangedModules
 * @property {number[]} name_ids
 * @property {number[]} kind_ids
 * @property {number[]} base_us
 * @property {number[]} head_us
 * @property {number[]} nodes
 */

/**
 * The data that the page of two profiles draws.
 * @typedef {object} DifferenceData
 * @property {number} schema
 * @property {string} generator
 * @property {string} handler
 * @property {SideData[]} sides
 * @property {string} verdict
 * @property {PlatformData} platform
 * @property {IntervalData | null} dollars_per_million
 * @property {string[]} caveats
 * @property {string[]} kinds
 * @property {ChangeData[]} distributions
 * @property {MergedColumns} tree
 * @property {number[]} owner_ids
 * @property {string[]} owners
 * @property {string[]} places
 * @property {ChangedModules} modules
 */

/**
 * A runtime of a project; `ends` is a sentence if its support ended or soon ends.
 * @typedef {object} IndexRuntime
 * @property {string} name
 * @property {string | null} ends
 */

/**
 * A distribution of a project with its colour.
 * @typedef {object} IndexPackage
 * @property {string} name
 * @property {string} colour
 */

/**
 * A package, layer or own module that functions pay for, or a change that helps several.
 * @typedef {object} IndexCulprit
 * @property {string} kind
 * @property {string} name
 * @property {string} code
 * @property {number} package_id
 * @property {number} total_ms
 * @property {number} functions
 * @property {number | null} dollars_a_month
 * @property {number[]} function_ids
 */

/**
 * Numbers of culprits by their kind.
 * @typedef {object} IndexKindCounts
 * @property {number} package
 * @property {number} layer
 * @property {number} module
 * @property {number} change
 */

/**
 * A suggested change of one function.
 * @typedef {object} IndexChange
 * @property {string} place
 * @property {string} code
 * @property {number} saved_ms
 */

/**
 * The functions of a project as columns, one entry a function.
 * @typedef {object} IndexFunctions
 * @property {string[]} names
 * @property {number[]} handler_ids
 * @property {number[]} form_ids
 * @property {number[]} runtime_ids
 * @property {number[]} memory_mb
 * @property {number[]} billed_ms
 * @property {number[]} low_ms
 * @property {number[]} high_ms
 * @property {number[]} own_ms
 * @property {(number | null)[]} dollars_per_million
 * @property {(number | null)[]} dollars_a_month
 * @property {number[]} saved_ms
 * @property {number[]} modules
 * @property {(number | null)[]} memory_used_mb
 * @property {(number | null)[]} package_mb
 * @property {(number | null)[]} stale_modules
 * @property {number[]} verdict_ids
 * @property {(string | null)[]} pages
 * @property {number[]} package_counts
 * @property {number[]} package_ids
 * @property {number[]} package_ms
 */

/**
 * The headline of a project: sums over all its functions.
 * @typedef {object} IndexSums
 * @property {number} billed_ms
 * @property {number} low_ms
 * @property {number} high_ms
 * @property {number} saved_ms
 * @property {number | null} dollars_a_month
 */

/**
 * Functions without figures that share a reason.
 * @typedef {object} IndexLeftOut
 * @property {string} reason
 * @property {string[]} names
 */

/**
 * The words for the init of all functions; `basis` says how its times are known.
 * @typedef {object} IndexWords
 * @property {string} init
 * @property {string} basis
 * @property {string} place
 * @property {boolean} is_modelled
 * @property {string} verb
 */

/**
 * The data that the page over all functions of a project draws first.
 * @typedef {object} IndexData
 * @property {number} schema
 * @property {string} generator
 * @property {string} created_at
 * @property {string} place
 * @property {string} tool
 * @property {IndexWords} words
 * @property {IndexSums} sums
 * @property {string[]} handlers
 * @property {string[]} forms
 * @property {IndexRuntime[]} runtimes
 * @property {string[]} verdicts
 * @property {IndexPackage[]} packages
 * @property {IndexFunctions} functions
 * @property {IndexCulprit[]} culprits
 * @property {IndexKindCounts} culprits_left
 * @property {IndexLeftOut[]} left_out
 * @property {string[]} notes
 */

/**
 * The index's data with the suggested changes of each function, which the file stores last.
 * @typedef {object} WholeIndexData
 * @property {number} schema
 * @property {string} generator
 * @property {string} created_at
 * @property {string} place
 * @property {string} tool
 * @property {IndexWords} words
 * @property {IndexSums} sums
 * @property {string[]} handlers
 * @property {string[]} forms
 * @property {IndexRuntime[]} runtimes
 * @property {string[]} verdicts
 * @property {IndexPackage[]} packages
 * @property {IndexFunctions} functions
 * @property {IndexCulprit[]} culprits
 * @property {IndexKindCounts} culprits_left
 * @property {IndexLeftOut[]} left_out
 * @property {string[]} notes
 * @property {IndexChange[][]} changes
 */

export {};
