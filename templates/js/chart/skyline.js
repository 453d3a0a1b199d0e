// All functions side by side, each as high as its billed init, coloured by distribution.

/** @import { FunctionChoice, ProjectIndex } from "../model/project_index.js" */

import { byId, canvasById, penOf } from "../lib/dom.js";
import { plural, wholeText } from "../lib/numbers.js";
import { clipped } from "../lib/text.js";
import { whenIdle } from "../lib/timing.js";
import { NONE } from "../model/columns.js";

const SKYLINE_PX = 170;
const NAMES_PX = 18;
const WIDEST_PX = 140;
const NAMED_PX = 56;
const TOP_PX = 18;
// Narrower columns show few colours: the more there are, the less any of them can be followed.
const PLAIN_PX = 4;
const PLAIN_PACKAGES = 6;

/**
 * The columns of the chart: at most one a pixel. With more functions than pixels the highest of
 * each pixel stands for its neighbours.
 * @param {Int32Array} rows
 * @param {number} widthPx
 * @param {(row: number) => number} height
 */
export function columnsIn(rows, widthPx, height) {
  const count = Math.min(rows.length, Math.max(1, Math.floor(widthPx)));
  const shown = new Int32Array(rows.length ? count : 0);
  for (let column = 0; column < shown.length; column += 1) {
    const from = Math.floor((column * rows.length) / count);
    const to = Math.max(from + 1, Math.floor(((column + 1) * rows.length) / count));
    let best = rows[from];
    for (let at = from + 1; at < to; at += 1) if (height(rows[at]) > height(best)) best = rows[at];
    shown[column] = best;
  }
  return shown;
}

export class Skyline {
  /**
   * @param {ProjectIndex} index
   * @param {(row: number) => void} pick
   */
  constructor(index, pick) {
    this.index = index;
    this.pick = pick;
    this.canvas = canvasById("skyline");
    this.pen = penOf(this.canvas);
    this.tip = byId("tooltip");
    /** @type {Int32Array} */
    this.rows = new Int32Array(0);
    this.shown = new Int32Array(0);
    this.columnPx = 1;
    this.selected = NONE;
    // The label of the package whose functions alone are shown.
    this.chosen = "";
    /** @type {Map<string, string>} */
    this.colours = new Map();
    this.widthPx = 0;
    // The table comes first: the columns are drawn once the page answers.
    this.isWaiting = true;
    whenIdle(() => {
      this.isWaiting = false;
      this.draw();
    });
    this.listen();
  }

  listen() {
    const { canvas } = this;
    canvas.addEventListener("pointermove", (event) => this.hover(event));
    canvas.addEventListener("pointerleave", () => {
      this.tip.hidden = true;
    });
    canvas.addEventListener("click", (event) => {
      const row = this.rowAt(event.offsetX);
      if (row !== NONE) this.pick(row);
    });
    canvas.addEventListener("keydown", (event) => this.step(event));
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.colours.clear();
      this.later();
    });
    matchMedia("print").addEventListener("change", () => {
      this.colours.clear();
      this.later();
    });
    new ResizeObserver(() => this.later()).observe(/** @type {Element} */ (canvas.parentElement));
  }

  /** @param {KeyboardEvent} event */
  step(event) {
    const steps = { ArrowRight: 1, ArrowLeft: -1 };
    if (!Object.hasOwn(steps, event.key) || this.shown.length === 0) return;
    event.preventDefault();
    const by = steps[/** @type {"ArrowRight" | "ArrowLeft"} */ (event.key)];
    const at = this.rows.indexOf(this.selected);
    const next = at < 0 ? 0 : Math.min(this.rows.length - 1, Math.max(0, at + by));
    this.pick(this.rows[next]);
  }

  /** The function whose column is at this place, NONE beside all of them. @param {number} x */
  rowAt(x) {
    const column = Math.floor(x / this.columnPx);
    return column >= 0 && column < this.shown.length ? this.shown[column] : NONE;
  }

  /** @param {PointerEvent} event */
  hover(event) {
    const row = this.rowAt(event.offsetX);
    this.tip.hidden = row === NONE;
    this.canvas.classList.toggle("over", row !== NONE);
    if (row === NONE) return;
    this.tip.textContent = `${clipped(this.index.name(row), 120)}: ${wholeText(this.index.columns.billed_ms[row])} ms billed init`;
    const box = this.tip.getBoundingClientRect();
    const left = Math.max(8, Math.min(event.clientX + 14, innerWidth - box.width - 8));
    this.tip.style.transform = `translate(${left}px, ${Math.max(8, event.clientY - box.height - 12)}px)`;
  }

  /**
   * @param {Int32Array} rows  in the table's order
   * @param {FunctionChoice | null} choice
   */
  show(rows, choice) {
    this.rows = rows;
    this.chosen = choice?.key.startsWith("package:") ? choice.label : "";
    this.later();
  }

  /** @param {number} row */
  select(row) {
    this.selected = row;
    this.later();
  }

  /** Draw once in the next frame, however often it is asked for. */
  later() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      this.draw();
    });
  }

  draw() {
    const { canvas, pen, index } = this;
    const ratio = devicePixelRatio || 1;
    const widthPx = /** @type {Element} */ (canvas.parentElement).clientWidth;
    if (!widthPx) return;
    if (canvas.width !== Math.round(widthPx * ratio)) {
      canvas.width = Math.round(widthPx * ratio);
      canvas.height = Math.round(SKYLINE_PX * ratio);
      canvas.style.width = `${widthPx}px`;
      canvas.style.height = `${SKYLINE_PX}px`;
    }
    this.widthPx = widthPx;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, widthPx, SKYLINE_PX);
    this.shown = columnsIn(this.rows, widthPx, (row) => index.columns.billed_ms[row]);
    this.columnPx = Math.min(WIDEST_PX, widthPx / Math.max(1, this.shown.length));
    const most = this.shown.reduce((high, row) => Math.max(high, index.columns.billed_ms[row]), 0);
    const names = this.columnPx >= NAMED_PX;
    const floorY = SKYLINE_PX - (names ? NAMES_PX : 1);
    this.shown.forEach((row, column) => {
      this.drawColumn(row, column * this.columnPx, floorY, (floorY - TOP_PX) / Math.max(1, most));
      if (names) this.drawName(row, column * this.columnPx);
    });
    this.drawScale(most, widthPx, floorY);
    canvas.setAttribute("aria-label",
      `Billed init of ${plural(this.rows.length, "function", "functions")} as columns, up to ${wholeText(most)} ms; the table below holds the same figures`);
  }

  /**
   * @param {number} row
   * @param {number} x
   * @param {number} floorY
   * @param {number} scale  pixels a millisecond
   */
  drawColumn(row, x, floorY, scale) {
    const { pen, columnPx } = this;
    const gap = columnPx > 6 ? 2 : columnPx > 3 ? 0.5 : 0;
    // Whole pixels: half ones would show as stripes.
    const left = Math.round(x);
    const width = Math.max(1, Math.round(x + columnPx) - left - gap);
    let y = floorY;
    const isPlain = columnPx < PLAIN_PX;
    const parts = isPlain ? this.index.fewParts(row, PLAIN_PACKAGES, this.chosen) : this.index.parts(row);
    // The chosen package stands on the ground, where columns compare.
    if (this.chosen) parts.sort((a, b) => Number(this.isChosen(b.label)) - Number(this.isChosen(a.label)));
    for (const part of parts) {
      const height = part.ms * scale;
      pen.globalAlpha = !this.chosen || this.isChosen(part.label) ? 1 : 0.35;
      pen.fillStyle = this.colourOf(part.colour);
      pen.fillRect(left, y - height, width, height);
      y -= height;
    }
    pen.globalAlpha = 1;
    if (row !== this.selected) return;
    pen.strokeStyle = this.colourOf("--text");
    pen.lineWidth = 2;
    pen.strokeRect(left, y - 1, Math.max(2, width), floorY - y + 1);
  }

  /** @param {string} label */
  isChosen(label) {
    return this.chosen === label;
  }

  /** @param {number} row @param {number} x */
  drawName(row, x) {
    const { pen } = this;
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "bottom";
    pen.textAlign = "left";
    pen.fillStyle = this.colourOf("--quiet");
    const name = clipped(this.index.name(row), 120);
    // The end of a logical id is often the word Function, that of a stack's path its own name.
    const own = name.slice(name.lastIndexOf("/") + 1) || name;
    const fits = (this.columnPx - 8) / Math.max(1, pen.measureText(own).width);
    const shown = fits < 1 ? `${own.slice(0, Math.max(1, Math.floor(own.length * fits) - 1))}…` : own;
    pen.fillText(shown, x, SKYLINE_PX);
  }

  /** @param {number} most @param {number} widthPx @param {number} floorY */
  drawScale(most, widthPx, floorY) {
    const { pen } = this;
    pen.fillStyle = this.colourOf("--line");
    pen.fillRect(0, TOP_PX - 1, widthPx, 1);
    pen.fillRect(0, floorY, widthPx, 1);
    pen.font = "12px system-ui, sans-serif";
    pen.textBaseline = "bottom";
    pen.textAlign = "right";
    pen.fillStyle = this.colourOf("--quiet");
    if (most > 0) pen.fillText(`${wholeText(most)} ms`, widthPx, TOP_PX - 3);
  }

  /** @param {string} name  of a distribution's colour, or a property of the style */
  colourOf(name) {
    let value = this.colours.get(name);
    if (value === undefined) {
      const property = name.startsWith("--") ? name : `--c-${name}`;
      value = getComputedStyle(document.documentElement).getPropertyValue(property).trim() || "#999";
      this.colours.set(name, value);
    }
    return value;
  }
}
