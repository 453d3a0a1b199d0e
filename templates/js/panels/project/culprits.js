// What costs most over all functions; a press shows only the functions that a line is about.

/** @import { IndexCulprit } from "../../model/data.js" */
/** @import { FunctionChoice, ProjectIndex } from "../../model/project_index.js" */

import { buttonOf, byId, element } from "../../lib/dom.js";
import { dollarsText, plural, wholeMs, wholeText } from "../../lib/numbers.js";
import { clipped, ownerLabel } from "../../lib/text.js";
import { culpritChoice } from "../../model/project_index.js";
import { moreItem } from "../key_parts.js";

const FIRST_CULPRITS = 6;
/** @type {{ card: string, kinds: (keyof import("../../model/data.js").IndexKindCounts)[] }[]} */
const CARDS = [
  { card: "packages", kinds: ["package"] },
  { card: "modules", kinds: ["layer", "module"] },
  { card: "changes", kinds: ["change"] },
];

/** @typedef {(choice: FunctionChoice) => void} Choose */

/**
 * The choices by key, with the buttons that make them: one is pressed at most.
 */
export class ChoiceButtons {
  constructor() {
    /** @type {Map<string, { button: HTMLElement | null, make: () => FunctionChoice }>} */
    this.entries = new Map();
    this.pressed = "";
  }

  /**
   * @param {string} key
   * @param {HTMLElement | null} button  null as long as it is not shown
   * @param {() => FunctionChoice} make
   */
  add(key, button, make) {
    button?.setAttribute("aria-pressed", String(key === this.pressed));
    this.entries.set(key, { button, make });
  }

  /** The choice with this key, null if there is none. @param {string} key */
  choice(key) {
    return this.entries.get(key)?.make() ?? null;
  }

  /** @param {string} key  empty for none */
  press(key) {
    this.pressed = key;
    this.entries.forEach(({ button }, other) => button?.setAttribute("aria-pressed", String(other === key)));
  }
}

/**
 * @param {ProjectIndex} index
 * @param {ChoiceButtons} buttons
 * @param {(key: string) => void} toggle
 */
export function drawCulprits(index, buttons, toggle) {
  for (const { card, kinds } of CARDS) {
    const found = index.data.culprits.filter(({ kind }) => kinds.some((known) => known === kind));
    const left = kinds.reduce((sum, kind) => sum + index.data.culprits_left[kind], 0);
    byId(`${card}-card`).hidden = found.length === 0;
    new CulpritList(byId(`${card}-list`), index, buttons, toggle).draw(found, left);
  }
}

class CulpritList {
  /**
   * @param {HTMLElement} list
   * @param {ProjectIndex} index
   * @param {ChoiceButtons} buttons
   * @param {(key: string) => void} toggle
   */
  constructor(list, index, buttons, toggle) {
    this.list = list;
    this.index = index;
    this.buttons = buttons;
    this.toggle = toggle;
    this.most = 1;
  }

  /**
   * @param {IndexCulprit[]} found  the most expensive first
   * @param {number} left  how many more the page does not hold
   */
  draw(found, left) {
    this.most = found.length ? Math.max(found[0].total_ms, 0.001) : 1;
    this.list.append(...found.slice(0, FIRST_CULPRITS).map((culprit) => this.item(culprit)));
    const later = found.slice(FIRST_CULPRITS);
    if (later.length === 0) return;
    // The address may name one of them before it is shown.
    later.forEach((culprit) => {
      this.buttons.add(keyOf(culprit), null, () => culpritChoice(this.index, culprit));
    });
    const more = moreItem(this.list, later.length);
    more.addEventListener("click", () => more.before(...this.later(later, left)), { once: true });
    this.list.append(more);
  }

  /**
   * @param {IndexCulprit[]} culprits
   * @param {number} left
   */
  later(culprits, left) {
    const items = culprits.map((culprit) => this.item(culprit));
    const others = `and ${plural(left, "other", "others")} that cost less, in the JSON`;
    if (left > 0) items.push(element("li", "quiet", others));
    items.forEach((item) => item.classList.add("later"));
    return items;
  }

  /** @param {IndexCulprit} culprit */
  item(culprit) {
    const item = element("li");
    const key = keyOf(culprit);
    const button = buttonOf("culprit", "", () => this.toggle(key));
    button.append(...culpritParts(this.index, culprit, this.most));
    this.buttons.add(key, button, () => culpritChoice(this.index, culprit));
    item.append(button);
    return item;
  }
}

/** @param {IndexCulprit} culprit */
function keyOf({ kind, name }) {
  return `${kind}:${name}`;
}

/**
 * @param {ProjectIndex} index
 * @param {IndexCulprit} culprit
 * @param {number} most
 */
function culpritParts(index, culprit, most) {
  const { kind, code, dollars_a_month: month } = culprit;
  const track = element("span", "culprit-bar");
  const fill = element("span", `culprit-fill ${colourOf(index, culprit)}`);
  fill.style.width = `${(100 * culprit.total_ms) / most}%`;
  track.append(fill);
  const where = `in ${wholeText(culprit.functions)} of ${wholeText(index.length)}`;
  const name = clipped(ownerLabel(culprit.name), 80);
  const notes = [where, ...(month === null ? [] : [`${dollarsText(month)} a month`])];
  if (kind === "layer") notes.unshift("layer");
  if (code) notes.unshift(clipped(code, 60));
  return [
    element("span", "culprit-name", name), " ",
    element("span", "culprit-ms", `${wholeMs(culprit.total_ms)} ms`), " ",
    element("span", "culprit-where", notes.join(", ")),
    track,
  ];
}

/**
 * @param {ProjectIndex} index
 * @param {IndexCulprit} culprit
 */
function colourOf(index, { kind, package_id: id }) {
  if (kind === "package") return index.data.packages[id].colour;
  return kind === "layer" ? "neutral-2" : "function";
}
