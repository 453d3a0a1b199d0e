// The parts of legends and lists that several pages have.

import { buttonOf, element } from "../lib/dom.js";
import { wholeText } from "../lib/numbers.js";

const PHASE_COLOURS = 6;

/** @typedef {(id: number, button: HTMLElement) => void} Toggle */

/**
 * @param {number} id
 * @param {HTMLElement[]} parts
 * @param {Toggle} toggle
 */
export function legendButton(id, parts, toggle) {
  const button = element("button", "entry");
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  button.append(...parts);
  button.addEventListener("click", () => toggle(id, button));
  return button;
}

/** The colour of the phase at a place in their order. @param {number} place */
export function phaseColour(place) {
  return `phase-${place % PHASE_COLOURS}`;
}

/**
 * The chip, label and time of a phase.
 * @param {string} label
 * @param {number} place
 * @param {string} time
 */
export function phaseKey(label, place, time) {
  const key = element("li", `phase-key ${phaseColour(place)}`);
  key.append(element("span", "chip"), element("span", "", label), element("strong", "", time));
  return key;
}

/**
 * The item that shows and hides the later ones of a list.
 * @param {HTMLElement} list
 * @param {number} count
 */
export function moreItem(list, count) {
  const item = element("li");
  const more = `${wholeText(count)} more`;
  const button = buttonOf("plain", more, () => {
    const open = list.classList.toggle("open");
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? "Fewer" : more;
  });
  button.setAttribute("aria-expanded", "false");
  item.append(button);
  return item;
}
