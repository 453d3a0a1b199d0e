// A plot over memory sizes, both scales logarithmic.

/** @import { CurveLine } from "../model/memory_curve.js" */

import { shape } from "../lib/dom.js";
import { roundValues, wholeText } from "../lib/numbers.js";

const PLOT_PX = { height: 256, left: 54, right: 12, top: 22, bottom: 30 };
const DIGIT_PX = 7;
const LEAST_WIDTH_PX = 120;
const MOST_LEVELS = 8;
const NAMED_FIRST_MB = [128, 10240, 1769, 512, 1024, 4096, 256];

/**
 * @typedef {object} MemorySizes
 * @property {number[]} stops  the sizes of the slider, MB
 * @property {number} configured
 */

/** @typedef {{ low: (mb: number) => number, high: (mb: number) => number }} PlotBand */

export class MemoryPlot {
  /**
   * @param {HTMLElement} box
   * @param {CurveLine[]} lines
   * @param {(value: number) => string} levelText
   * @param {MemorySizes} sizes
   * @param {PlotBand | null} band
   */
  constructor(box, lines, levelText, sizes, band = null) {
    this.lines = lines;
    this.band = band;
    this.levelText = levelText;
    this.stops = sizes.stops;
    this.configuredMb = sizes.configured;
    this.markedMb = sizes.configured;
    this.width = 0;
    const ends = [...lines.map((line) => line.value), ...(band ? [band.low, band.high] : [])];
    const values = this.stops.flatMap((mb) => ends.map((end) => end(mb))).filter((value) => value > 0);
    // A line of equal values needs some height, too.
    this.least = Math.min(...values) / 1.12;
    this.most = Math.max(...values) * 1.12;
    this.svg = shape("svg", { class: "plot", role: "img", "aria-labelledby": `${box.id}-title` });
    this.marker = shape("g", { class: "curve-marker" });
    box.append(this.svg);
    // Text keeps its size on every screen: drawn again for each width instead of scaled.
    new ResizeObserver(([entry]) => this.draw(Math.round(entry.contentRect.width))).observe(box);
  }

  /** @param {number} memoryMb */
  x(memoryMb) {
    const { left, right } = PLOT_PX;
    const first = this.stops[0];
    const share = Math.log(memoryMb / first) / Math.log(this.stops[this.stops.length - 1] / first);
    return left + share * (this.width - left - right);
  }

  /** @param {number} value */
  y(value) {
    const { height, top, bottom } = PLOT_PX;
    const share = Math.log(Math.max(value, this.least) / this.least) / Math.log(this.most / this.least);
    return height - bottom - share * (height - top - bottom);
  }

  /** @param {number} width */
  draw(width) {
    if (width < LEAST_WIDTH_PX || width === this.width) return;
    this.width = width;
    this.svg.setAttribute("viewBox", `0 0 ${width} ${PLOT_PX.height}`);
    /** @type {SVGElement[]} */
    const parts = [...this.levels(), ...this.sizes()];
    if (this.band) parts.push(shape("path", { class: "band-area", d: this.area(this.band) }));
    parts.push(this.configured());
    for (const line of this.lines) {
      parts.push(shape("path", { class: `curve-line ${line.kind}`, d: this.path(line.value) }));
    }
    this.svg.replaceChildren(...parts, this.marker);
    this.mark(this.markedMb);
  }

  /** @param {(mb: number) => number} value */
  path(value, stops = this.stops) {
    return stops.map((mb, i) => `${i ? "L" : "M"}${this.x(mb).toFixed(1)} ${this.y(value(mb)).toFixed(1)}`).join("");
  }

  /** @param {PlotBand} band */
  area(band) {
    const back = this.path(band.low, [...this.stops].reverse());
    return `${this.path(band.high)}L${back.slice(1)}Z`;
  }

  /** A line across at each round value. */
  levels() {
    const { left, right } = PLOT_PX;
    return roundValues(this.least, this.most, MOST_LEVELS).flatMap((value) => {
      const y = this.y(value).toFixed(1);
      return [
        shape("line", { class: "curve-grid", x1: left, x2: this.width - right, y1: y, y2: y }),
        plotLabel(left - 8, Number(y) + 4, this.levelText(value), "end"),
      ];
    });
  }

  /** A tick at each size of the slider; as many of them named as there is room for. */
  sizes() {
    const floor = PLOT_PX.height - PLOT_PX.bottom;
    const ticks = this.stops.map((mb) => {
      const x = this.x(mb).toFixed(1);
      return shape("line", { class: "curve-tick", x1: x, x2: x, y1: floor, y2: floor + 4 });
    });
    /** @type {[number, number][]} */
    const taken = [];
    const named = [];
    for (const mb of new Set([this.configuredMb, ...NAMED_FIRST_MB, ...this.stops])) {
      const text = wholeText(mb);
      const half = (text.length * DIGIT_PX) / 2 + 5;
      const x = Math.min(this.x(mb), this.width - half + 4);
      if (!this.stops.includes(mb) || taken.some(([from, to]) => x + half > from && x - half < to)) continue;
      taken.push([x - half, x + half]);
      named.push(plotLabel(x, floor + 19, text, "middle"));
    }
    return [...ticks, ...named];
  }

  configured() {
    const x = this.x(this.configuredMb);
    const isLeft = x < this.width - 130;
    const group = shape("g", { class: "curve-own" });
    group.append(
      shape("line", { x1: x, x2: x, y1: PLOT_PX.top - 8, y2: PLOT_PX.height - PLOT_PX.bottom }),
      plotLabel(x + (isLeft ? 5 : -5), PLOT_PX.top - 8, "as configured", isLeft ? "start" : "end"),
    );
    return group;
  }

  /** @param {number} memoryMb */
  mark(memoryMb) {
    this.markedMb = memoryMb;
    if (!this.width) return;
    const x = this.x(memoryMb);
    const { top, height, bottom } = PLOT_PX;
    this.marker.replaceChildren(
      shape("line", { x1: x, x2: x, y1: top - 4, y2: height - bottom }),
      ...this.lines.filter((line) => line.kind !== "reference").map((line) => shape("circle", {
        class: line.kind, cx: x, cy: this.y(line.value(memoryMb)), r: 4.5,
      })),
    );
  }

  /**
   * The pointer shows a size, a click chooses it; by keyboard the slider does both.
   * @param {{ show: (mb: number) => void, leave: () => void, choose: (mb: number) => void }} hooks
   */
  listen({ show, leave, choose }) {
    const nearest = (/** @type {MouseEvent} */ event) => {
      const x = event.clientX - this.svg.getBoundingClientRect().left;
      return this.stops.reduce((a, b) => (Math.abs(this.x(b) - x) < Math.abs(this.x(a) - x) ? b : a));
    };
    this.svg.addEventListener("pointermove", (event) => show(nearest(event)));
    this.svg.addEventListener("pointerleave", leave);
    this.svg.addEventListener("click", (event) => choose(nearest(event)));
  }
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} text
 * @param {string} anchor
 */
function plotLabel(x, y, text, anchor) {
  const made = shape("text", { x: x.toFixed(1), y: y.toFixed(1), "text-anchor": anchor });
  made.textContent = text;
  return made;
}
