// The selected box: its facts under the chart, and spoken.

/** @import { Forest } from "../model/forest.js" */

import { byId, element } from "../lib/dom.js";
import { clipped } from "../lib/text.js";
import { factRows } from "./tooltip.js";

const MOST_SPOKEN = 3;

/**
 * @param {Forest} tree
 * @param {number} node
 */
export function drawSelection(tree, node) {
  byId("detail").hidden = false;
  const name = element("div", "detail-name");
  name.append(element("dt", "", "Selected"), element("dd", "mono", clipped(tree.name(node), 300)));
  byId("detail-list").replaceChildren(name, ...factRows(tree, node));
  const spoken = tree.facts(node).slice(0, MOST_SPOKEN).map(([label, value]) => `${label} ${value}`).join(", ");
  byId("live").textContent = `${clipped(tree.name(node), 100)}. ${spoken}`;
}
