// One module and its submodules in the middle: above, who brought them in, up to the handler;
// below, what they load. Equal ways up are one, and time inside itself counts once.

// The topmost nodes of the module: {entries, of}, `of` telling for every node which one it is in.
function entriesOfModule(tree, subject) {
  const inside = tree.names.at(tree.nameIds[subject]);
  const names = new Map();
  const belongs = (id) => {
    if (!names.has(id)) {
      const name = tree.names.at(id);
      names.set(id, name === inside || name.startsWith(`${inside}.`));
    }
    return names.get(id);
  };
  const entries = [];
  const of = new Int32Array(tree.size).fill(NONE);
  for (let node = 0; node < tree.real; node += 1) {
    if (tree.block(node) !== tree.block(subject)) continue;
    const above = of[tree.parents[node]];
    if (above === NONE && belongs(tree.nameIds[node])) entries.push(node);
    of[node] = above === NONE && entries.at(-1) === node ? node : above;
  }
  return { entries, of };
}

function sandwichRows(tree, subject) {
  const { entries, of } = entriesOfModule(tree, subject);
  const own = tree.nameIds[subject];
  const rows = { parents: [NONE], sources: [subject], imports: [NONE], us: [0], callers: 0 };
  const add = (parent, source, imported, us) => {
    rows.sources.push(source);
    rows.imports.push(imported);
    rows.us.push(us);
    return rows.parents.push(parent) - 1;
  };
  const known = new Map();
  for (const entry of entries) {
    rows.us[0] += tree.widths[entry];
    let [at, imported] = [0, entry];
    for (let who = tree.parents[entry]; tree.isReal(who); who = tree.parents[who]) {
      const way = at * 2 ** 26 + tree.nameIds[who];
      if (!known.has(way)) known.set(way, add(at, who, imported, 0));
      at = known.get(way);
      rows.us[at] += tree.widths[entry];
      imported = who;
    }
  }
  rows.callers = rows.parents.length;
  const places = new Int32Array(tree.size);
  for (let node = 0; node < tree.real; node += 1) {
    if (of[node] === NONE) continue;
    // The module itself is the middle; a submodule that comes alone stands under it.
    if (of[node] === node && tree.nameIds[node] === own) continue;
    const parent = of[node] === node ? 0 : places[tree.parents[node]];
    places[node] = add(parent, node, NONE, tree.widths[node]);
  }
  return rows;
}

class SandwichTree extends Forest {
  constructor(tree, subject) {
    const rows = sandwichRows(tree, subject);
    super(rows.parents.length);
    this.tree = tree;
    this.root = 0;
    this.real = this.size;
    this.sources = rows.sources;
    this.imports = rows.imports;
    this.callers = rows.callers;
    this.colours = tree.colours;
    this.parents.set(rows.parents);
    this.cumulativeUs.set(rows.us);
    this.widths = Float64Array.from(rows.us);
    this.linkChildren(Int32Array.from({ length: this.size - 1 }, (_, i) => i + 1));
    this.links.children = this.halves();
    this.countRows();
  }

  // Heaviest first, importers before what is loaded: both begin where the middle does.
  halves() {
    const sorted = this.heaviestFirst();
    const middle = sorted.subarray(this.childStarts[0], this.childStarts[1]);
    middle.set(Array.from(middle).sort((a, b) => this.isCaller(b) - this.isCaller(a)));
    return sorted;
  }

  countRows() {
    this.below = new Int32Array(this.size);
    const deepest = [0, 0];
    const depths = new Int32Array(this.size);
    for (let node = 1; node < this.size; node += 1) {
      depths[node] = depths[this.parents[node]] + 1;
      const half = this.isCaller(node) ? 0 : 1;
      deepest[half] = Math.max(deepest[half], depths[node]);
    }
    this.middle = deepest[0];
    this.rows = deepest[0] + 1 + deepest[1];
    this.below[this.root] = this.rows - 1;
  }

  isCaller(node) {
    return node > 0 && node < this.callers;
  }

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

  rowAbove(node) {
    if (node > 0 && !this.isCaller(node)) return this.parents[node];
    const first = this.children[this.childStarts[node]];
    return this.childStarts[node] < this.childStarts[node + 1] && this.isCaller(first) ? first : NONE;
  }

  rowBelow(node) {
    if (this.isCaller(node)) return this.parents[node];
    for (let i = this.childStarts[node]; i < this.childStarts[node + 1]; i += 1) {
      if (!this.isCaller(this.children[i])) return this.children[i];
    }
    return NONE;
  }

  // The node of the import tree that a box stands for.
  source(node) {
    return this.sources[node];
  }

  get title() {
    return this.name(this.root);
  }

  name(node) {
    return this.tree.name(this.sources[node]);
  }

  label(node) {
    return this.isCaller(node) ? this.name(node) : super.label(node);
  }

  colour(node) {
    return this.tree.colour(this.sources[node]);
  }

  facts(node) {
    const { tree } = this;
    const whole = this.widths[this.root];
    if (node > 0 && !this.isCaller(node)) return factsOf(tree, this.sources[node]);
    const us = this.cumulativeUs[node];
    if (node === this.root) {
      const ways = this.parents.subarray(0, this.callers).filter((parent) => parent === this.root).length;
      const others = tree.otherImporters(this.sources[node]);
      return [
        ["With submodules and imports", `${msText(us)}, ${shareText(us, tree.widths[tree.root])} of the cold start`],
        ["Brought in by", plural(ways, "module", "modules")],
        ...(others ? [["Also imported by", othersText(others)]] : []),
        ["Distribution", tree.distribution(this.sources[node])],
      ];
    }
    const { place } = tree.importer(this.imports[node]);
    return [
      [`Pays for ${clipped(this.title, 60)}`, `${msText(us)}, ${shareText(us, whole)} of it`],
      ["Imports", tree.name(this.imports[node])],
      ...(place ? [["At", place]] : []),
      ["Distribution", tree.distribution(this.sources[node])],
    ];
  }

  dimmed(matches, shown) {
    const dim = this.tree.dimmed(matches, shown);
    return dim && Uint8Array.from(this.sources, (source) => dim[source]);
  }
}
