// The columns of the table of changed modules.

/** @import { DifferenceData } from "../../model/data.js" */
/** @import { MergedTree } from "../../model/merged_tree.js" */
/** @import { TableColumn } from "../table.js" */

import { msColumn, signedMs } from "../../lib/numbers.js";
import { ownerLabel } from "../../lib/text.js";
import { NONE } from "../../model/columns.js";
import { KIND_COLOURS } from "../../model/merged_tree.js";
import { moduleCell } from "../table_section.js";

/**
 * @param {DifferenceData} data
 * @param {MergedTree} tree
 * @returns {TableColumn[]}
 */
export function changeColumns(data, tree) {
  const { name_ids: names, kind_ids: kinds, base_us: base, head_us: head, nodes } = data.modules;
  const owner = (/** @type {number} */ row) => ownerLabel(data.owners[data.owner_ids[names[row]]]);
  return [
    {
      title: "Module", words: true, value: (row) => tree.names.lower[names[row]],
      cell: (row, pick) => {
        const node = nodes[row];
        const show = node === NONE ? null : () => pick(node);
        return moduleCell(KIND_COLOURS[kinds[row]], tree.names.at(names[row]), show);
      },
    },
    { title: "Difference, ms", text: (row) => signedMs(head[row] - base[row]).replace(" ms", ""), value: (row) => head[row] - base[row] },
    { title: "Size of change, ms", first: true, text: (row) => msColumn(Math.abs(head[row] - base[row])), value: (row) => Math.abs(head[row] - base[row]) },
    { title: "Before, ms", text: (row) => msColumn(base[row]), value: (row) => base[row] },
    { title: "After, ms", text: (row) => msColumn(head[row]), value: (row) => head[row] },
    { title: "Change", words: true, text: (row) => data.kinds[kinds[row]], value: (row) => kinds[row] },
    { title: "Distribution", words: true, text: owner, value: (row) => owner(row).toLowerCase() },
    { title: "Imported at", words: true, text: (row) => data.places[names[row]] || "–", value: (row) => data.places[names[row]] },
  ];
}
