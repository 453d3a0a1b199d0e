// The import tree: real nodes first, then a block for each startup phase, then the root.

/** @import { PageData, TreeColumns } from "./data.js" */
/** @import { Fact, Flags, ShownIds } from "./forest.js" */
/** @import { DetailsSource } from "./module_details.js" */
/** @import { Tally } from "./search.js" */

import { memoryText, msText, shareText } from "../lib/numbers.js";
import { clipped, ownerLabel } from "../lib/text.js";
import { idsOf, Names, NONE, unrolled } from "./columns.js";
import { Forest } from "./forest.js";
import { ModuleDetails, othersText } from "./module_details.js";
import { dimmedBy, eachMatch, matchesOf } from "./search.js";

export class ImportTree extends Forest {
  /**
   * @param {PageData} data
   * @param {DetailsSource} detailsSource
   */
  constructor(data, detailsSource) {
    const columns = data.tree;
    const startup = columns.phases.filter((label) => data.startup_phases.includes(label));
    const real = columns.parent_steps.length;
    super(real + startup.length + 1);
    this.data = data;
    this.detailsSource = detailsSource;
    /** @type {ModuleDetails | null} */
    this.knownDetails = null;
    this.real = real;
    this.startupLabels = startup;
    this.root = this.size - 1;
    this.nameIds = idsOf(unrolled(columns.name_runs, real));
    this.names = new Names(columns);
    this.phaseIds = unrolled(columns.phase_runs, real);
    this.colours = ["root", "startup", ...new Set(data.distributions.map((owner) => owner.colour))];
    /** @type {Int32Array | null} */
    this.firsts = null;
    this.blocks = this.blocksOf(columns);
    this.readColumns(columns);
    const inTime = this.timeOrder();
    this.linkChildren(inTime);
    // A profile's tree is in preorder: walking it would give the same.
    this.preorder = new Int32Array(this.size);
    this.preorder[0] = this.root;
    this.preorder.set(inTime, 1);
    this.measure(real);
    this.handler = this.handlerNode();
  }

  /** The node of the function's own module. */
  handlerNode() {
    const wanted = this.data.function.module;
    for (let node = 0; node < this.real; node += 1) {
      const isTop = this.blocks[node] === NONE && this.parents[node] === this.root;
      if (isTop && this.name(node) === wanted) return node;
    }
    return NONE;
  }

  /** The first node of each name. */
  get firstNodes() {
    if (!this.firsts) {
      this.firsts = new Int32Array(this.names.length).fill(NONE);
      for (let node = this.real - 1; node >= 0; node -= 1) this.firsts[this.nameIds[node]] = node;
    }
    return this.firsts;
  }

  /** Importers, memory and the like are stored apart and read when first asked for. */
  get details() {
    this.knownDetails ??= new ModuleDetails(this, this.detailsSource.read());
    return this.knownDetails;
  }

  /**
   * Read columns through locals: until the engine has compiled a loop, each `this` costs as much
   * as the rest of it.
   * @param {TreeColumns} columns
   */
  readColumns(columns) {
    const { real, root, parents, selfUs, cumulativeUs, blocks } = this;
    parents.fill(root);
    parents[root] = NONE;
    selfUs.set(columns.self_us);
    const steps = columns.parent_steps;
    for (let node = 0; node < real; node += 1) {
      const step = steps[node];
      if (step) parents[node] = node - step;
      else if (blocks[node] !== NONE) parents[node] = real + blocks[node];
    }
    const excessUs = unrolled(columns.excess_runs, real);
    for (let node = real - 1; node >= 0; node -= 1) {
      const us = cumulativeUs[node] + selfUs[node] + excessUs[node];
      cumulativeUs[node] = us;
      if (parents[node] < real) cumulativeUs[parents[node]] += us;
    }
  }

  /**
   * Return the startup phase of each node; NONE is the function's own init.
   * @param {TreeColumns} columns
   */
  blocksOf(columns) {
    const blocks = new Int8Array(this.size).fill(NONE);
    const blockOfPhase = columns.phases.map((label) => this.startupLabels.indexOf(label));
    let at = 0;
    for (let i = 0; i < columns.phase_runs.length; i += 2) {
      const end = at + columns.phase_runs[i + 1];
      blocks.fill(blockOfPhase[columns.phase_runs[i]], at, end);
      at = end;
    }
    this.startupLabels.forEach((_, block) => {
      blocks[this.real + block] = block;
    });
    return blocks;
  }

  /** A startup block comes where the first of its nodes does. */
  timeOrder() {
    const { real, blocks } = this;
    const sequence = new Int32Array(this.size - 1);
    const seen = this.startupLabels.map(() => false);
    let at = 0;
    for (let node = 0; node < real; node += 1) {
      const block = blocks[node];
      if (block !== NONE && !seen[block]) {
        seen[block] = true;
        sequence[at++] = real + block;
      }
      sequence[at++] = node;
    }
    seen.forEach((was, block) => {
      if (!was) sequence[at++] = real + block;
    });
    return sequence;
  }

  /** @param {number} node */
  isReal(node) {
    return node < this.real;
  }

  /** @param {number} node */
  name(node) {
    if (node < this.real) return this.names.at(this.nameIds[node]);
    return node === this.root ? "cold start" : this.startupLabels[node - this.real];
  }

  /** @param {number} node */
  distributionId(node) {
    return node < this.real ? this.data.distribution_ids[this.nameIds[node]] : NONE;
  }

  /** @param {number} id */
  ownerName(id) {
    const owner = this.data.distributions[id];
    return ownerLabel(owner.name, owner.from_runtime);
  }

  /** @param {number} node */
  distribution(node) {
    const id = this.distributionId(node);
    return id === NONE ? "" : this.ownerName(id);
  }

  /** @param {number} node */
  source(node) {
    return node < this.real && this.blocks[node] === NONE ? node : NONE;
  }

  /** @param {number} node */
  colour(node) {
    if (node === this.root) return "root";
    if (node >= this.real) return "startup";
    return this.data.distributions[this.distributionId(node)].colour;
  }

  /** @param {number} node */
  phase(node) {
    return node < this.real ? this.data.tree.phases[this.phaseIds[node]] : "";
  }

  /** @param {number} node */
  block(node) {
    return this.blocks[node];
  }

  /** @param {number} node */
  isSum(node) {
    return node >= this.real;
  }

  /**
   * A startup block shows its inside only while the zoom is in it.
   * @param {number} node
   * @param {number} openBlock
   */
  isFolded(node, openBlock) {
    return node < this.real && this.blocks[node] !== NONE && this.blocks[node] !== openBlock;
  }

  /** The time of the startup phases. */
  startupUs() {
    let us = 0;
    for (let node = this.real; node < this.root; node += 1) us += this.widths[node];
    return us;
  }

  /**
   * What is known of a box, as label and value.
   * @param {number} node
   */
  facts(node) {
    const whole = this.widths[this.root];
    /** @type {Fact[]} */
    const facts = [
      ["Cumulative", `${msText(this.cumulativeUs[node])}, ${shareText(this.cumulativeUs[node], whole)} of the cold start`],
    ];
    if (!this.isReal(node)) return facts;
    facts.push(["Self", msText(this.selfUs[node])]);
    const loader = this.loader(node);
    if (loader) facts.push(["Loaded by", loader]);
    if (!this.detailsSource.isReady()) return facts;
    const { details } = this;
    const exclusive = details.exclusiveUs(node);
    if (exclusive !== null) facts.push(["Exclusive", `${msText(exclusive)} go if nothing imports it`]);
    facts.push(["Distribution", this.distribution(node)]);
    const { name, place } = details.importer(node);
    if (name) facts.push(["Imported by", name]);
    if (place) facts.push(["At", place]);
    const others = details.otherImporters(node);
    if (others) facts.push(["Also imported by", othersText(others)]);
    const [memory, own] = [details.memoryKb(node), details.ownMemoryKb(node)];
    if (memory !== null) facts.push(["Memory", `${memoryText(memory)}, itself ${memoryText(own)}`]);
    if (details.bytecode(node)) facts.push(["Bytecode", details.bytecode(node)]);
    facts.push(["Phase", this.phase(node)]);
    return facts;
  }

  /**
   * Whose import a module of a wrapped handler's init is; empty without a wrapper, and for startup.
   * @param {number} node
   */
  loader(node) {
    const { wrapper, startup_phases: startup } = this.data;
    if (!wrapper || startup.includes(this.phase(node))) return "";
    let above = node;
    while (this.isReal(above) && above !== wrapper.own_node) above = this.parents[above];
    return above === wrapper.own_node ? "your handler" : clipped(wrapper.label, 80);
  }

  /** @param {string} text */
  search(text) {
    return matchesOf(this.names, this.nameIds, this.size, text);
  }

  /**
   * @param {Flags} matches
   * @param {ShownIds} shown
   */
  dimmed(matches, shown) {
    return dimmedBy(this.size, matches, shown, (node) => this.distributionId(node));
  }

  /**
   * The matches in startup come last: no change in the function's code reaches them. Time counts
   * once if one match lies inside another.
   * @param {Uint8Array} matches
   * @param {ShownIds} shown
   * @returns {Tally}
   */
  tally(matches, shown) {
    /** @type {number[]} */
    const hits = [];
    /** @type {number[]} */
    const startup = [];
    let us = 0;
    const isMatch = (/** @type {number} */ node) =>
      matches[node] === 1 && (!shown || shown.has(this.distributionId(node)));
    eachMatch(this.parents, this.real, isMatch, (node, isInside) => {
      (this.blocks[node] === NONE ? hits : startup).push(node);
      if (!isInside) us += Math.max(0, this.cumulativeUs[node]);
    });
    return { hits: hits.concat(startup), text: `${msText(us)}, ${shareText(us, this.widths[this.root])} of the cold start` };
  }
}
