// Search over module names, and what search and legend together leave.

/** @import { Names } from "./columns.js" */
/** @import { ShownIds } from "./forest.js" */

/**
 * @typedef {object} Matches
 * @property {Uint8Array} nodes  1 for each node whose name matches
 * @property {Uint8Array} names  1 for each name that matches
 */

/**
 * @typedef {object} Tally
 * @property {number[]} hits  the matches that the legend shows, in the order of Enter
 * @property {string} text  what they take together
 */

/**
 * Find the names that contain a text, whatever their case.
 * @param {Names} names
 * @param {Int32Array} nameIds
 * @param {number} size
 * @param {string} text
 * @returns {Matches}
 */
export function matchesOf(names, nameIds, size, text) {
  const wanted = text.toLowerCase();
  const lower = names.lower;
  const hits = new Uint8Array(lower.length);
  for (let id = 0; id < hits.length; id += 1) hits[id] = lower[id].includes(wanted) ? 1 : 0;
  const nodes = new Uint8Array(size);
  for (let node = 0; node < nameIds.length; node += 1) nodes[node] = hits[nameIds[node]];
  return { nodes, names: hits };
}

/**
 * Visit the matches that the legend shows; `isInside` if another match lies above.
 * @param {Int32Array} parents
 * @param {number} real
 * @param {(node: number) => boolean} isMatch
 * @param {(node: number, isInside: boolean) => void} visit
 */
export function eachMatch(parents, real, isMatch, visit) {
  const covered = new Uint8Array(parents.length);
  for (let node = 0; node < real; node += 1) {
    const inside = covered[parents[node]];
    covered[node] = inside;
    if (!isMatch(node)) continue;
    covered[node] = 1;
    visit(node, inside === 1);
  }
}

/**
 * 1 for every node that search or legend leaves out; null if neither filters.
 * @param {number} size
 * @param {Uint8Array | null} matches
 * @param {ShownIds} shown
 * @param {(node: number) => number} idOf  what the legend knows a node by
 */
export function dimmedBy(size, matches, shown, idOf) {
  if (!matches && !shown) return null;
  const dim = new Uint8Array(size);
  for (let node = 0; node < size; node += 1) {
    if (matches && !matches[node]) dim[node] = 1;
    else if (shown && !shown.has(idOf(node))) dim[node] = 1;
  }
  return dim;
}
