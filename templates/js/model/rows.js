// The nodes of one row, found by time. Nodes narrower than a pixel cost one step for all of them.

/** @import { Forest, Layout } from "./forest.js" */

import { NONE } from "./columns.js";

export const LEAST_PX = 0.6;

/** @typedef {[left: number, right: number]} View  a window of time, microseconds */

/**
 * First place in a row whose node ends right of a point in time.
 * @param {Forest} tree
 * @param {Layout} layout
 * @param {number} from
 * @param {number} end
 * @param {number} us
 */
export function firstAfter(tree, layout, from, end, us) {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >> 1;
    const node = layout.rowNodes[middle];
    if (layout.starts[node] + tree.widths[node] > us) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The same from a place that is near: doubled steps first, then between the last two.
 * @param {Forest} tree
 * @param {Layout} layout
 * @param {number} from
 * @param {number} end
 * @param {number} us
 */
function soonAfter(tree, layout, from, end, us) {
  let step = 1;
  let low = from;
  let high = from;
  while (high < end && layout.starts[layout.rowNodes[high]] + tree.widths[layout.rowNodes[high]] <= us) {
    low = high + 1;
    high += step;
    step *= 2;
  }
  return firstAfter(tree, layout, low, Math.min(high, end), us);
}

/**
 * Call paint for the nodes of a row in view, from left to right; none is narrower than a pixel.
 * @param {Forest} tree
 * @param {Layout} layout
 * @param {number} row
 * @param {View} view
 * @param {number} widthPx
 * @param {(node: number, x: number, width: number) => void} paint
 */
export function eachInRow(tree, layout, row, view, widthPx, paint) {
  const [left, right] = view;
  const scale = widthPx / (right - left);
  const end = layout.rowStarts[row + 1];
  let place = firstAfter(tree, layout, layout.rowStarts[row], end, left);
  while (place < end) {
    const node = layout.rowNodes[place];
    const start = layout.starts[node];
    if (start >= right) break;
    const x = Math.max(0, (start - left) * scale);
    const width = Math.min(widthPx, (start + tree.widths[node] - left) * scale) - x;
    if (width >= LEAST_PX) {
      paint(node, x, width);
      place += 1;
    } else {
      // All that ends before the next pixel would be painted over itself.
      paint(node, Math.floor(x), 1);
      place = soonAfter(tree, layout, place + 1, end, left + (Math.floor(x) + 1) / scale);
    }
  }
}

/**
 * The node of a row at a point in time, NONE if there is a gap.
 * @param {Forest} tree
 * @param {Layout} layout
 * @param {number} row
 * @param {number} us
 */
export function nodeAt(tree, layout, row, us) {
  const end = layout.rowStarts[row + 1];
  const place = firstAfter(tree, layout, layout.rowStarts[row], end, us);
  if (place === end) return NONE;
  const node = layout.rowNodes[place];
  return layout.starts[node] > us ? NONE : node;
}

/**
 * The next node of the row, `step` to the right or left, that is inside the zoomed node and takes
 * at least `leastUs`; NONE if there is none.
 * @param {Forest} tree
 * @param {Layout} layout
 * @param {{ node: number, focus: number, step: number, leastUs: number, openBlock: number }} from
 */
export function besideInRow(tree, layout, { node: from, focus, step, leastUs, openBlock }) {
  const row = layout.depths[from];
  const start = layout.starts[focus];
  const end = start + tree.widths[focus];
  let place = layout.places[from] + step;
  for (; place >= layout.rowStarts[row] && place < layout.rowStarts[row + 1]; place += step) {
    const node = layout.rowNodes[place];
    if (layout.starts[node] < start || layout.starts[node] >= end) return NONE;
    if (tree.widths[node] >= leastUs && !tree.isFolded(node, openBlock)) return node;
  }
  return NONE;
}
