// The page of two profiles.

/** @import { DifferenceData } from "./model/data.js" */

import { Clipboard } from "./lib/clipboard.js";
import { byId } from "./lib/dom.js";
import { whenIdle } from "./lib/timing.js";
import { MergedTree } from "./model/merged_tree.js";
import { changeColumns } from "./panels/difference/change_columns.js";
import { DifferenceExplorer } from "./panels/difference/difference_explorer.js";
import { drawCaveats, drawChanged, drawDifferenceHead, drawSides } from "./panels/difference/difference_verdict.js";
import { drawKinds } from "./panels/difference/kinds.js";
import { drawTable } from "./panels/table_section.js";

function drawDifference() {
  /** @type {DifferenceData} */
  const data = JSON.parse(byId("data").textContent);
  const tree = new MergedTree(data);
  drawDifferenceHead(data);
  drawSides(data);
  drawChanged(data);
  drawCaveats(data.caveats);
  drawKinds(data, tree, (id, button) => explorer.toggleShown(id, button));
  const explorer = new DifferenceExplorer(tree, new Clipboard());
  explorer.listen();
  explorer.fromAddress();
  performance.mark("interactive");
  whenIdle(() => {
    const rows = data.modules.name_ids.length;
    const pick = (/** @type {number} */ node) => explorer.showInChart(node);
    explorer.setTable(drawTable(rows, changeColumns(data, tree), ["module", "modules"], pick));
    performance.mark("complete");
  });
}

drawDifference();
