// The import tree as typed arrays: real nodes first, then a block for each startup phase, then
// the root that holds everything. Layouts are worked out once per order, drawing only looks up.

const NONE = -1;
const OWN_FILE = -2;
const OWN_INIT = -3;
const TIME_ORDER = "time";
const HEAVY_ORDER = "heavy";

function ownerLabel(name) {
  return name === "function" ? "your code" : name;
}

class Tree {
  constructor(data) {
    const columns = data.tree;
    this.data = data;
    this.real = columns.name_steps.length;
    this.startupLabels = columns.phases.filter((label) => data.startup_phases.includes(label));
    this.size = this.real + this.startupLabels.length + 1;
    this.root = this.size - 1;
    this.nameIds = new Int32Array(this.real);
    let previous = NONE;
    columns.name_steps.forEach((step, node) => {
      // 0 says "the one after the last", which is what most are.
      previous = step === 0 ? previous + 1 : step - 1;
      this.nameIds[node] = previous;
    });
    this.names = columns.name_tails.map((tail, i) => {
      const owner = columns.name_packages[i];
      return owner === NONE ? tail : `${columns.packages[owner]}.${tail}`;
    });
    this.lowerNames = this.names.map((name) => name.toLowerCase());
    this.layouts = new Map();
    this.readColumns(columns);
    this.linkChildren(columns);
    this.measure();
  }

  readColumns(columns) {
    this.parents = new Int32Array(this.size).fill(this.root);
    this.selfUs = new Float64Array(this.size);
    this.cumulativeUs = new Float64Array(this.size);
    this.parents.set(columns.parents);
    this.selfUs.set(columns.self_us);
    this.cumulativeUs.set(columns.cumulative_us);
    this.parents[this.root] = NONE;
    // A block's index says which startup phase a node lies in; NONE is the function's own init.
    this.blocks = new Int8Array(this.size).fill(NONE);
    const blockOfPhase = columns.phases.map((label) => this.startupLabels.indexOf(label));
    for (let node = 0; node < this.real; node += 1) {
      this.blocks[node] = blockOfPhase[columns.phase_ids[node]];
      if (this.parents[node] === NONE) {
        const block = this.blocks[node];
        this.parents[node] = block === NONE ? this.root : this.real + block;
      }
    }
    for (let block = 0; block < this.startupLabels.length; block += 1) {
      this.blocks[this.real + block] = block;
    }
  }

  // Children of every node in time order, one flat array with a start for each node.
  linkChildren() {
    const sequence = [];
    const seen = new Set();
    for (let node = 0; node < this.real; node += 1) {
      const block = this.blocks[node];
      if (block !== NONE && !seen.has(block)) {
        seen.add(block);
        sequence.push(this.real + block);
      }
      sequence.push(node);
    }
    for (let block = 0; block < this.startupLabels.length; block += 1) {
      if (!seen.has(block)) sequence.push(this.real + block);
    }
    this.childStarts = new Int32Array(this.size + 1);
    for (const node of sequence) this.childStarts[this.parents[node] + 1] += 1;
    for (let i = 0; i < this.size; i += 1) this.childStarts[i + 1] += this.childStarts[i];
    const next = this.childStarts.slice();
    this.children = new Int32Array(sequence.length);
    for (const node of sequence) this.children[next[this.parents[node]]++] = node;
  }

  // Widths cover the children even where a disturbed log says that they outlast their parent.
  measure() {
    this.widths = new Float64Array(this.size);
    this.below = new Int32Array(this.size);
    const inner = new Float64Array(this.size);
    const settle = (node) => {
      if (node >= this.real) {
        this.cumulativeUs[node] = inner[node];
      }
      this.widths[node] = Math.max(this.cumulativeUs[node], inner[node], 0);
      const parent = this.parents[node];
      if (parent === NONE) return;
      inner[parent] += this.widths[node];
      this.below[parent] = Math.max(this.below[parent], this.below[node] + 1);
    };
    for (let node = this.real - 1; node >= 0; node -= 1) settle(node);
    for (let node = this.real; node < this.size; node += 1) settle(node);
  }

  layout(order) {
    if (!this.layouts.has(order)) this.layouts.set(order, this.arrange(order));
    return this.layouts.get(order);
  }

  arrange(order) {
    const children = order === HEAVY_ORDER ? this.heaviestFirst() : this.children;
    const starts = new Float64Array(this.size);
    const depths = new Int32Array(this.size);
    const sequence = new Int32Array(this.size);
    const rowCounts = new Int32Array(this.size + 1);
    const stack = [this.root];
    let visited = 0;
    while (stack.length) {
      const node = stack.pop();
      sequence[visited++] = node;
      rowCounts[depths[node] + 1] += 1;
      let at = starts[node];
      for (let i = this.childStarts[node]; i < this.childStarts[node + 1]; i += 1) {
        const child = children[i];
        starts[child] = at;
        depths[child] = depths[node] + 1;
        at += this.widths[child];
      }
      for (let i = this.childStarts[node + 1] - 1; i >= this.childStarts[node]; i -= 1) {
        stack.push(children[i]);
      }
    }
    return { starts, depths, children, ...this.rowsOf(sequence, depths, rowCounts) };
  }

  // Preorder visits every row from left to right, so each row comes out sorted.
  rowsOf(sequence, depths, rowCounts) {
    for (let row = 0; row < this.size; row += 1) rowCounts[row + 1] += rowCounts[row];
    const next = rowCounts.slice();
    const rowNodes = new Int32Array(this.size);
    const places = new Int32Array(this.size);
    for (const node of sequence) {
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

  isReal(node) {
    return node < this.real;
  }

  name(node) {
    if (node < this.real) return this.names[this.nameIds[node]];
    return node === this.root ? "cold start" : this.startupLabels[node - this.real];
  }

  distributionId(node) {
    return node < this.real ? this.data.modules.distribution_ids[this.nameIds[node]] : NONE;
  }

  distribution(node) {
    const id = this.distributionId(node);
    return id === NONE ? "" : ownerLabel(this.data.distributions[id].name);
  }

  // The colour's name, a custom property of the style sheet.
  colour(node) {
    if (node === this.root) return "root";
    if (node >= this.real) return "startup";
    return this.data.distributions[this.distributionId(node)].colour;
  }

  phase(node) {
    return node < this.real ? this.data.tree.phases[this.data.tree.phase_ids[node]] : "";
  }

  ancestors(node) {
    const path = [];
    for (let at = node; at !== NONE; at = this.parents[at]) path.push(at);
    return path.reverse();
  }

  // A startup block shows its inside only while the zoom is in it.
  isFolded(node, openBlock) {
    return node < this.real && this.blocks[node] !== NONE && this.blocks[node] !== openBlock;
  }

  // Who imported the module first: {name, place}; empty strings where the profile does not tell.
  importer(node) {
    if (node >= this.real) return { name: "", place: "" };
    const modules = this.data.modules;
    const id = this.nameIds[node];
    const who = modules.importer_ids[id];
    const known = this.names.length;
    const parent = this.parents[node];
    let name = this.isReal(parent) ? this.name(parent) : "";
    if (who !== NONE) name = who < known ? this.names[who] : modules.other_importers[who - known];
    const file = this.file(modules.file_ids[id], name);
    const line = modules.lines[id];
    return { name, place: file && line ? `${file}:${line}` : file };
  }

  // Most files lie where the module's name says; those are not spelt out in the data.
  file(id, module) {
    if (id === NONE) return "";
    if (id >= 0) return this.data.modules.files[id];
    return `${module.replaceAll(".", "/")}${id === OWN_INIT ? "/__init__.py" : ".py"}`;
  }

  bytecode(node) {
    if (node >= this.real) return "";
    const id = this.data.modules.bytecode_ids[this.nameIds[node]];
    return id === NONE ? "" : this.data.bytecode_states[id];
  }

  // Kilobytes of resident memory, null where it is not known.
  memory(node, column = "rss_cumulative_kb") {
    return node < this.real ? this.data.modules[column][this.nameIds[node]] : null;
  }

  // Marks matching nodes; time counts once where a match lies inside another match.
  search(text) {
    const wanted = text.toLowerCase();
    const hits = this.lowerNames.map((name) => name.includes(wanted));
    const matches = new Uint8Array(this.size);
    const covered = new Uint8Array(this.size);
    let count = 0;
    let us = 0;
    for (let node = 0; node < this.real; node += 1) {
      const parent = this.parents[node];
      const inside = covered[parent];
      covered[node] = inside;
      if (!hits[this.nameIds[node]]) continue;
      matches[node] = 1;
      covered[node] = 1;
      count += 1;
      if (!inside) us += Math.max(0, this.cumulativeUs[node]);
    }
    return { matches, count, us };
  }
}
