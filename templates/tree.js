// The import tree: real nodes first, then a block for each startup phase, then the root.

const OWN_FILE = -2;
const OWN_INIT = -3;

function ownerLabel(name) {
  return name === "function" ? "your code" : name;
}

// A column that was saved as value, count, value, count ...
function unrolled(pairs, length) {
  const column = new Int32Array(length);
  let at = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    column.fill(pairs[i], at, at + pairs[i + 1]);
    at += pairs[i + 1];
  }
  return column;
}

// Names are put together when they are asked for: most never are.
class Names {
  constructor(columns) {
    this.columns = columns;
    this.length = columns.name_tails.length;
    this.known = new Array(this.length);
  }

  at(id) {
    const known = this.known[id];
    if (known !== undefined) return known;
    const { packages, name_packages: owners, name_tails: tails } = this.columns;
    const name = owners[id] === NONE ? tails[id] : `${packages[owners[id]]}.${tails[id]}`;
    this.known[id] = name;
    return name;
  }

  // In small letters, for searching and sorting; all of them, once.
  get lower() {
    this.small ??= Array.from({ length: this.length }, (_, id) => this.at(id).toLowerCase());
    return this.small;
  }
}

// 0 says "the one after the last", which is what most are.
function nameIdsOf(steps) {
  const ids = new Int32Array(steps.length);
  let previous = NONE;
  for (let node = 0; node < steps.length; node += 1) {
    previous = steps[node] === 0 ? previous + 1 : steps[node] - 1;
    ids[node] = previous;
  }
  return ids;
}

class Tree extends Forest {
  // readDetails() returns what the page knows of modules.
  constructor(data, readDetails) {
    const columns = data.tree;
    const startup = columns.phases.filter((label) => data.startup_phases.includes(label));
    const real = columns.parent_steps.length;
    super(real + startup.length + 1);
    this.data = data;
    this.readDetails = readDetails;
    this.real = real;
    this.startupLabels = startup;
    this.root = this.size - 1;
    this.nameIds = nameIdsOf(unrolled(columns.name_runs, real));
    this.names = new Names(columns);
    this.phaseIds = unrolled(columns.phase_runs, real);
    this.colours = ["root", "startup", ...new Set(data.distributions.map((one) => one.colour))];
    this.readColumns(columns);
    const inTime = this.timeOrder();
    this.linkChildren(inTime);
    // A profile's tree is in preorder: walking it anew would give the same.
    this.preorder = new Int32Array(this.size);
    this.preorder[0] = this.root;
    this.preorder.set(inTime, 1);
    this.measure(real);
  }

  // The first node of each name.
  get firstNodes() {
    if (!this.firsts) {
      this.firsts = new Int32Array(this.names.length).fill(NONE);
      for (let node = this.real - 1; node >= 0; node -= 1) this.firsts[this.nameIds[node]] = node;
    }
    return this.firsts;
  }

  // Who imports a module, its memory and the like stand apart and are read when first asked for.
  get modules() {
    if (!this.details) {
      const details = this.readDetails();
      details.bytecodeIds = unrolled(details.bytecode_runs, this.names.length);
      details.others = new Map(details.others.map(([name, ...rest]) => [name, rest]));
      this.details = details;
    }
    return this.details;
  }

  // Columns are read into locals: until the engine has compiled a loop, each `this` costs as much
  // as the rest of it.
  readColumns(columns) {
    const { real, root, parents, selfUs, cumulativeUs } = this;
    parents.fill(root);
    parents[root] = NONE;
    selfUs.set(columns.self_us);
    this.blocks = this.blocksOf(columns);
    const steps = columns.parent_steps;
    const blocks = this.blocks;
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

  // A block's index says which startup phase a node lies in; NONE is the function's own init.
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

  // A startup block stands where the first of its nodes does.
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

  isReal(node) {
    return node < this.real;
  }

  name(node) {
    if (node < this.real) return this.names.at(this.nameIds[node]);
    return node === this.root ? "cold start" : this.startupLabels[node - this.real];
  }

  distributionId(node) {
    return node < this.real ? this.data.distribution_ids[this.nameIds[node]] : NONE;
  }

  distribution(node) {
    const id = this.distributionId(node);
    return id === NONE ? "" : ownerLabel(this.data.distributions[id].name);
  }

  source(node) {
    return node < this.real && this.blocks[node] === NONE ? node : NONE;
  }

  // The colour's name, a custom property of the style sheet.
  colour(node) {
    if (node === this.root) return "root";
    if (node >= this.real) return "startup";
    return this.data.distributions[this.distributionId(node)].colour;
  }

  phase(node) {
    return node < this.real ? this.data.tree.phases[this.phaseIds[node]] : "";
  }

  block(node) {
    return this.blocks[node];
  }

  isSum(node) {
    return node >= this.real;
  }

  // A startup block shows its inside only while the zoom is in it.
  isFolded(node, openBlock) {
    return node < this.real && this.blocks[node] !== NONE && this.blocks[node] !== openBlock;
  }

  // Who imported the module first: {name, place}; empty strings where the profile does not tell.
  importer(node) {
    if (node >= this.real) return { name: "", place: "" };
    const modules = this.modules;
    const id = this.nameIds[node];
    const who = modules.importer_ids[id];
    // What is known of a name is known of its first node.
    const parent = this.parents[who === 0 ? this.firstNodes[id] : node];
    let name = this.isReal(parent) ? this.name(parent) : "";
    if (who > 0) name = this.nameOf(who - 1);
    const file = this.file(modules.file_ids[id], name);
    const line = modules.lines[id];
    return { name, place: file && line ? `${file}:${line}` : file };
  }

  nameOf(id) {
    const known = this.names.length;
    return id < known ? this.names.at(id) : this.modules.other_importers[id - known];
  }

  // Who imports the module as well and would load it in any case: {count, names}.
  otherImporters(node) {
    const found = node < this.real ? this.modules.others.get(this.nameIds[node]) : null;
    return found ? { count: found[0], names: found.slice(1).map((id) => this.nameOf(id)) } : null;
  }

  // What goes away if nothing imports the module any more, null where it is not known.
  exclusiveUs(node) {
    if (node >= this.real || this.blocks[node] !== NONE) return null;
    const id = this.nameIds[node];
    const less = this.modules.exclusive_less_us[id];
    return less === null ? null : this.cumulativeUs[this.firstNodes[id]] - less;
  }

  // Most files lie where the module's name says; those are not spelt out in the data.
  file(id, module) {
    if (id === NONE) return "";
    if (id >= 0) return this.modules.files[id];
    return `${module.replaceAll(".", "/")}${id === OWN_INIT ? "/__init__.py" : ".py"}`;
  }

  bytecode(node) {
    if (node >= this.real) return "";
    const id = this.modules.bytecodeIds[this.nameIds[node]];
    return id === NONE ? "" : this.data.bytecode_states[id];
  }

  // Kilobytes of resident memory, null where it is not known.
  memory(node, column = "rss_cumulative_kb") {
    return node < this.real ? this.modules[column][this.nameIds[node]] : null;
  }

  // 1 for every node that a filter leaves out; null where nothing filters.
  dimmed(matches, shown) {
    if (!matches && !shown) return null;
    const dim = new Uint8Array(this.size);
    const owners = this.data.distribution_ids;
    for (let node = 0; node < this.size; node += 1) {
      if (matches && !matches[node]) dim[node] = 1;
      else if (shown && !(node < this.real && shown.has(owners[this.nameIds[node]]))) dim[node] = 1;
    }
    return dim;
  }

  // 1 for every node whose name holds the text.
  search(text) {
    const wanted = text.toLowerCase();
    const lower = this.names.lower;
    const hits = new Uint8Array(lower.length);
    for (let id = 0; id < hits.length; id += 1) hits[id] = lower[id].includes(wanted) ? 1 : 0;
    const matches = new Uint8Array(this.size);
    for (let node = 0; node < this.real; node += 1) matches[node] = hits[this.nameIds[node]];
    return matches;
  }

  // The matches that the legend shows, those of startup last: no change in the function's code
  // reaches them. Time counts once where one match lies inside another.
  tally(matches, shown) {
    const covered = new Uint8Array(this.size);
    const owners = this.data.distribution_ids;
    const [hits, startup] = [[], []];
    let us = 0;
    for (let node = 0; node < this.real; node += 1) {
      const inside = covered[this.parents[node]];
      covered[node] = inside;
      if (!matches[node] || (shown && !shown.has(owners[this.nameIds[node]]))) continue;
      covered[node] = 1;
      (this.blocks[node] === NONE ? hits : startup).push(node);
      if (!inside) us += Math.max(0, this.cumulativeUs[node]);
    }
    return { hits: hits.concat(startup), text: `${msText(us)}, ${shareText(us, this.widths[this.root])}` };
  }
}
