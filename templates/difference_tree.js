// Two import trees laid over each other. A box is as wide as the longer of its two times.

const KIND_COLOURS = ["added", "removed", "slower", "faster", "same", "moved"];
const ABSENT = ["added", "removed"];

class DifferenceTree extends Forest {
  constructor(data) {
    const columns = data.tree;
    const real = columns.parent_steps.length;
    super(real + 1);
    this.data = data;
    this.real = real;
    this.root = real;
    this.nameIds = nameIdsOf(unrolled(columns.name_runs, real));
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

  withSum(column, steps) {
    const us = Float64Array.from([...column, 0]);
    steps.forEach((step, node) => {
      if (!step) us[this.real] += column[node];
    });
    return us;
  }

  name(node) {
    return node === this.root ? "function init" : this.names.at(this.nameIds[node]);
  }

  isReal(node) {
    return node < this.real;
  }

  kind(node) {
    return this.data.kinds[this.kindIds[node]];
  }

  colour(node) {
    return node === this.root ? "root" : KIND_COLOURS[this.kindIds[node]];
  }

  deltaUs(node) {
    return this.headUs[node] - this.baseUs[node];
  }

  figure(node) {
    return signedMs(this.deltaUs(node));
  }

  owner(node) {
    return ownerLabel(this.data.owners[this.data.owner_ids[this.nameIds[node]]]);
  }

  facts(node) {
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

  search(text) {
    const wanted = text.toLowerCase();
    const hits = this.names.lower.map((name) => name.includes(wanted));
    const matches = new Uint8Array(this.size);
    for (let node = 0; node < this.real; node += 1) matches[node] = hits[this.nameIds[node]] ? 1 : 0;
    return { matches, hits };
  }

  // As in Tree.tally; the time is the difference.
  tally(matches, shown) {
    const covered = new Uint8Array(this.size);
    const hits = [];
    let us = 0;
    for (let node = 0; node < this.real; node += 1) {
      const inside = covered[this.parents[node]];
      covered[node] = inside;
      if (!matches[node] || (shown && !shown.has(this.kindIds[node]))) continue;
      covered[node] = 1;
      hits.push(node);
      if (!inside) us += this.deltaUs(node);
    }
    return { hits, text: signedMs(us) };
  }

  dimmed(matches, shown) {
    if (!matches && !shown) return null;
    return Uint8Array.from({ length: this.size }, (_, node) => {
      const out = shown && !(node < this.real && shown.has(this.kindIds[node]));
      return out || (matches && !matches[node]) ? 1 : 0;
    });
  }
}
