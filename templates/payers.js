// The tree turned over: whose time a distribution's is. Under each distribution stand the modules
// that brought it in, under those what brought them in, up to the handler; equal ways are one.

const MOST_PAYERS = 60;

// For every node the one that brought its distribution in: the topmost of an unbroken line.
function entriesOf(tree) {
  const entries = new Int32Array(tree.real);
  for (let node = 0; node < tree.real; node += 1) {
    const parent = tree.parents[node];
    const inside = tree.isReal(parent) && tree.distributionId(parent) === tree.distributionId(node);
    entries[node] = inside ? entries[parent] : node;
  }
  return entries;
}

function payersOf(tree) {
  const entries = entriesOf(tree);
  const rows = { parents: [NONE], subjects: [NONE], owners: [NONE], entries: [NONE], us: [0] };
  const known = new Map();
  const below = (parent, key, subject, owner, entry) => {
    const place = parent * 2 ** 26 + key;
    if (!known.has(place)) {
      known.set(place, rows.parents.length);
      rows.parents.push(parent);
      rows.subjects.push(subject);
      rows.owners.push(owner);
      rows.entries.push(entry);
      rows.us.push(0);
    }
    return known.get(place);
  };
  for (let node = 0; node < tree.real; node += 1) {
    const us = Math.max(0, tree.selfUs[node]);
    if (tree.block(node) !== NONE) continue;
    rows.us[0] += us;
    let entry = entries[node];
    let at = below(0, tree.distributionId(node), NONE, tree.distributionId(node), entry);
    rows.us[at] += us;
    for (let level = 0; level < MOST_PAYERS; level += 1) {
      const payer = tree.parents[entry];
      if (!tree.isReal(payer)) break;
      at = below(at, tree.nameIds[payer], payer, tree.distributionId(payer), entry);
      rows.us[at] += us;
      entry = entries[payer];
    }
  }
  return rows;
}

class PayTree extends Forest {
  constructor(tree) {
    const rows = payersOf(tree);
    super(rows.parents.length);
    this.tree = tree;
    this.root = 0;
    this.real = this.size;
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

  isReal(node) {
    return node !== this.root;
  }

  name(node) {
    if (node === this.root) return "function init";
    if (this.subjects[node] !== NONE) return this.tree.name(this.subjects[node]);
    return ownerLabel(this.tree.data.distributions[this.owners[node]].name);
  }

  label(node) {
    return this.subjects[node] === NONE ? this.name(node) : `← ${this.name(node)}`;
  }

  source(node) {
    return this.subjects[node];
  }

  distribution(node) {
    return node === this.root ? "" : ownerLabel(this.tree.data.distributions[this.owners[node]].name);
  }

  colour(node) {
    return node === this.root ? "root" : this.tree.data.distributions[this.owners[node]].colour;
  }

  // The distribution whose time this is.
  payee(node) {
    let at = node;
    while (this.parents[at] > 0) at = this.parents[at];
    return at;
  }

  // The way of a module of the tree: its distribution, then who brought that in.
  find(node) {
    if (!this.tree.isReal(node)) return this.root;
    const owner = this.tree.distributionId(node);
    for (let i = this.childStarts[0]; i < this.childStarts[1]; i += 1) {
      if (this.owners[this.children[i]] === owner) return this.children[i];
    }
    return this.root;
  }

  facts(node) {
    const whole = this.widths[this.root];
    const us = this.cumulativeUs[node];
    if (node === this.root) return [["Time of all distributions", msText(us)]];
    if (this.subjects[node] === NONE) return [["Its own time", `${msText(us)}, ${shareText(us, whole)}`]];
    const payee = this.payee(node);
    const { place } = this.tree.importer(this.entries[node]);
    const facts = [
      [`Pays for ${this.name(payee)}`, `${msText(us)}, ${shareText(us, this.cumulativeUs[payee])} of it`],
      ["Imports", this.tree.name(this.entries[node])],
      ["Distribution", this.distribution(node)],
    ];
    if (place) facts.splice(2, 0, ["At", place]);
    return facts;
  }

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
