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
    /** @type {(string | undefined)[]}  names, then packages */
    this.known = new Array(this.length + columns.packages.length);
    /** @type {string[] | null} */
    this.small = null;
  }

  /**
   * The number of the package that a name or package is in, NONE for a top-level one.
   * @param {number} number  a name id, or a package's place behind the names
   */
  parentOf(number) {
    const { length, columns } = this;
    const isName = number < length;
    const parent = isName ? columns.name_parents[number] : columns.package_parents[number - length];
    if (parent === 0) return NONE;
    if (parent > 0) return length + parent - 1;
    return isName ? number + parent : -parent - 1;
  }

  /** @param {number} number */
  tailOf(number) {
    const { length, columns } = this;
    return number < length ? columns.name_tails[number] : columns.packages[number - length];
  }

  /**
   * The whole name. A loop, not recursion: a name may have thousands of packages.
   * @param {number} id
   */
  at(id) {
    const { known } = this;
    const path = [];
    let number = id;
    while (number !== NONE && known[number] === undefined) {
      path.push(number);
      number = this.parentOf(number);
    }
    let name = number === NONE ? undefined : known[number];
    for (let i = path.length - 1; i >= 0; i -= 1) {
      const tail = this.tailOf(path[i]);
      name = name === undefined ? tail : `${name}.${tail}`;
      known[path[i]] = name;
    }
    return name ?? "";
  }

  /** All names in small letters, for searching and sorting. */
  get lower() {
    this.small ??= Array.from({ length: this.length }, (_, id) => this.at(id).toLowerCase());
    return this.small;
  }
}
