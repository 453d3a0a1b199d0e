// The legend of a difference: the kinds of change.

/** @import { DifferenceData } from "../../model/data.js" */
/** @import { MergedTree } from "../../model/merged_tree.js" */
/** @import { Toggle } from "../key_parts.js" */

import { byId, element } from "../../lib/dom.js";
import { plural, signedMs } from "../../lib/numbers.js";
import { KIND_COLOURS } from "../../model/merged_tree.js";
import { legendButton } from "../key_parts.js";

// Only nodes move; the module itself is neither new nor gone.
const MOVED = "moved";

/**
 * @param {DifferenceData} data
 * @param {MergedTree} tree
 */
function kindSums({ kinds, modules }, tree) {
  const sums = kinds.map((kind, id) => ({ kind, id, count: 0, us: 0 }));
  modules.kind_ids.forEach((kind, row) => {
    sums[kind].count += 1;
    sums[kind].us += modules.head_us[row] - modules.base_us[row];
  });
  tree.kindIds.forEach((kind) => {
    if (kinds[kind] === MOVED) sums[kind].count += 1;
  });
  return sums.filter((sum) => sum.count);
}

/**
 * @param {DifferenceData} data
 * @param {MergedTree} tree
 * @param {Toggle} toggle
 */
export function drawKinds(data, tree, toggle) {
  byId("legend").append(...kindSums(data, tree).map(({ kind, id, count, us }) => {
    const item = element("li");
    const parts = [
      element("span", `swatch ${KIND_COLOURS[id]}`), element("span", "entry-name", kind),
      element("span", "entry-ms", plural(count, "module", "modules")),
      ...(kind === MOVED ? [] : [element("span", "entry-share", signedMs(us))]),
    ];
    item.append(legendButton(id, parts, toggle));
    return item;
  }));
}
