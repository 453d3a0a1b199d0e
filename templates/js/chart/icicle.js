// The icicle: one canvas as large as its window, repainted from the layout. Only rows in view and
// boxes at least a pixel wide cost anything, so neither depth nor size slows it.

/** @import { Flags, Forest } from "../model/forest.js" */
/** @import { View } from "../model/rows.js" */
/** @import { Scene } from "./painter.js" */

import { NONE } from "../model/columns.js";
import { TIME_ORDER } from "../model/forest.js";
import { nodeAt } from "../model/rows.js";
import { Camera } from "./camera.js";
import { Minimap } from "./minimap.js";
import { Painter, ROW_PX, RULER_PX } from "./painter.js";

const MOST_ROWS = 26;
const LEAST_ROWS = 8;

/**
 * @typedef {object} IcicleParts
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLCanvasElement} ruler
 * @property {HTMLCanvasElement} map
 * @property {HTMLElement} scroller
 * @property {HTMLElement} sizer  makes the scroller as high as all rows
 */

/**
 * @typedef {object} IcicleHooks
 * @property {(node: number) => void} select
 * @property {() => void} zoom
 * @property {(node: number, x: number, y: number) => void} hover
 */

export class Icicle {
  /**
   * @param {IcicleParts} parts
   * @param {Forest} tree
   * @param {IcicleHooks} hooks
   */
  constructor(parts, tree, hooks) {
    this.parts = parts;
    this.canvas = parts.canvas;
    this.scroller = parts.scroller;
    this.tree = tree;
    this.hooks = hooks;
    this.painter = new Painter(parts.canvas, parts.ruler);
    this.minimap = new Minimap(parts.map, (view) => this.pan(view));
    this.camera = new Camera(tree.widths[tree.root]);
    this.order = TIME_ORDER;
    this.focus = tree.root;
    this.selected = tree.root;
    this.hovered = NONE;
    /** @type {Flags} */
    this.dim = null;
    this.frame = 0;
    this.widthPx = 0;
    this.heightPx = 0;
    this.heldPx = 0;
    /** @type {Set<HTMLCanvasElement>} */
    this.fitted = new Set();
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.readColours();
    this.resize();
  }

  get layout() {
    return this.tree.layout(this.order);
  }

  get openBlock() {
    return this.tree.block(this.focus);
  }

  readColours() {
    this.painter.readColours(this.tree.colours);
    this.minimap.stale = true;
  }

  /** Fit the canvas to its rows: below the deepest visible node would be an empty scroll. */
  resize() {
    const { scroller } = this;
    const rows = this.depthInView() + 1;
    const most = Math.min(MOST_ROWS * ROW_PX, Math.max(LEAST_ROWS * ROW_PX, 0.7 * innerHeight));
    const whole = rows * ROW_PX;
    const height = Math.min(whole, Math.floor(most / ROW_PX) * ROW_PX);
    // The chart never shrinks while one looks at it, unless the window became smaller.
    this.heldPx = Math.max(height, this.heldPx) > most ? height : Math.max(height, this.heldPx);
    scroller.style.height = `${this.heldPx}px`;
    this.widthPx = scroller.clientWidth;
    this.heightPx = scroller.clientHeight;
    this.parts.sizer.style.height = `${Math.max(0, whole - this.heightPx)}px`;
    const ratio = devicePixelRatio || 1;
    this.fit(this.canvas, this.heightPx, ratio);
    this.fit(this.parts.ruler, RULER_PX, ratio);
    this.minimap.resize(this.widthPx, ratio);
    this.paint();
  }

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {number} heightPx
   * @param {number} ratio
   */
  fit(canvas, heightPx, ratio) {
    const [width, height] = [this.widthPx, heightPx].map((px) => Math.max(1, Math.round(px * ratio)));
    // Setting a size, even the same, throws the picture away.
    if (canvas.width === width && canvas.height === height && this.fitted.has(canvas)) return;
    this.fitted.add(canvas);
    canvas.width = width;
    canvas.height = height;
    canvas.style.width = `${this.widthPx}px`;
    canvas.style.height = `${heightPx}px`;
    const pen = canvas === this.canvas ? this.painter.pen : this.painter.rulerPen;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  }

  depthInView() {
    const tree = this.tree;
    if (tree.rows) return tree.rows - 1;
    if (this.focus !== tree.root) return this.layout.depths[this.focus] + tree.below[this.focus];
    return tree.rowsFolded;
  }

  repaint() {
    if (this.frame) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0;
      this.camera.step(now);
      this.paint();
      if (this.camera.motion) this.repaint();
    });
  }

  /** @returns {Scene} */
  get scene() {
    const { tree, layout, widthPx, heightPx, openBlock, dim, hovered, selected } = this;
    const top = this.scroller.scrollTop;
    return { tree, layout, view: this.camera.view, widthPx, heightPx, top, openBlock, dim, hovered, selected };
  }

  paint() {
    const scene = this.scene;
    this.painter.paint(scene);
    this.minimap.update(scene, this.painter);
  }

  /**
   * Show other boxes in the same window, the whole of them.
   * @param {Forest} tree
   * @param {string} order
   */
  setTree(tree, order) {
    this.tree = tree;
    this.order = order;
    this.focus = this.selected = tree.root;
    this.hovered = NONE;
    this.camera = new Camera(tree.widths[tree.root]);
    this.heldPx = 0;
    this.scroller.scrollTop = 0;
    this.readColours();
    this.resize();
  }

  /** @param {Flags} dim */
  setDim(dim) {
    this.dim = dim;
    this.minimap.stale = true;
    this.repaint();
  }

  /** @param {View} view */
  pan(view) {
    this.camera.show(view);
    this.repaint();
  }

  /**
   * Zoom around a point of the window (0 to 1) without changing the path.
   * @param {number} factor
   * @param {number} part
   */
  scale(factor, part) {
    this.pan(this.camera.scaled(factor, part));
  }

  /** @param {PointerEvent | MouseEvent} event */
  at(event) {
    const box = this.canvas.getBoundingClientRect();
    const row = Math.floor((event.clientY - box.top + this.scroller.scrollTop) / ROW_PX);
    if (row < 0 || row >= this.tree.size) return NONE;
    const us = this.camera.view[0] + ((event.clientX - box.left) / this.widthPx) * this.camera.lengthUs;
    const node = nodeAt(this.tree, this.layout, row, us);
    return node === NONE || this.tree.isFolded(node, this.openBlock) ? NONE : node;
  }

  leave() {
    if (this.hovered !== NONE) {
      this.hovered = NONE;
      this.repaint();
    }
    this.hooks.hover(NONE, 0, 0);
  }

  /** @param {number} node */
  select(node) {
    if (node === this.selected) return;
    this.selected = node;
    this.repaint();
    this.hooks.select(node);
  }

  /**
   * The window that a node fills.
   * @param {number} node
   * @returns {View}
   */
  viewOf(node) {
    const start = this.layout.starts[node];
    return [start, start + Math.max(1, this.tree.widths[node])];
  }

  /** @param {number} node */
  zoom(node) {
    const to = this.viewOf(node);
    const changed = node !== this.focus;
    this.focus = node;
    if (this.calm.matches) this.camera.show(to);
    else this.camera.glide(to, performance.now());
    this.resize();
    this.reveal(node, true);
    this.repaint();
    if (changed) this.hooks.zoom();
  }

  /** @param {string} order */
  setOrder(order) {
    this.order = order;
    this.minimap.stale = true;
    this.camera.show(this.viewOf(this.focus));
    this.leave();
    this.resize();
  }

  /**
   * Select a node from outside the chart and make sure that it can be seen.
   * @param {number} node
   */
  show(node) {
    const block = this.tree.block(node);
    const apart = !this.tree.ancestors(node).includes(this.focus);
    if (apart || this.tree.isFolded(node, this.openBlock)) {
      const folded = this.tree.isReal(node) && block !== NONE;
      this.zoom(folded ? this.tree.real + block : this.tree.root);
    }
    this.select(node);
    this.reveal(node, false);
  }

  /**
   * Scroll to a node's row.
   * @param {number} node
   * @param {boolean} zoomed
   */
  reveal(node, zoomed) {
    const y = this.layout.depths[node] * ROW_PX;
    const scroller = this.scroller;
    const above = y < scroller.scrollTop;
    const under = y + 2 * ROW_PX > scroller.scrollTop + this.heightPx;
    if (above || under || (zoomed && y === 0)) {
      scroller.scrollTop = Math.max(0, zoomed ? y - ROW_PX : y - this.heightPx / 2);
    }
  }

  /** @param {number} node */
  move(node) {
    if (node === NONE) return;
    this.select(node);
    this.reveal(node, false);
  }

  zoomOut() {
    const parent = this.tree.parents[this.focus];
    if (parent === NONE) return;
    if (this.tree.isFolded(this.selected, this.tree.block(parent))) this.select(this.focus);
    this.zoom(parent);
  }

  showEverything() {
    this.zoom(this.tree.root);
    this.select(this.tree.root);
  }
}
