// The unpacked package: its size beside Lambda's limit, and its largest distributions.

/** @import { PackageData, PackagePart } from "../../model/data.js" */

import { byId, element, textWithCode } from "../../lib/dom.js";
import { shareText } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";

/** @param {PackageData | null} found */
export function drawPackage(found) {
  byId("package").hidden = !found;
  if (!found) return;
  const size = byId("package-size");
  size.textContent = found.size;
  size.classList.toggle("over", found.is_over);
  drawBar(found);
  const places = byId("package-places");
  places.hidden = found.places.length < 2;
  places.textContent = clipped(found.places.map(([name, text]) => `${name} ${text}`).join(" · "), 400);
  const more = found.bytecode && found.bytecode.is_fine ? [found.bytecode.text] : [];
  byId("package-list").append(...[...found.sentences, ...more].map((sentence) =>
    textWithCode("li", "", clipped(sentence, 500))));
  const table = byId("package-rows").closest("table");
  if (table) table.hidden = found.parts.length === 0;
  byId("package-rows").append(...found.parts.map((part) => rowOf(part, found)));
}

/**
 * The whole width is Lambda's limit, or the package where that is larger; what init loads is solid.
 * @param {PackageData} found
 */
function drawBar({ parts, size_bytes: size, limit_bytes: limit }) {
  const whole = Math.max(size, limit, 1);
  const shown = parts.length
    ? parts
    : [{ colour: "neutral-0", size_bytes: size, unloaded_share: 0 }];
  byId("package-bar").append(...shown.map(({ colour, size_bytes: bytes, unloaded_share: idle }) => {
    const part = element("span", "package-part");
    part.style.width = `${(100 * bytes) / whole}%`;
    const loaded = element("span", colour);
    loaded.style.width = `${100 * (1 - idle)}%`;
    const rest = element("span", `idle ${colour}`);
    rest.style.width = `${100 * idle}%`;
    part.append(loaded, rest);
    return part;
  }));
}

/**
 * @param {PackagePart} part
 * @param {PackageData} whole
 */
function rowOf(part, whole) {
  const row = element("tr");
  const name = element("th", "name");
  name.scope = "row";
  name.append(element("span", `swatch ${part.colour}`), clipped(part.name, 80));
  if (part.place && whole.places.length > 1) name.append(" ", element("span", "part-place", `in ${clipped(part.place, 60)}`));
  const idle = element("td");
  const cell = element("div", "idle-cell");
  const track = element("span", "idle-track");
  const fill = element("span", `idle-fill ${part.colour}`);
  fill.style.width = `${100 * part.unloaded_share}%`;
  track.append(fill);
  cell.append(element("span", "num", shareText(part.unloaded_share, 1)), track);
  idle.append(cell);
  row.append(
    name, element("td", "num", part.size),
    element("td", "num wide", shareText(part.size_bytes, whole.size_bytes)), idle,
  );
  return row;
}
