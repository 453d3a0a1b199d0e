// Columns as the page's data stores them: small numbers, mostly differences and runs.

/** @import { NameColumns } from "./data.js" */

export const NONE = -1;
// Above every name id and every distribution id.
const KEY_STEP = 2 ** 26;

/**
 * One key for a parent and the id of a child.
 * @param {number} parent
 * @param {number} id
 */
export function pairKey(parent, id) {
  return parent * KEY_STEP + id;
}

/**
 * A column that was stored as value, count, value, count ...
 * @param {number[]} pairs
 * @param {number} length
 */
export function unrolled(pairs, length) {
  const column = new Int32Array(length);
  let at = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    column.fill(pairs[i], at, at + pairs[i + 1]);
    at += pairs[i + 1];
  }
  return column;
}

/**
 * Ids that were stored as steps: 0 is "the one after the last", as most are.
 * @param {Int32Array} steps
 */
export function idsOf(steps) {
  const ids = new Int32Array(steps.length);
  let previous = NONE;
  for (let node = 0; node < steps.length; node += 1) {
    previous = steps[node] === 0 ? previous + 1 : steps[node] - 1;
    ids[node] = previous;
  }
  return ids;
}

/** Module names, put together when they are asked for: most never are. */
export class Names {
  /** @param {NameColumns} columns */
  constructor(columns) {
    this.columns = columns;
    this.length = columns.name_tails.length;
    /** @type {(string | undefined)[]} */
    this.known = new Array(this.length);
    /** @type {string[] | null} */
    this.small = null;
  }

  /** @param {number} id */
  at(id) {
    const known = this.known[id];
    if (known !== undefined) return known;
    const { packages, name_packages: owners, name_tails: tails } = this.columns;
    const name = owners[id] === NONE ? tails[id] : `${packages[owners[id]]}.${tails[id]}`;
    this.known[id] = name;
    return name;
  }

  /** All names in small letters, for searching and sorting. */
  get lower() {
    this.small ??= Array.from({ length: this.length }, (_, id) => this.at(id).toLowerCase());
    return this.small;
  }
}
