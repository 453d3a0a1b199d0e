// Small helpers for the document. Text reaches the page through textContent only.

import { clipped } from "./text.js";

const SVG = "http://www.w3.org/2000/svg";
// Escaped, because the assembler takes a line's odd backtick for a template that spans lines.
const BACKTICK = "\u0060";

/**
 * The element of the template with this id.
 * @param {string} id
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`the page has no element ${id}`);
  return found;
}

/** @param {string} id */
export function canvasById(id) {
  return /** @type {HTMLCanvasElement} */ (byId(id));
}

/** @param {string} id */
export function inputById(id) {
  return /** @type {HTMLInputElement} */ (byId(id));
}

/** @param {string} id */
export function dialogById(id) {
  return /** @type {HTMLDialogElement} */ (byId(id));
}

/** @param {HTMLCanvasElement} canvas */
export function penOf(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
}

/**
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} [className]
 * @param {string | null} [text]
 */
export function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined && text !== null) made.textContent = text;
  return made;
}

/**
 * @param {string} className
 * @param {string} text
 * @param {() => void} press
 */
export function buttonOf(className, text, press) {
  const button = element("button", className, text);
  button.type = "button";
  button.addEventListener("click", press);
  return button;
}

/**
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, string | number>} attributes
 */
export function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  return made;
}

/**
 * Text with code between backticks, as the terminal's texts have it.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {string} className
 * @param {string} text
 */
export function textWithCode(tag, className, text) {
  const made = element(tag, className);
  const parts = text.split(BACKTICK);
  // A backtick without a second one belongs to the text.
  if (parts.length % 2 === 0) made.textContent = text;
  else parts.forEach((part, i) => made.append(...(i % 2 ? [element("code", "", part)] : withOptions(part))));
  return made;
}

/**
 * Text in which no line ends within an option: a browser would break after the hyphens.
 * @param {string} text
 */
function withOptions(text) {
  return text.split(/(?<![\w-])(--[a-z][a-z-]*)/).map((part, i) => (i % 2 ? element("span", "option", part) : part));
}

/**
 * A pair of a description list.
 * @param {string} label
 * @param {string} value
 */
export function pairOf(label, value, most = 400) {
  const pair = element("div");
  pair.append(element("dt", "", label), element("dd", "", clipped(value, most)));
  return pair;
}
