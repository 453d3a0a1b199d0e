// The columns of the table of imports.

/** @import { ImportTree } from "../../model/import_tree.js" */
/** @import { TableColumn } from "../table.js" */

import { memoryText, msColumn, shareText, wholeText } from "../../lib/numbers.js";
import { importerCell, moduleCell } from "../table_section.js";

/** @param {number | null} value */
function sortable(value) {
  return value === null ? -Infinity : value;
}

/**
 * @param {ImportTree} tree
 * @returns {TableColumn[]}
 */
export function importColumns(tree) {
  const whole = tree.widths[tree.root];
  const { details } = tree;
  return [
    {
      title: "Module", words: true, value: (n) => tree.names.lower[tree.nameIds[n]],
      cell: (n, pick) => moduleCell(tree.colour(n), tree.name(n), () => pick(n)),
    },
    { title: "Cumulative, ms", first: true, text: (n) => msColumn(tree.cumulativeUs[n]), value: (n) => tree.cumulativeUs[n] },
    { title: "Self, ms", text: (n) => msColumn(tree.selfUs[n]), value: (n) => tree.selfUs[n] },
    {
      title: "Exclusive, ms", value: (n) => sortable(details.exclusiveUs(n)),
      text: (n) => {
        const us = details.exclusiveUs(n);
        return us === null ? "–" : msColumn(us);
      },
    },
    { title: "Of cold start", text: (n) => shareText(tree.cumulativeUs[n], whole), value: (n) => tree.cumulativeUs[n] },
    { title: "Distribution", words: true, text: (n) => tree.distribution(n), value: (n) => tree.distribution(n).toLowerCase() },
    { title: "Imported by", words: true, cell: (n) => importerCell(details.importer(n)), value: (n) => details.importer(n).name },
    { title: "Memory", text: (n) => memoryText(details.memoryKb(n)), value: (n) => sortable(details.memoryKb(n)) },
    { title: "Bytecode", words: true, text: (n) => details.bytecode(n) || "not known", value: (n) => details.bytecode(n) },
    { title: "Phase", words: true, text: (n) => tree.phase(n), value: (n) => tree.phase(n) },
    { title: "Load order", up: true, text: (n) => wholeText(n + 1), value: (n) => n },
  ];
}
