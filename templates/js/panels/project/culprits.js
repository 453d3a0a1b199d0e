// What costs most over all functions; a press shows only the functions that pay for it.

/** @import { IndexCulprit } from "../../model/data.js" */
/** @import { FunctionChoice, ProjectIndex } from "../../model/project_index.js" */

import { buttonOf, byId, element } from "../../lib/dom.js";
import { dollarsText, wholeMs, wholeText } from "../../lib/numbers.js";
import { clipped, ownerLabel } from "../../lib/text.js";
import { culpritChoice } from "../../model/project_index.js";
import { moreItem } from "../key_parts.js";

const FIRST_CULPRITS = 6;

/** @typedef {(choice: FunctionChoice) => void} Choose */

/**
 * The choices by key, with the buttons that make them: one is pressed at most.
 */
export class ChoiceButtons {
  constructor() {
    /** @type {Map<string, { button: HTMLElement, make: () => FunctionChoice }>} */
    this.entries = new Map();
  }

  /**
   * @param {string} key
   * @param {HTMLElement} button
   * @param {() => FunctionChoice} make
   */
  add(key, button, make) {
    button.setAttribute("aria-pressed", "false");
    this.entries.set(key, { button, make });
  }

  /** The choice with this key, null if there is none. @param {string} key */
  choice(key) {
    return this.entries.get(key)?.make() ?? null;
  }

  /** @param {string} key  empty for none */
  press(key) {
    this.entries.forEach(({ button }, other) => button.setAttribute("aria-pressed", String(other === key)));
  }
}

/**
 * @param {ProjectIndex} index
 * @param {ChoiceButtons} buttons
 * @param {(key: string) => void} toggle
 */
export function drawCulprits(index, buttons, toggle) {
  for (const kind of ["package", "module"]) {
    const found = index.data.culprits.filter((culprit) => culprit.kind === kind);
    byId(`${kind}s-card`).hidden = found.length === 0;
    drawList(byId(`${kind}-list`), index, found, buttons, toggle);
  }
}

/**
 * @param {HTMLElement} list
 * @param {ProjectIndex} index
 * @param {IndexCulprit[]} found
 * @param {ChoiceButtons} buttons
 * @param {(key: string) => void} toggle
 */
function drawList(list, index, found, buttons, toggle) {
  const most = found.length ? found[0].total_ms : 0;
  const lines = (/** @type {IndexCulprit[]} */ some) => some.map((culprit) => {
    const item = element("li");
    const key = `${culprit.kind}:${culprit.name}`;
    const button = buttonOf("culprit", "", () => toggle(key));
    button.append(...culpritParts(index, culprit, most));
    buttons.add(key, button, () => culpritChoice(index, culprit));
    item.append(button);
    return item;
  });
  list.append(...lines(found.slice(0, FIRST_CULPRITS)));
  const later = found.slice(FIRST_CULPRITS);
  if (later.length === 0) return;
  // Made at once, shown when asked for: the address may name one of them.
  const hidden = lines(later);
  hidden.forEach((item) => item.classList.add("later"));
  list.append(...hidden, moreItem(list, later.length));
}

/**
 * @param {ProjectIndex} index
 * @param {IndexCulprit} culprit
 * @param {number} most
 */
function culpritParts(index, culprit, most) {
  const colour = culprit.kind === "package" ? index.data.packages[culprit.package_id].colour : "function";
  const track = element("span", "culprit-bar");
  const fill = element("span", `culprit-fill ${colour}`);
  fill.style.width = `${most > 0 ? (100 * culprit.total_ms) / most : 0}%`;
  track.append(fill);
  const month = culprit.dollars_a_month;
  const where = `in ${wholeText(culprit.functions)} of ${wholeText(index.length)}`;
  return [
    element("span", "culprit-name", clipped(ownerLabel(culprit.name), 80)), " ",
    element("span", "culprit-where", month === null ? where : `${where}, ${dollarsText(month)} a month`), " ",
    element("span", "culprit-ms", `${wholeMs(culprit.total_ms)} ms`),
    track,
  ];
}
