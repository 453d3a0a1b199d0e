// Two import trees laid over each other. A box is as wide as the longer of its two times.

/** @import { DifferenceData } from "./data.js" */
/** @import { Fact, Flags, ShownIds } from "./forest.js" */
/** @import { Tally } from "./search.js" */

import { msText, signedMs } from "../lib/numbers.js";
import { ownerLabel } from "../lib/text.js";
import { idsOf, Names, NONE, unrolled } from "./columns.js";
import { Forest } from "./forest.js";
import { dimmedBy, eachMatch, matchesOf } from "./search.js";

export const KIND_COLOURS = ["added", "removed", "slower", "faster", "same", "moved"];

export class MergedTree extends Forest {
  /** @param {DifferenceData} data */
  constructor(data) {
    const columns = data.tree;
    const real = columns.parent_steps.length;
    super(real + 1);
    this.data = data;
    this.real = real;
    this.root = real;
    this.nameIds = idsOf(unrolled(columns.name_runs, real));
    this.names = new Names(columns);
    this.kindIds = columns.kind_ids;
    this.colours = ["root", ...KIND_COLOURS];
    this.baseUs = this.withSum(columns.base_us, columns.parent_steps);
    this.headUs = this.withSum(columns.head_us, columns.parent_steps);
    this.parents.fill(this.root);
    this.parents[this.root] = NONE;
    columns.parent_steps.forEach((step, node) => {
      if (step) this.parents[node] = node - step;
    });
    for (let node = 0; node <= real; node += 1) {
      this.cumulativeUs[node] = Math.max(this.baseUs[node], this.headUs[node]);
    }
    this.linkChildren(Int32Array.from({ length: real }, (_, i) => i));
    this.measure(real);
  }

  /**
   * The column with the root's time behind it.
   * @param {number[]} column
   * @param {number[]} steps
   */
  withSum(column, steps) {
    const us = Float64Array.from([...column, 0]);
    steps.forEach((step, node) => {
      if (!step) us[this.real] += column[node];
    });
    return us;
  }

  /** @param {number} node */
  name(node) {
    return node === this.root ? "function init" : this.names.at(this.nameIds[node]);
  }

  /** @param {number} node */
  isReal(node) {
    return node < this.real;
  }

  /** @param {number} node */
  kindId(node) {
    return node < this.real ? this.kindIds[node] : NONE;
  }

  /** @param {number} node */
  kind(node) {
    return this.data.kinds[this.kindIds[node]];
  }

  /** @param {number} node */
  colour(node) {
    return node === this.root ? "root" : KIND_COLOURS[this.kindIds[node]];
  }

  /** @param {number} node */
  deltaUs(node) {
    return this.headUs[node] - this.baseUs[node];
  }

  /** @param {number} node */
  figure(node) {
    return signedMs(this.deltaUs(node));
  }

  /** @param {number} node */
  owner(node) {
    return ownerLabel(this.data.owners[this.data.owner_ids[this.nameIds[node]]]);
  }

  /** @param {number} node */
  facts(node) {
    /** @type {Fact[]} */
    const facts = [
      ["With its imports", `${msText(this.baseUs[node])} → ${msText(this.headUs[node])}, ${signedMs(this.deltaUs(node))}`],
    ];
    if (node === this.root) return facts;
    const { base_self_us: before, head_self_us: after } = this.data.tree;
    facts.push(
      ["Itself", `${msText(before[node])} → ${msText(after[node])}, ${signedMs(after[node] - before[node])}`],
      ["Change", this.kind(node) === "moved" ? "loaded by another importer" : this.kind(node)],
      ["Distribution", this.owner(node)],
    );
    const place = this.data.places[this.nameIds[node]];
    if (place) facts.push(["Imported at", place]);
    return facts;
  }

  /** @param {string} text */
  search(text) {
    return matchesOf(this.names, this.nameIds, this.size, text);
  }

  /**
   * As of an import tree, with the difference as the time.
   * @param {Uint8Array} matches
   * @param {ShownIds} shown
   * @returns {Tally}
   */
  tally(matches, shown) {
    /** @type {number[]} */
    const hits = [];
    let us = 0;
    const isMatch = (/** @type {number} */ node) =>
      matches[node] === 1 && (!shown || shown.has(this.kindIds[node]));
    eachMatch(this.parents, this.real, isMatch, (node, isInside) => {
      hits.push(node);
      if (!isInside) us += this.deltaUs(node);
    });
    return { hits, text: signedMs(us) };
  }

  /**
   * @param {Flags} matches
   * @param {ShownIds} shown
   */
  dimmed(matches, shown) {
    return dimmedBy(this.size, matches, shown, (node) => this.kindId(node));
  }
}
