// One module with its submodules in the middle: above, what brought them in, up to the handler;
// below, what they load. Equal paths up are one, and time inside the module counts once.

/** @import { Fact, Flags, Layout, ShownIds } from "./forest.js" */
/** @import { ImportTree } from "./import_tree.js" */

import { msText, plural, shareText } from "../lib/numbers.js";
import { clipped } from "../lib/text.js";
import { NONE, pairKey } from "./columns.js";
import { Forest } from "./forest.js";
import { othersText } from "./module_details.js";

/**
 * Return the topmost nodes of the module, and for each node which of them it lies in.
 * @param {ImportTree} tree
 * @param {number} subject
 */
function entriesOfModule(tree, subject) {
  const inside = tree.names.at(tree.nameIds[subject]);
  /** @type {Map<number, boolean>} */
  const names = new Map();
  const belongs = (/** @type {number} */ id) => {
    let answer = names.get(id);
    if (answer === undefined) {
      const name = tree.names.at(id);
      answer = name === inside || name.startsWith(`${inside}.`);
      names.set(id, answer);
    }
    return answer;
  };
  const entries = [];
  const entryOf = new Int32Array(tree.size).fill(NONE);
  for (let node = 0; node < tree.real; node += 1) {
    if (tree.block(node) !== tree.block(subject)) continue;
    const above = entryOf[tree.parents[node]];
    if (above === NONE && belongs(tree.nameIds[node])) entries.push(node);
    entryOf[node] = above === NONE && entries.at(-1) === node ? node : above;
  }
  return { entries, entryOf };
}

/** The columns of the tree while it grows: the middle, importers, then what is loaded. */
class SandwichRows {
  /** @param {number} subject */
  constructor(subject) {
    this.parents = [NONE];
    this.sources = [subject];
    this.imports = [NONE];
    this.us = [0];
    this.callers = 0;
  }

  /**
   * @param {number} parent
   * @param {number} source
   * @param {number} imported
   * @param {number} us
   */
  add(parent, source, imported, us) {
    this.sources.push(source);
    this.imports.push(imported);
    this.us.push(us);
    return this.parents.push(parent) - 1;
  }

  /**
   * @param {ImportTree} tree
   * @param {number[]} entries
   */
  addCallers(tree, entries) {
    /** @type {Map<number, number>} */
    const known = new Map();
    for (const entry of entries) {
      this.us[0] += tree.widths[entry];
      let [at, imported] = [0, entry];
      for (let who = tree.parents[entry]; tree.isReal(who); who = tree.parents[who]) {
        const key = pairKey(at, tree.nameIds[who]);
        const caller = known.get(key) ?? this.add(at, who, imported, 0);
        known.set(key, caller);
        this.us[caller] += tree.widths[entry];
        [at, imported] = [caller, who];
      }
    }
    this.callers = this.parents.length;
  }

  /**
   * @param {ImportTree} tree
   * @param {number} subject
   * @param {Int32Array} entryOf
   */
  addLoaded(tree, subject, entryOf) {
    const places = new Int32Array(tree.size);
    const own = tree.nameIds[subject];
    for (let node = 0; node < tree.real; node += 1) {
      if (entryOf[node] === NONE) continue;
      const isEntry = entryOf[node] === node;
      // The module itself is the middle; a submodule that comes alone is below it.
      if (isEntry && tree.nameIds[node] === own) continue;
      const parent = isEntry ? 0 : places[tree.parents[node]];
      places[node] = this.add(parent, node, NONE, tree.widths[node]);
    }
  }
}

export class SandwichTree extends Forest {
  /**
   * @param {ImportTree} tree
   * @param {number} subject
   */
  constructor(tree, subject) {
    const rows = new SandwichRows(subject);
    const { entries, entryOf } = entriesOfModule(tree, subject);
    rows.addCallers(tree, entries);
    rows.addLoaded(tree, subject, entryOf);
    super(rows.parents.length);
    this.tree = tree;
    this.sources = rows.sources;
    this.imports = rows.imports;
    this.callers = rows.callers;
    this.colours = tree.colours;
    this.parents.set(rows.parents);
    this.cumulativeUs.set(rows.us);
    this.widths = Float64Array.from(rows.us);
    this.linkChildren(Int32Array.from({ length: this.size - 1 }, (_, i) => i + 1));
    this.links.children = this.halves();
    this.below = new Int32Array(this.size);
    this.middle = this.deepest(true);
    this.rows = this.middle + 1 + this.deepest(false);
    this.below[this.root] = this.rows - 1;
  }

  /** Heaviest first, importers before what is loaded: both begin where the middle does. */
  halves() {
    const sorted = this.heaviestFirst();
    const middle = sorted.subarray(this.childStarts[0], this.childStarts[1]);
    const half = (/** @type {number} */ node) => Number(this.isCaller(node));
    middle.set(Array.from(middle).sort((a, b) => half(b) - half(a)));
    return sorted;
  }

  /**
   * How many rows one half has.
   * @param {boolean} ofCallers
   */
  deepest(ofCallers) {
    const depths = new Int32Array(this.size);
    let deepest = 0;
    for (let node = 1; node < this.size; node += 1) {
      depths[node] = depths[this.parents[node]] + 1;
      if (this.isCaller(node) === ofCallers) deepest = Math.max(deepest, depths[node]);
    }
    return deepest;
  }

  /** @param {number} node */
  isCaller(node) {
    return node > 0 && node < this.callers;
  }

  /** @returns {Layout} */
  arrange() {
    const sequence = this.walk(this.children);
    const starts = new Float64Array(this.size);
    const ends = new Float64Array(this.size);
    const depths = new Int32Array(this.size);
    const rowCounts = new Int32Array(this.size + 1);
    let loaded = false;
    for (const node of sequence) {
      const parent = this.parents[node];
      if (parent === NONE) depths[node] = this.middle;
      else {
        if (parent === this.root && !this.isCaller(node) && !loaded) {
          loaded = true;
          ends[parent] = 0;
        }
        depths[node] = depths[parent] + (this.isCaller(node) ? -1 : 1);
        starts[node] = ends[node] = ends[parent];
        ends[parent] += this.widths[node];
      }
      rowCounts[depths[node] + 1] += 1;
    }
    return { starts, depths, children: this.children, ...this.rowsOf(sequence, depths, rowCounts) };
  }

  /** @param {number} node */
  rowAbove(node) {
    if (node > 0 && !this.isCaller(node)) return this.parents[node];
    const first = this.children[this.childStarts[node]];
    return this.childStarts[node] < this.childStarts[node + 1] && this.isCaller(first) ? first : NONE;
  }

  /** @param {number} node */
  rowBelow(node) {
    if (this.isCaller(node)) return this.parents[node];
    for (let i = this.childStarts[node]; i < this.childStarts[node + 1]; i += 1) {
      if (!this.isCaller(this.children[i])) return this.children[i];
    }
    return NONE;
  }

  /** @param {number} node */
  source(node) {
    return this.sources[node];
  }

  get title() {
    return this.name(this.root);
  }

  /** @param {number} node */
  name(node) {
    return this.tree.name(this.sources[node]);
  }

  /** @param {number} node */
  label(node) {
    return this.isCaller(node) ? this.name(node) : super.label(node);
  }

  /** @param {number} node */
  colour(node) {
    return this.tree.colour(this.sources[node]);
  }

  /**
   * @param {number} node
   * @returns {Fact[]}
   */
  facts(node) {
    if (node === this.root) return this.middleFacts();
    return this.isCaller(node) ? this.callerFacts(node) : this.tree.facts(this.sources[node]);
  }

  /** @returns {Fact[]} */
  middleFacts() {
    const { tree, root } = this;
    const us = this.cumulativeUs[root];
    const callers = this.parents.subarray(0, this.callers).filter((parent) => parent === root).length;
    const others = tree.details.otherImporters(this.sources[root]);
    return [
      ["With submodules and imports", `${msText(us)}, ${shareText(us, tree.widths[tree.root])} of the cold start`],
      ["Brought in by", plural(callers, "module", "modules")],
      .../** @type {Fact[]} */ (others ? [["Also imported by", othersText(others)]] : []),
      ["Distribution", tree.distribution(this.sources[root])],
    ];
  }

  /**
   * @param {number} node
   * @returns {Fact[]}
   */
  callerFacts(node) {
    const { tree } = this;
    const us = this.cumulativeUs[node];
    const { place } = tree.details.importer(this.imports[node]);
    return [
      [`Pays for ${clipped(this.title, 60)}`, `${msText(us)}, ${shareText(us, this.widths[this.root])} of it`],
      ["Imports", tree.name(this.imports[node])],
      .../** @type {Fact[]} */ (place ? [["At", place]] : []),
      ["Distribution", tree.distribution(this.sources[node])],
    ];
  }

  /**
   * @param {Flags} matches
   * @param {ShownIds} shown
   */
  dimmed(matches, shown) {
    const dim = this.tree.dimmed(matches, shown);
    return dim && Uint8Array.from(this.sources, (source) => dim[source]);
  }
}
