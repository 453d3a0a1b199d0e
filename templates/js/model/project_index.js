// All functions of a project: their figures by number, where each init goes, and who pays for what.

/** @import { IndexCulprit, IndexData } from "./data.js" */
/** @import { Flags } from "./forest.js" */

import { ownerLabel } from "../lib/text.js";

const FLOOR_LABEL = "floor";
const START_LABEL = "start";
// What remains of an init beside its packages: no row has it.
const REST_LABEL = "not attributed";
const REST_COLOUR = "neutral-0";
const OTHERS_LABEL = "others";
const OTHERS_COLOUR = "neutral-2";
const LEAST_PART_MS = 0.05;

/**
 * A part of one function's init.
 * @typedef {object} InitPart
 * @property {string} label
 * @property {string} colour
 * @property {number} ms
 * @property {number} packageId  -1 for what belongs to no package
 */

/**
 * A choice of functions; its key is what the address says.
 * @typedef {object} FunctionChoice
 * @property {string} key
 * @property {string} label
 * @property {(row: number) => boolean} has
 */

export class ProjectIndex {
  /** @param {IndexData} data */
  constructor(data) {
    this.data = data;
    this.columns = data.functions;
    this.length = data.functions.names.length;
    this.starts = startsOf(data.functions.package_counts);
    this.ranks = ranksOf(data);
    this.mostMs = data.functions.billed_ms.reduce((most, ms) => Math.max(most, ms), 0);
    /** @type {string[] | null} */
    this.lowered = null;
  }

  /** @param {number} row */
  name(row) {
    return this.columns.names[row];
  }

  /** @param {number} row */
  handler(row) {
    return this.data.handlers[this.columns.handler_ids[row]];
  }

  /** @param {number} row */
  runtime(row) {
    return this.data.runtimes[this.columns.runtime_ids[row]];
  }

  /** @param {number} row */
  form(row) {
    return this.data.forms[this.columns.form_ids[row]];
  }

  /** @param {number} row */
  verdict(row) {
    return this.data.verdicts[this.columns.verdict_ids[row]];
  }

  /** The number of a function by its name, -1 if there is none. @param {string} name */
  rowNamed(name) {
    return this.columns.names.indexOf(name);
  }

  /** What search compares, made at the first letter. */
  get lower() {
    this.lowered ??= this.columns.names.map((name, row) =>
      `${name}\n${this.handler(row)}\n${this.runtime(row).name}\n${this.form(row)}`.toLowerCase());
    return this.lowered;
  }

  /** The part of a function's init that its own code does not cause. @param {number} row */
  floorMs(row) {
    return Math.max(0, this.columns.billed_ms[row] - this.columns.own_ms[row]);
  }

  /** The milliseconds of a package in one function's init. @param {number} row @param {number} id */
  packageMs(row, id) {
    for (let at = this.starts[row]; at < this.starts[row + 1]; at += 1) {
      if (this.columns.package_ids[at] === id) return this.columns.package_ms[at];
    }
    return 0;
  }

  /** What is before a function's own init: on Lambda the floor, elsewhere the start measured here. */
  get floorLabel() {
    return this.data.words?.is_modelled === false ? START_LABEL : FLOOR_LABEL;
  }

  /**
   * Where a function's init goes: the floor, then packages in one order for all functions, then
   * what no row accounts for.
   * @param {number} row
   * @returns {InitPart[]}
   */
  parts(row) {
    const { package_ids: ids, package_ms: times } = this.columns;
    const parts = [];
    let left = this.columns.own_ms[row];
    for (let at = this.starts[row]; at < this.starts[row + 1]; at += 1) {
      const { name, colour } = this.data.packages[ids[at]];
      left -= times[at];
      if (times[at] >= LEAST_PART_MS) {
        parts.push({ label: ownerLabel(name), colour, ms: times[at], packageId: ids[at] });
      }
    }
    parts.sort((a, b) => this.ranks[a.packageId] - this.ranks[b.packageId]);
    const floor = { label: this.floorLabel, colour: "startup", ms: this.floorMs(row), packageId: -1 };
    if (left >= LEAST_PART_MS) parts.push({ label: REST_LABEL, colour: REST_COLOUR, ms: left, packageId: -1 });
    return floor.ms > 0 ? [floor, ...parts] : parts;
  }

  /**
   * The same with few colours: packages beyond the most expensive are one part, but for `chosen`.
   * @param {number} row
   * @param {number} most
   * @param {string} chosen  the label of a package, empty for none
   * @returns {InitPart[]}
   */
  fewParts(row, most, chosen) {
    const parts = this.parts(row);
    const isPlain = (/** @type {InitPart} */ { label, packageId }) =>
      packageId >= 0 && this.ranks[packageId] >= most && label !== chosen;
    const ms = parts.reduce((sum, part) => sum + (isPlain(part) ? part.ms : 0), 0);
    const kept = parts.filter((part) => !isPlain(part));
    return ms > 0 ? [...kept, { label: OTHERS_LABEL, colour: OTHERS_COLOUR, ms, packageId: -1 }] : kept;
  }

  /**
   * The colours of the bars, in the order of the bars; packages without one of their own share the
   * last.
   * @returns {{ label: string, colour: string }[]}
   */
  keys() {
    const ranked = this.data.packages
      .map(({ name, colour }, id) => ({ label: ownerLabel(name), colour, rank: this.ranks[id] }))
      .sort((a, b) => a.rank - b.rank);
    const own = ranked.filter(({ colour }) => !colour.startsWith("neutral"));
    const others = own.length < ranked.length ? [{ label: OTHERS_LABEL, colour: OTHERS_COLOUR }] : [];
    return [{ label: this.floorLabel, colour: "startup" }, ...own, ...others];
  }

  /**
   * 1 for every function that search or choice leaves out; null if neither filters.
   * @param {string} text
   * @param {FunctionChoice | null} choice
   * @returns {Flags}
   */
  dimmed(text, choice) {
    if (!text && !choice) return null;
    const wanted = text.toLowerCase();
    const dim = new Uint8Array(this.length);
    for (let row = 0; row < this.length; row += 1) {
      const stays = (!choice || choice.has(row)) && (!wanted || this.lower[row].includes(wanted));
      dim[row] = stays ? 0 : 1;
    }
    return dim;
  }
}

/**
 * The choice of functions that a culprit is about.
 * @param {ProjectIndex} index
 * @param {IndexCulprit} culprit
 * @returns {FunctionChoice}
 */
export function culpritChoice(index, culprit) {
  const payers = culprit.kind === "package" ? payersOf(index, culprit.package_id) : new Set(culprit.function_ids);
  return {
    key: `${culprit.kind}:${culprit.name}`,
    label: culprit.code ? `${culprit.code} in ${culprit.name}` : ownerLabel(culprit.name),
    has: (row) => payers.has(row),
  };
}

/**
 * @param {ProjectIndex} index
 * @param {number} id
 */
function payersOf(index, id) {
  const { package_ids: ids } = index.columns;
  const payers = new Set();
  for (let row = 0; row < index.length; row += 1) {
    for (let at = index.starts[row]; at < index.starts[row + 1]; at += 1) {
      if (ids[at] === id) payers.add(row);
    }
  }
  return payers;
}

/** @param {number[]} counts */
function startsOf(counts) {
  const starts = new Int32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i += 1) starts[i + 1] = starts[i] + counts[i];
  return starts;
}

/**
 * The place of each package in every bar: own code, then the most expensive over all functions.
 * @param {IndexData} data
 */
function ranksOf({ packages, functions }) {
  const totals = new Float64Array(packages.length);
  functions.package_ids.forEach((id, at) => {
    totals[id] += functions.package_ms[at];
  });
  const order = packages.map((_, id) => id).sort((a, b) => {
    const own = Number(packages[b].name === "function") - Number(packages[a].name === "function");
    return own || totals[b] - totals[a] || a - b;
  });
  const ranks = new Int32Array(packages.length);
  order.forEach((id, place) => {
    ranks[id] = place;
  });
  return ranks;
}
