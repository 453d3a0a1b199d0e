// Nested boxes as typed arrays, whatever they stand for. Layouts are worked out once per order;
// drawing only looks up. A parent's number is below its children's, but for the blocks of a Tree.

const NONE = -1;
const TIME_ORDER = "time";
const HEAVY_ORDER = "heavy";

class Forest {
  constructor(size) {
    this.size = size;
    this.parents = new Int32Array(size).fill(NONE);
    this.selfUs = new Float64Array(size);
    this.cumulativeUs = new Float64Array(size);
    this.layouts = new Map();
  }

  // The numbers in time order, each child after its elder sisters, without the root.
  linkChildren(sequence) {
    this.inTime = sequence;
  }

  // Worked out when first asked for: a picture in time order needs no children.
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

  // Widths cover the children even where a disturbed log says that they outlast their parent.
  // The first `real` nodes stand before what is below them, the others after.
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
    // How many rows lie below the root, with what is folded as one.
    Object.assign(this, { widths, below, rowsFolded });
  }

  layout(order) {
    if (!this.layouts.has(order)) this.layouts.set(order, this.arrange(order));
    return this.layouts.get(order);
  }

  arrange(order) {
    const heaviest = order === HEAVY_ORDER ? this.heaviestFirst() : null;
    const isKnown = heaviest === null && this.preorder;
    const sequence = isKnown ? this.preorder : this.walk(heaviest ?? this.children);
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

  // Every node before what is below it, sisters from left to right.
  walk(children) {
    const sequence = new Int32Array(this.size);
    const stack = [this.root];
    for (let visited = 0; stack.length; visited += 1) {
      const node = stack.pop();
      sequence[visited] = node;
      for (let i = this.childStarts[node + 1] - 1; i >= this.childStarts[node]; i -= 1) {
        stack.push(children[i]);
      }
    }
    return sequence;
  }

  // Preorder visits every row from left to right, so each row comes out sorted.
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
        // Not the typed array's own sort: it must keep time order among equals everywhere.
        part.set(Array.from(part).sort((a, b) => this.widths[b] - this.widths[a]));
      }
    }
    return sorted;
  }

  ancestors(node) {
    const path = [];
    for (let at = node; at !== NONE; at = this.parents[at]) path.push(at);
    return path.reverse();
  }

  // What the arrow keys go to: here the importer, and its first import.
  rowAbove(node) {
    return this.parents[node];
  }

  rowBelow(node, layout) {
    const at = this.childStarts[node];
    return at === this.childStarts[node + 1] ? NONE : layout.children[at];
  }

  // The node of the import tree that a box stands for, NONE where it is none.
  source() {
    return NONE;
  }

  // What the whole of it is called in the path.
  get title() {
    return "Everything";
  }

  // What the parent says already need not stand in the label.
  label(node) {
    const parent = this.parents[node];
    const above = parent === NONE || !this.isReal(parent) ? "" : this.name(parent);
    return relativeName(this.name(node), above);
  }

  // Nodes that stand for themselves; the others stand for a group of them.
  isReal() {
    return true;
  }

  // A node whose time is what lies below it.
  isSum() {
    return false;
  }

  isFolded() {
    return false;
  }

  block() {
    return NONE;
  }
}
