// The table's place in the page, and the cells that both pages share.

/** @import { Importer } from "../model/module_details.js" */
/** @import { Pick, TableColumn } from "./table.js" */

import { byId, element } from "../lib/dom.js";
import { clipped } from "../lib/text.js";
import { ImportTable } from "./table.js";

/**
 * @param {number} count
 * @param {TableColumn[]} columns
 * @param {[one: string, many: string]} noun
 * @param {Pick} pick
 */
export function drawTable(count, columns, noun, pick) {
  const parts = {
    head: byId("modules-head"), body: byId("modules-body"), count: byId("table-count"),
    scroller: byId("table-scroll"), table: byId("modules"), empty: byId("table-empty"), noun,
  };
  return new ImportTable(parts, count, columns, pick);
}

/**
 * The heading cell of a row: a swatch, the name and perhaps whose it is.
 * @param {string} colour
 * @param {string} name
 * @param {(() => void) | null} pick  null if the chart does not show it
 * @param {string} [owner]
 */
export function moduleCell(colour, name, pick, owner = "") {
  const cell = element("th", "module");
  cell.scope = "row";
  const line = element("span", "module-line");
  const label = element(pick ? "button" : "span", "name", clipped(name));
  if (label instanceof HTMLButtonElement) label.type = "button";
  if (pick) label.addEventListener("click", pick);
  line.append(element("span", `swatch ${colour}`), label);
  if (owner) line.append(element("span", "owner", clipped(owner, 40)));
  cell.append(line);
  return cell;
}

/** @param {Importer} importer */
export function importerCell({ name, place }) {
  const cell = element("td", "importer");
  cell.append(element("span", "who", clipped(name) || "–"));
  if (place) cell.append(" ", element("span", "place", clipped(place)));
  return cell;
}
