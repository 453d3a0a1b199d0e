// Nested boxes as typed arrays, whatever they mean. A layout is computed once for each order;
// drawing only looks it up. A parent's number is below its children's, except for the blocks of an
// import tree.

import { msText } from "../lib/numbers.js";
import { relativeName } from "../lib/text.js";
import { NONE } from "./columns.js";

export const TIME_ORDER = "time";
export const HEAVY_ORDER = "heavy";

/**
 * @typedef {object} Layout
 * @property {Float64Array} starts  microseconds from the left edge, by node
 * @property {Int32Array} depths  row by node
 * @property {Int32Array} rowStarts  first place of each row
 * @property {Int32Array} rowNodes  nodes by place: row after row, from left to right
 * @property {Int32Array} places  place by node
 * @property {Int32Array} children  nodes by parent, from left to right
 */

/** @typedef {[label: string, value: string]} Fact */

/** @typedef {Set<number> | null} ShownIds  what the legend shows; null is everything */

/** @typedef {Uint8Array | null} Flags  1 for each node that is meant; null if nothing filters */

export class Forest {
  /** @param {number} size */
  constructor(size) {
    this.size = size;
    this.root = 0;
    /** Nodes below this number are boxes of their own; the others are groups of them. */
    this.real = size;
    this.parents = new Int32Array(size).fill(NONE);
    this.selfUs = new Float64Array(size);
    this.cumulativeUs = new Float64Array(size);
    this.widths = new Float64Array(0);
    this.below = new Int32Array(0);
    this.rowsFolded = 0;
    /** @type {number | null} */
    this.rows = null;
    this.handler = NONE;
    /** @type {string[]} */
    this.colours = [];
    /** @type {Int32Array | null} */
    this.preorder = null;
    this.inTime = new Int32Array(0);
    /** @type {{ starts: Int32Array, children: Int32Array } | null} */
    this.linked = null;
    /** @type {Map<string, Layout>} */
    this.layouts = new Map();
  }

  /**
   * Take the nodes in time order, siblings in order, without the root.
   * @param {Int32Array<ArrayBuffer>} sequence
   */
  linkChildren(sequence) {
    this.inTime = sequence;
  }

  /** Computed when first asked for: a picture in time order needs no children. */
  get links() {
    this.linked ??= this.link(this.inTime);
    return this.linked;
  }

  get childStarts() {
    return this.links.starts;
  }

  get children() {
    return this.links.children;
  }

  /** @param {Int32Array} sequence */
  link(sequence) {
    const starts = new Int32Array(this.size + 1);
    const { parents } = this;
    const count = sequence.length;
    for (let i = 0; i < count; i += 1) starts[parents[sequence[i]] + 1] += 1;
    for (let i = 0; i < this.size; i += 1) starts[i + 1] += starts[i];
    const next = starts.slice();
    const children = new Int32Array(count);
    for (let i = 0; i < count; i += 1) children[next[parents[sequence[i]]]++] = sequence[i];
    return { starts, children };
  }

  /**
   * Compute widths and how many rows lie below each node. A box covers its children even if a
   * disturbed log says that they outlast it. The first `real` nodes come before what is below
   * them, the others after.
   * @param {number} real
   */
  measure(real) {
    const { size, root, parents, cumulativeUs } = this;
    const widths = new Float64Array(size);
    const below = new Int32Array(size);
    const inner = new Float64Array(size);
    let rowsFolded = 0;
    for (let i = 0; i < size; i += 1) {
      const node = i < real ? real - 1 - i : i;
      const isSum = this.isSum(node);
      if (isSum) cumulativeUs[node] = inner[node];
      const width = Math.max(cumulativeUs[node], inner[node], 0);
      widths[node] = width;
      const parent = parents[node];
      if (parent === NONE) continue;
      inner[parent] += width;
      const rows = below[node] + 1;
      if (rows > below[parent]) below[parent] = rows;
      if (parent === root) rowsFolded = Math.max(rowsFolded, isSum ? 1 : rows);
    }
    this.widths = widths;
    this.below = below;
    this.rowsFolded = rowsFolded;
  }

  /** @param {string} order */
  layout(order) {
    let layout = this.layouts.get(order);
    if (!layout) {
      layout = this.arrange(order);
      this.layouts.set(order, layout);
    }
    return layout;
  }

  /**
   * @param {string} order
   * @returns {Layout}
   */
  arrange(order) {
    const heaviest = order === HEAVY_ORDER ? this.heaviestFirst() : null;
    const isKnown = heaviest === null && this.preorder;
    const sequence = isKnown ? isKnown : this.walk(heaviest ?? this.children);
    const { size, parents, widths } = this;
    const starts = new Float64Array(size);
    const depths = new Int32Array(size);
    const rowCounts = new Int32Array(size + 1);
    const ends = new Float64Array(size);
    for (let i = 0; i < size; i += 1) {
      const node = sequence[i];
      const parent = parents[node];
      if (parent !== NONE) {
        const start = ends[parent];
        depths[node] = depths[parent] + 1;
        starts[node] = ends[node] = start;
        ends[parent] = start + widths[node];
      }
      rowCounts[depths[node] + 1] += 1;
    }
    const rows = this.rowsOf(sequence, depths, rowCounts);
    const childrenOf = () => heaviest ?? this.children;
    return { starts, depths, ...rows, get children() { return childrenOf(); } };
  }

  /**
   * Every node before what is below it, siblings from left to right.
   * @param {Int32Array} children
   */
  walk(children) {
    const sequence = new Int32Array(this.size);
    const { childStarts } = this;
    const stack = new Int32Array(this.size + 1);
    stack[0] = this.root;
    let height = 1;
    for (let visited = 0; height; visited += 1) {
      const node = stack[--height];
      sequence[visited] = node;
      for (let i = childStarts[node + 1] - 1; i >= childStarts[node]; i -= 1) {
        stack[height++] = children[i];
      }
    }
    return sequence;
  }

  /**
   * A sequence in preorder visits every row from left to right, so each row comes out sorted.
   * @param {Int32Array} sequence
   * @param {Int32Array} depths
   * @param {Int32Array} rowCounts  nodes in each row, one place later
   */
  rowsOf(sequence, depths, rowCounts) {
    const { size } = this;
    for (let row = 0; row < size; row += 1) rowCounts[row + 1] += rowCounts[row];
    const next = rowCounts.slice();
    const rowNodes = new Int32Array(size);
    const places = new Int32Array(size);
    for (let i = 0; i < size; i += 1) {
      const node = sequence[i];
      const place = next[depths[node]]++;
      rowNodes[place] = node;
      places[node] = place;
    }
    return { rowStarts: rowCounts, rowNodes, places };
  }

  heaviestFirst() {
    const sorted = this.children.slice();
    for (let node = 0; node < this.size; node += 1) {
      const part = sorted.subarray(this.childStarts[node], this.childStarts[node + 1]);
      if (part.length > 1) {
        // Not the typed array's own sort: equals must keep their time order in every browser.
        part.set(Array.from(part).sort((a, b) => this.widths[b] - this.widths[a]));
      }
    }
    return sorted;
  }

  /**
   * The path from the root to a node.
   * @param {number} node
   */
  ancestors(node) {
    const path = [];
    for (let at = node; at !== NONE; at = this.parents[at]) path.push(at);
    return path.reverse();
  }

  /**
   * The target of the up key: here the importer.
   * @param {number} node
   */
  rowAbove(node) {
    return this.parents[node];
  }

  /**
   * The target of the down key: here the first import.
   * @param {number} node
   * @param {Layout} layout
   */
  rowBelow(node, layout) {
    const at = this.childStarts[node];
    return at === this.childStarts[node + 1] ? NONE : layout.children[at];
  }

  /** The name of the whole in the zoom path. */
  get title() {
    return "Everything";
  }

  /**
   * @param {number} _node
   * @returns {string}
   */
  name(_node) {
    return "";
  }

  /**
   * The name without what the parent's label says already.
   * @param {number} node
   */
  label(node) {
    const parent = this.parents[node];
    const above = parent === NONE || !this.isReal(parent) ? "" : this.name(parent);
    return relativeName(this.name(node), above);
  }

  /**
   * The figure at a box's right edge.
   * @param {number} node
   */
  figure(node) {
    return msText(this.cumulativeUs[node]);
  }

  /**
   * The colour's name, a custom property of the style sheet.
   * @param {number} _node
   * @returns {string}
   */
  colour(_node) {
    return "root";
  }

  /**
   * @param {number} _node
   * @returns {Fact[]}
   */
  facts(_node) {
    return [];
  }

  /**
   * 1 for every node that a filter leaves out; null if nothing filters.
   * @param {Flags} _matches
   * @param {ShownIds} _shown
   * @returns {Flags}
   */
  dimmed(_matches, _shown) {
    return null;
  }

  /**
   * The import tree's node that a box shows, NONE if there is none.
   * @param {number} _node
   * @returns {number}
   */
  source(_node) {
    return NONE;
  }

  /**
   * @param {number} _node
   * @returns {boolean}
   */
  isReal(_node) {
    return true;
  }

  /**
   * True if a node's time is the time of what lies below it.
   * @param {number} _node
   * @returns {boolean}
   */
  isSum(_node) {
    return false;
  }

  /**
   * @param {number} _node
   * @param {number} _openBlock
   * @returns {boolean}
   */
  isFolded(_node, _openBlock) {
    return false;
  }

  /**
   * @param {number} _node
   * @returns {number}
   */
  block(_node) {
    return NONE;
  }
}
