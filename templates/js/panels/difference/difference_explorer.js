// The explorer of two profiles: its table has a row for each module, not for each node.

/** @import { Clipboard } from "../../lib/clipboard.js" */
/** @import { MergedTree } from "../../model/merged_tree.js" */
/** @import { ImportTable } from "../table.js" */

import { HEAVY_ORDER, TIME_ORDER } from "../../model/forest.js";
import { Explorer } from "../explorer.js";

export class DifferenceExplorer extends Explorer {
  /**
   * @param {MergedTree} tree
   * @param {Clipboard} clipboard
   */
  constructor(tree, clipboard) {
    super(tree, [TIME_ORDER, HEAVY_ORDER], clipboard);
    this.tree = tree;
  }

  /** @param {ImportTable} table */
  filterTable(table) {
    const { matches, shown } = this;
    if (!matches && !shown) {
      table.filter(null);
      return;
    }
    const { name_ids: names, kind_ids: kinds } = this.tree.data.modules;
    table.filter(Uint8Array.from(names, (name, row) => {
      const out = shown && !shown.has(kinds[row]);
      return out || (matches && !matches.names[name]) ? 1 : 0;
    }));
  }
}
