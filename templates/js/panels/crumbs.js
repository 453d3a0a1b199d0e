// The zoom path: buttons from the whole down to the zoomed box.

/** @import { Icicle } from "../chart/icicle.js" */

import { buttonOf, byId, element } from "../lib/dom.js";
import { plural } from "../lib/numbers.js";
import { clipped } from "../lib/text.js";

const MOST_CRUMBS = 8;

/**
 * @param {Icicle} chart
 * @param {number} node
 */
function crumb(chart, node) {
  const { tree } = chart;
  const name = node === tree.root ? tree.title : tree.label(node);
  const button = buttonOf("crumb", clipped(name, 60), () => {
    chart.select(node);
    chart.zoom(node);
  });
  if (node === chart.focus) button.setAttribute("aria-current", "location");
  const item = element("li");
  item.append(button);
  return item;
}

/** @param {Icicle} chart */
export function drawCrumbs(chart) {
  const path = chart.tree.ancestors(chart.focus);
  const long = path.length > MOST_CRUMBS;
  const shown = long ? [...path.slice(0, 2), ...path.slice(2 - MOST_CRUMBS)] : path;
  const items = shown.map((node) => crumb(chart, node));
  if (long) {
    items.splice(2, 0, element("li", "gap", `… ${plural(path.length - shown.length, "level", "levels")} …`));
  }
  byId("crumbs").replaceChildren(...items);
  byId("crumbs").classList.toggle("at-root", path.length === 1);
}
