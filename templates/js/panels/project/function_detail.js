// The selected function: where its init goes, and what could be changed in it.

/** @import { IndexChange } from "../../model/data.js" */
/** @import { ProjectIndex } from "../../model/project_index.js" */

import { byId, element, pairOf } from "../../lib/dom.js";
import { msText, plural, shareText, wholeText } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";
import { nameOf } from "./function_columns.js";

const MOST_PARTS = 12;

/**
 * @param {ProjectIndex} index
 * @param {number} row
 * @param {IndexChange[]} changes
 */
export function drawFunction(index, row, changes) {
  const { columns } = index;
  byId("detail").hidden = false;
  byId("detail-title").replaceChildren(nameOf(index, row));
  const billed = columns.billed_ms[row];
  const band = `${wholeText(billed)} ms (${wholeText(columns.low_ms[row])} to ${wholeText(columns.high_ms[row])})`;
  byId("detail-list").replaceChildren(
    pairOf(index.data.words.init, band), pairOf("Handler", index.handler(row)), pairOf("Package", index.form(row)),
  );
  const parts = index.parts(row).sort((a, b) => b.ms - a.ms);
  byId("detail-parts").replaceChildren(
    ...parts.slice(0, MOST_PARTS).map((part) => partLine(part, billed)),
    ...moreParts(parts.slice(MOST_PARTS)),
  );
  byId("detail-changes").hidden = changes.length === 0;
  byId("detail-change-list").replaceChildren(...changes.map(({ place, code, saved_ms: ms }) => {
    const line = element("li", "note-line");
    line.append(
      element("span", "note-ms", msText(1000 * ms)), " ", element("code", "name", clipped(code, 120)), " ",
      element("span", "place", clipped(place, 100)),
    );
    return line;
  }));
  byId("live").textContent = `${clipped(index.name(row), 100)}. ${index.data.words.init} ${wholeText(billed)} ms`;
}

/**
 * @param {import("../../model/project_index.js").InitPart} part
 * @param {number} whole
 */
function partLine({ label, colour, ms }, whole) {
  const item = element("li", "entry still");
  item.append(
    element("span", `swatch ${colour}`), element("span", "entry-name", clipped(label, 60)),
    element("span", "entry-ms", msText(1000 * ms)), element("span", "entry-share", shareText(ms, whole)),
  );
  return item;
}

/** @param {{ ms: number }[]} rest */
function moreParts(rest) {
  if (rest.length === 0) return [];
  const ms = rest.reduce((sum, part) => sum + part.ms, 0);
  return [element("li", "entry still", `${plural(rest.length, "other", "others")}, ${msText(1000 * ms)}`)];
}
