// The most expensive imports, each where it enters a distribution.

/** @import { PageData } from "../../model/data.js" */
/** @import { ImportTree } from "../../model/import_tree.js" */
/** @import { Pick } from "../table.js" */

import { byId, element } from "../../lib/dom.js";
import { msColumn, wholeMs } from "../../lib/numbers.js";
import { importerCell, moduleCell } from "../table_section.js";

// With so few changes there is room for the most expensive imports as well.
const FEW_CHANGES = 2;
const TOP_BESIDE_CHANGES = 5;

/**
 * @param {PageData} data
 * @param {ImportTree} tree
 * @param {Pick} pick
 */
export function drawTop(data, tree, pick) {
  const count = data.changes.length;
  const isShort = count <= FEW_CHANGES;
  byId("top-card").hidden = !isShort;
  if (!isShort) return;
  const nodes = data.most_expensive.slice(0, count ? TOP_BESIDE_CHANGES : Infinity);
  const mostUs = Math.max(1, ...nodes.map((node) => tree.cumulativeUs[node]));
  const table = byId("top-imports");
  table.append(...nodes.map((node, i) => {
    const row = element("tr");
    const us = tree.cumulativeUs[node];
    const [name, place] = data.top_importers[i];
    row.append(
      moduleCell(tree.colour(node), tree.name(node), () => pick(node), ownerBeside(tree, node)),
      barCell(us, mostUs, tree.colour(node)),
      element("td", "num self-cell", `${msColumn(tree.selfUs[node])} ms`),
      ...(data.platform.is_modelled
        ? [element("td", "num modelled-cell", `≈ ${wholeMs(data.most_expensive_ms[i])} ms`)] : []),
      importerCell({ name, place }),
    );
    setRoles(row);
    return row;
  }));
  byId("top-empty").hidden = nodes.length > 0;
  const whole = table.closest("table");
  if (whole) whole.hidden = nodes.length === 0;
}

/**
 * @param {number} us
 * @param {number} mostUs
 * @param {string} colour
 */
function barCell(us, mostUs, colour) {
  const bar = element("td", "num bar-cell");
  const fill = element("span", `bar-fill ${colour}`);
  // The figure keeps its own room at the right; the bar grows in what is left.
  fill.style.width = `calc((100% - 96px) * ${Math.max(0, us) / mostUs})`;
  bar.append(fill, element("span", "bar-text", `${msColumn(us)} ms`));
  return bar;
}

/**
 * Rows that the style sheet lays out as boxes lose their roles; say them again.
 * @param {HTMLElement} row
 */
function setRoles(row) {
  row.setAttribute("role", "row");
  for (const cell of row.children) {
    cell.setAttribute("role", cell.tagName === "TH" ? "rowheader" : "cell");
  }
}

/**
 * The distribution's name, unless the module's own says it already.
 * @param {ImportTree} tree
 * @param {number} node
 */
function ownerBeside(tree, node) {
  const owner = tree.distribution(node);
  const plain = owner.toLowerCase().replaceAll("-", "_");
  return plain === tree.name(node).split(".")[0].toLowerCase() ? "" : owner;
}
