// The headline of a project, its runtimes that end, and the functions that were left out.

/** @import { ProjectIndex } from "../../model/project_index.js" */
/** @import { ChoiceButtons } from "./culprits.js" */

import { buttonOf, byId, element, textWithCode } from "../../lib/dom.js";
import { dollarsText, plural, wholeMs, wholeText } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";

const MOST_LEFT_NAMES = 200;

/** @param {ProjectIndex} index */
export function drawIndexHead({ data, length }) {
  byId("handler").textContent = clipped(data.place, 90);
  document.title = `${clipped(data.place, 60)}: ${plural(length, "function", "functions")}, ${wholeMs(data.sums.billed_ms)} ms ${data.words.init.toLowerCase()}`;
  const facts = [data.tool, data.created_at.slice(0, 10)].filter(Boolean);
  byId("facts").append(...facts.map((fact) => element("li", "", clipped(fact, 60))));
}

/**
 * @param {ProjectIndex} index
 * @param {ChoiceButtons} buttons
 * @param {(key: string) => void} toggle
 */
export function drawIndexVerdict(index, buttons, toggle) {
  const { sums } = index.data;
  byId("billed").textContent = wholeMs(sums.billed_ms);
  byId("band").textContent =
    `of init if each of ${plural(index.length, "function", "functions")} starts once: between ${wholeMs(sums.low_ms)} and ${wholeMs(sums.high_ms)} ms, the sum of the bands`;
  byId("saved").textContent = `${wholeMs(sums.saved_ms)} ms`;
  byId("month-pair").hidden = sums.dollars_a_month === null;
  byId("month").textContent = dollarsText(sums.dollars_a_month ?? 0);
  drawCount("over", countOf(index, isOver(index)), { key: "over", label: "over budget", has: isOver(index) }, buttons, toggle);
  byId("over-pair").hidden = index.data.verdicts.length < 2;
  drawCount("ending", countOf(index, isEnding(index)), { key: "ending", label: "runtime ends", has: isEnding(index) }, buttons, toggle);
}

/** @param {ProjectIndex} index */
function isOver(index) {
  return (/** @type {number} */ row) => index.verdict(row) === "fail";
}

/** @param {ProjectIndex} index */
function isEnding(index) {
  return (/** @type {number} */ row) => index.runtime(row).ends !== null;
}

/**
 * @param {ProjectIndex} index
 * @param {(row: number) => boolean} has
 */
function countOf(index, has) {
  let count = 0;
  for (let row = 0; row < index.length; row += 1) if (has(row)) count += 1;
  return count;
}

/**
 * A count that shows its functions when pressed; nothing to press for none.
 * @param {string} id
 * @param {number} count
 * @param {import("../../model/project_index.js").FunctionChoice} choice
 * @param {ChoiceButtons} buttons
 * @param {(key: string) => void} toggle
 */
function drawCount(id, count, choice, buttons, toggle) {
  const box = byId(id);
  box.classList.toggle("bad", count > 0);
  if (count === 0) {
    box.textContent = "none";
    return;
  }
  const button = buttonOf("count", wholeText(count), () => toggle(choice.key));
  button.setAttribute("aria-label", `${plural(count, "function", "functions")}: ${choice.label}`);
  buttons.add(choice.key, button, () => choice);
  box.append(button);
}

/**
 * Name the colours of the columns and bars.
 * @param {ProjectIndex} index
 */
export function drawIndexKeys(index) {
  byId("skyline-key").append(...index.keys().map(({ label, colour }) => {
    const item = element("li", "phase-key");
    item.append(element("span", `swatch ${colour}`), clipped(label, 40));
    return item;
  }));
}

/** @param {ProjectIndex} index */
export function drawIndexNotices(index) {
  const { runtimes, notes, left_out: left } = index.data;
  const counts = new Array(runtimes.length).fill(0);
  index.columns.runtime_ids.forEach((id) => {
    counts[id] += 1;
  });
  const endings = runtimes.flatMap(({ ends }, id) =>
    (ends && counts[id] ? [`${ends} (${plural(counts[id], "function", "functions")})`] : []));
  byId("endings").hidden = endings.length === 0;
  byId("ending-list").append(...endings.map((text) => element("li", "", clipped(text, 600))));
  byId("index-notes").hidden = notes.length === 0;
  byId("note-list").append(...notes.map((note) => textWithCode("li", "", clipped(note, 800))));
  byId("left-out").hidden = left.length === 0;
  const total = left.reduce((sum, { names }) => sum + names.length, 0);
  byId("left-title").textContent = `Left out: ${plural(total, "function", "functions")}`;
  byId("left-list").append(...left.map(({ reason, names }) => {
    const line = element("li");
    const more = names.length - MOST_LEFT_NAMES;
    const shown = names.slice(0, MOST_LEFT_NAMES).map((name) => clipped(name, 120)).join(", ");
    line.append(
      element("span", "name", more > 0 ? `${shown} and ${wholeText(more)} more` : shown), ": ",
      textWithCode("span", "", clipped(reason, 600)),
    );
    return line;
  }));
}
