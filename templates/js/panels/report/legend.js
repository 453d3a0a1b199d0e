// The legend: entries with a swatch, one of which pressed shows only what is pressed.

/** @import { DistributionData } from "../../model/data.js" */
/** @import { ImportTree } from "../../model/import_tree.js" */
/** @import { Toggle } from "../key_parts.js" */

import { byId, element } from "../../lib/dom.js";
import { msText, shareText } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";
import { legendButton, moreItem } from "../key_parts.js";

const LEGEND_FIRST = 14;

/**
 * @param {string} colour
 * @param {string} name
 * @param {number} us
 * @param {number} wholeUs
 */
function entryParts(colour, name, us, wholeUs) {
  return [
    element("span", `swatch ${colour}`), element("span", "entry-name", name),
    element("span", "entry-ms", msText(us)), element("span", "entry-share", shareText(us, wholeUs)),
  ];
}

/**
 * Draw the distributions by their own time, then the startup phases.
 * @param {DistributionData[]} distributions
 * @param {ImportTree} tree
 * @param {Toggle} toggle
 */
export function drawLegend(distributions, tree, toggle) {
  const wholeUs = tree.widths[tree.root];
  const ranked = distributions
    .map((distribution, id) => ({ ...distribution, id }))
    .filter((distribution) => distribution.modules > 0)
    .sort((a, b) => b.self_us - a.self_us);
  const legend = byId("legend");
  legend.append(...ranked.map(({ id, colour, self_us: us }, place) => {
    const item = element("li", place >= LEGEND_FIRST ? "later" : "");
    const parts = entryParts(colour, clipped(tree.ownerName(id), 40), us, wholeUs);
    item.append(legendButton(id, parts, toggle));
    return item;
  }));
  const startupUs = tree.startupUs();
  if (startupUs > 0) {
    const item = element("li", "entry still");
    item.append(...entryParts("startup", "interpreter and runtime", startupUs, wholeUs));
    legend.append(item);
  }
  if (ranked.length > LEGEND_FIRST) legend.append(moreItem(legend, ranked.length - LEGEND_FIRST));
}
