// The import tree turned over: who pays for each distribution. Below a distribution are the
// modules that brought it in, below those what brought them in, up to the handler. Equal paths are
// one.

/** @import { Fact, Flags, ShownIds } from "./forest.js" */
/** @import { ImportTree } from "./import_tree.js" */

import { msText, shareText } from "../lib/numbers.js";
import { NONE, pairKey } from "./columns.js";
import { Forest } from "./forest.js";

const MOST_PAYERS = 60;

/**
 * Return for each node the one that brought its distribution in: the topmost of an unbroken line.
 * @param {ImportTree} tree
 */
function entriesOf(tree) {
  const entries = new Int32Array(tree.real);
  for (let node = 0; node < tree.real; node += 1) {
    const parent = tree.parents[node];
    const inside = tree.isReal(parent) && tree.distributionId(parent) === tree.distributionId(node);
    entries[node] = inside ? entries[parent] : node;
  }
  return entries;
}

/** The columns of the tree while it grows. */
class PayerRows {
  constructor() {
    this.parents = [NONE];
    this.subjects = [NONE];
    this.owners = [NONE];
    this.entries = [NONE];
    this.us = [0];
    /** @type {Map<number, number>} */
    this.known = new Map();
  }

  /**
   * Return the child with this key, made if it is new.
   * @param {number} parent
   * @param {number} key
   * @param {number} subject  the paying module's node, NONE for a distribution
   * @param {number} owner
   * @param {number} entry
   */
  below(parent, key, subject, owner, entry) {
    const place = pairKey(parent, key);
    const known = this.known.get(place);
    if (known !== undefined) return known;
    const node = this.parents.push(parent) - 1;
    this.known.set(place, node);
    this.subjects.push(subject);
    this.owners.push(owner);
    this.entries.push(entry);
    this.us.push(0);
    return node;
  }
}

/** @param {ImportTree} tree */
function payersOf(tree) {
  const entries = entriesOf(tree);
  const rows = new PayerRows();
  for (let node = 0; node < tree.real; node += 1) {
    const us = Math.max(0, tree.selfUs[node]);
    if (tree.block(node) !== NONE) continue;
    rows.us[0] += us;
    let entry = entries[node];
    const owner = tree.distributionId(node);
    let at = rows.below(0, owner, NONE, owner, entry);
    rows.us[at] += us;
    for (let level = 0; level < MOST_PAYERS; level += 1) {
      const payer = tree.parents[entry];
      if (!tree.isReal(payer)) break;
      at = rows.below(at, tree.nameIds[payer], payer, tree.distributionId(payer), entry);
      rows.us[at] += us;
      entry = entries[payer];
    }
  }
  return rows;
}

export class PayerTree extends Forest {
  /** @param {ImportTree} tree */
  constructor(tree) {
    const rows = payersOf(tree);
    super(rows.parents.length);
    this.tree = tree;
    this.subjects = rows.subjects;
    this.owners = rows.owners;
    this.entries = rows.entries;
    this.colours = tree.colours;
    this.parents.set(rows.parents);
    this.cumulativeUs.set(rows.us);
    this.selfUs.set(rows.us);
    for (let node = 1; node < this.size; node += 1) {
      this.selfUs[this.parents[node]] -= this.cumulativeUs[node];
    }
    this.linkChildren(Int32Array.from({ length: this.size - 1 }, (_, i) => i + 1));
    this.measure(this.size);
  }

  /** @param {number} node */
  isReal(node) {
    return node !== this.root;
  }

  /** @param {number} node */
  name(node) {
    if (node === this.root) return "function init";
    if (this.subjects[node] !== NONE) return this.tree.name(this.subjects[node]);
    return this.tree.ownerName(this.owners[node]);
  }

  /** @param {number} node */
  label(node) {
    return this.subjects[node] === NONE ? this.name(node) : `← ${this.name(node)}`;
  }

  /** @param {number} node */
  source(node) {
    return this.subjects[node];
  }

  /** @param {number} node */
  distribution(node) {
    return node === this.root ? "" : this.tree.ownerName(this.owners[node]);
  }

  /** @param {number} node */
  colour(node) {
    return node === this.root ? "root" : this.tree.data.distributions[this.owners[node]].colour;
  }

  /**
   * The distribution whose time this is.
   * @param {number} node
   */
  payee(node) {
    let at = node;
    while (this.parents[at] > 0) at = this.parents[at];
    return at;
  }

  /**
   * The box of an import tree's node: its distribution.
   * @param {number} node
   */
  find(node) {
    if (!this.tree.isReal(node)) return this.root;
    const owner = this.tree.distributionId(node);
    for (let i = this.childStarts[0]; i < this.childStarts[1]; i += 1) {
      if (this.owners[this.children[i]] === owner) return this.children[i];
    }
    return this.root;
  }

  /**
   * @param {number} node
   * @returns {Fact[]}
   */
  facts(node) {
    const whole = this.widths[this.root];
    const us = this.cumulativeUs[node];
    if (node === this.root) return [["Time of all distributions", msText(us)]];
    if (this.subjects[node] === NONE) return [["Its own time", `${msText(us)}, ${shareText(us, whole)}`]];
    const payee = this.payee(node);
    const { place } = this.tree.details.importer(this.entries[node]);
    return [
      [`Pays for ${this.name(payee)}`, `${msText(us)}, ${shareText(us, this.cumulativeUs[payee])} of it`],
      ["Imports", this.tree.name(this.entries[node])],
      .../** @type {Fact[]} */ (place ? [["At", place]] : []),
      ["Distribution", this.distribution(node)],
    ];
  }

  /**
   * @param {Flags} matches
   * @param {ShownIds} shown
   */
  dimmed(matches, shown) {
    if (!matches && !shown) return null;
    const dim = new Uint8Array(this.size);
    const hits = this.lit(matches);
    for (let node = 1; node < this.size; node += 1) {
      const out = shown && !shown.has(this.owners[this.payee(node)]);
      dim[node] = out || (hits && !hits[node]) ? 1 : 0;
    }
    return dim;
  }

  /** @param {Flags} matches */
  lit(matches) {
    if (!matches) return null;
    const owners = new Set();
    for (let node = 0; node < this.tree.real; node += 1) {
      if (matches[node]) owners.add(this.tree.distributionId(node));
    }
    return this.subjects.map((subject, node) =>
      (subject === NONE ? owners.has(this.owners[node]) : matches[subject] === 1));
  }
}
