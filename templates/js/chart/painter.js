// Paints a scene of the icicle on canvas: boxes, labels, marks and the ruler. Its only state is the
// colours of the scheme.

/** @import { Flags, Forest, Layout } from "../model/forest.js" */
/** @import { View } from "../model/rows.js" */

import { penOf } from "../lib/dom.js";
import { msText, tickText } from "../lib/numbers.js";
import { elided, isPlain } from "../lib/text.js";
import { NONE } from "../model/columns.js";
import { eachInRow } from "../model/rows.js";

export const ROW_PX = 23;
export const RULER_PX = 24;
const LABEL_PX = 36;
const PAD_PX = 6;
const TICK_ROOM_PX = 84;

/**
 * @typedef {object} Scene
 * @property {Forest} tree
 * @property {Layout} layout
 * @property {View} view
 * @property {number} widthPx
 * @property {number} heightPx
 * @property {number} top  pixels scrolled
 * @property {number} openBlock
 * @property {Flags} dim
 * @property {number} hovered
 * @property {number} selected
 */

export class Painter {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {HTMLCanvasElement} ruler
   */
  constructor(canvas, ruler) {
    this.pen = penOf(canvas);
    this.rulerPen = penOf(ruler);
    /** @type {Map<string, { fill: string, ink: string }>} */
    this.colours = new Map();
    this.outline = this.paper = this.quiet = this.line = this.font = "";
    this.charPx = 7;
  }

  /** @param {string[]} names */
  readColours(names) {
    const css = getComputedStyle(document.documentElement);
    const value = (/** @type {string} */ name, /** @type {string} */ fallback) =>
      css.getPropertyValue(name).trim() || fallback;
    const ink = value("--chart-ink", "#111");
    this.colours = new Map(names.map((name) => [
      name, { fill: value(`--c-${name}`, "#999"), ink: value(`--c-${name}-ink`, ink) },
    ]));
    this.outline = value("--text", "#000");
    this.paper = value("--card", "#fff");
    this.quiet = value("--quiet", "#666");
    this.line = value("--line", "#ccc");
    this.font = `12px ${value("--mono", "monospace")}`;
    this.pen.font = this.font;
    this.charPx = this.pen.measureText("0").width || 7;
  }

  /** @param {string} name */
  colourOf(name) {
    return this.colours.get(name) ?? { fill: this.quiet, ink: this.outline };
  }

  /** @param {Scene} scene */
  paint(scene) {
    const pen = this.pen;
    const { tree, layout, top } = scene;
    pen.clearRect(0, 0, scene.widthPx, scene.heightPx);
    pen.font = this.font;
    pen.textBaseline = "middle";
    const last = Math.floor((top + scene.heightPx - 1) / ROW_PX);
    for (let row = Math.floor(top / ROW_PX); row <= last && row < tree.size; row += 1) {
      if (layout.rowStarts[row] === layout.rowStarts[row + 1]) break;
      const y = row * ROW_PX - top;
      eachInRow(tree, layout, row, scene.view, scene.widthPx, (node, x, width) => {
        if (!tree.isFolded(node, scene.openBlock)) this.paintNode(scene, node, x, y, width);
      });
    }
    pen.globalAlpha = 1;
    this.paintBody(scene);
    this.mark(scene, scene.hovered, 1);
    this.mark(scene, scene.selected, 2);
    this.paintRuler(scene);
  }

  /**
   * @param {Scene} scene
   * @param {number} node
   * @param {number} x
   * @param {number} y
   * @param {number} width
   */
  paintNode(scene, node, x, y, width) {
    const pen = this.pen;
    const colour = this.colourOf(scene.tree.colour(node));
    const dim = scene.dim !== null && scene.dim[node] === 1;
    pen.globalAlpha = dim ? 0.2 : 1;
    pen.fillStyle = colour.fill;
    pen.fillRect(x, y, width > 3 ? width - 1 : width, ROW_PX - 1);
    if (width < LABEL_PX) return;
    if (dim) pen.globalAlpha = 0.65;
    pen.fillStyle = dim ? this.outline : colour.ink;
    this.paintLabel(scene.tree, node, x, y, width);
  }

  /**
   * @param {Forest} tree
   * @param {number} node
   * @param {number} x
   * @param {number} y
   * @param {number} width
   */
  paintLabel(tree, node, x, y, width) {
    const pen = this.pen;
    const room = Math.floor((width - 2 * PAD_PX) / this.charPx);
    const name = tree.label(node).slice(0, 4000);
    const time = tree.figure(node);
    const middle = y + (ROW_PX - 1) / 2 + 0.5;
    const text = elided(name, room);
    // Characters of other scripts are wider than the font's own: only those need squeezing.
    if (isPlain(text)) pen.fillText(text, x + PAD_PX, middle);
    else pen.fillText(text, x + PAD_PX, middle, width - 2 * PAD_PX);
    if (name.length + time.length + 3 <= room) {
      pen.textAlign = "right";
      pen.fillText(time, x + width - PAD_PX - 1, middle);
      pen.textAlign = "left";
    }
  }

  /**
   * The handler's own self time is its module body: named where the row below is empty.
   * @param {Scene} scene
   */
  paintBody(scene) {
    const { tree, layout, view } = scene;
    const node = tree.handler;
    if (node === NONE) return;
    const [left, right] = view;
    const scale = scene.widthPx / (right - left);
    const self = Math.max(0, tree.selfUs[node]);
    const end = layout.starts[node] + tree.widths[node];
    const x = Math.max(0, (end - self - left) * scale);
    const width = Math.min(scene.widthPx, (end - left) * scale) - x;
    if (width < LABEL_PX) return;
    const y = (layout.depths[node] + 1) * ROW_PX - scene.top;
    const pen = this.pen;
    pen.strokeStyle = this.line;
    pen.setLineDash([3, 3]);
    pen.strokeRect(x + 0.5, y + 0.5, width - 2, ROW_PX - 2);
    pen.setLineDash([]);
    pen.fillStyle = this.quiet;
    const room = Math.floor((width - 2 * PAD_PX) / this.charPx);
    const whole = `module body ${msText(self)}`;
    const text = whole.length <= room ? whole : elided("module body", room);
    pen.fillText(text, x + PAD_PX, y + (ROW_PX - 1) / 2 + 0.5, width - 2 * PAD_PX);
  }

  /**
   * @param {Scene} scene
   * @param {number} node
   * @param {number} thick
   */
  mark(scene, node, thick) {
    const { tree, layout } = scene;
    if (node === NONE || tree.isFolded(node, scene.openBlock)) return;
    const [left, right] = scene.view;
    const scale = scene.widthPx / (right - left);
    const x = Math.max(0, (layout.starts[node] - left) * scale);
    const ends = (layout.starts[node] + tree.widths[node] - left) * scale;
    const width = Math.max(2, Math.min(scene.widthPx, ends) - x - 1);
    if (x > scene.widthPx || ends < 0) return;
    const y = layout.depths[node] * ROW_PX - scene.top;
    const pen = this.pen;
    pen.lineWidth = thick;
    pen.strokeStyle = this.outline;
    pen.strokeRect(x + thick / 2, y + thick / 2, Math.max(1, width - thick), ROW_PX - 1 - thick);
    if (thick > 1 && width > 8) {
      pen.lineWidth = 1;
      pen.strokeStyle = this.paper;
      pen.strokeRect(x + 2.5, y + 2.5, width - 5, ROW_PX - 6);
    }
    pen.lineWidth = 1;
  }

  /**
   * Ticks at 1, 2 or 5 times a power of ten, from where the view begins.
   * @param {Scene} scene
   */
  paintRuler({ view, widthPx }) {
    const pen = this.rulerPen;
    const length = view[1] - view[0];
    const least = Math.max(1, (length * TICK_ROOM_PX) / Math.max(1, widthPx));
    const power = 10 ** Math.floor(Math.log10(least));
    const step = [1, 2, 5, 10].map((digit) => digit * power).find((us) => us >= least) || 10 * power;
    pen.clearRect(0, 0, widthPx, RULER_PX);
    pen.font = this.font;
    pen.textBaseline = "middle";
    pen.fillStyle = this.quiet;
    pen.strokeStyle = this.line;
    pen.beginPath();
    for (let us = 0; us < length; us += step) {
      const x = Math.round((us / length) * widthPx) + 0.5;
      pen.moveTo(x, RULER_PX - 7);
      pen.lineTo(x, RULER_PX);
      if (x + 40 < widthPx) pen.fillText(tickText(us, step), x + 4, RULER_PX / 2);
    }
    pen.stroke();
  }
}
