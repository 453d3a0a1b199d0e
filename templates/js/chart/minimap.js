// The whole chart at a glance, with a window around what the chart shows; dragging moves it.

/** @import { View } from "../model/rows.js" */
/** @import { Painter, Scene } from "./painter.js" */

import { penOf } from "../lib/dom.js";
import { whenIdle } from "../lib/timing.js";
import { NONE } from "../model/columns.js";
import { eachInRow } from "../model/rows.js";

const MINIMAP_PX = 34;
const MINIMAP_ROW_PX = [2, 5];

export class Minimap {
  /**
   * @param {HTMLCanvasElement} canvas
   * @param {(view: View) => void} pan
   */
  constructor(canvas, pan) {
    this.canvas = canvas;
    this.panTo = pan;
    this.pen = penOf(canvas);
    // Drawn once for each order, scheme, filter and width: the window moves far more often.
    this.picture = document.createElement("canvas");
    this.picturePen = penOf(this.picture);
    this.stale = true;
    this.wiped = false;
    this.waiting = false;
    this.widthPx = NONE;
    this.ratio = 1;
    /** @type {Scene | null} */
    this.scene = null;
    this.listen();
  }

  listen() {
    /** @type {number | null} */
    let from = null;
    this.canvas.addEventListener("pointerdown", (event) => {
      if (!this.scene) return;
      this.canvas.setPointerCapture(event.pointerId);
      const us = this.usAt(event);
      const [left, right] = this.scene.view;
      from = us >= left && us <= right ? us - left : (right - left) / 2;
      this.pan(us - from);
    });
    this.canvas.addEventListener("pointermove", (event) => {
      if (from !== null) this.pan(this.usAt(event) - from);
    });
    const release = () => {
      from = null;
    };
    this.canvas.addEventListener("pointerup", release);
    this.canvas.addEventListener("pointercancel", release);
  }

  /** @param {PointerEvent} event */
  usAt(event) {
    const box = this.canvas.getBoundingClientRect();
    return ((event.clientX - box.left) / box.width) * this.wholeUs;
  }

  /** @param {number} left */
  pan(left) {
    if (!this.scene) return;
    const length = this.scene.view[1] - this.scene.view[0];
    const start = Math.min(Math.max(0, left), Math.max(0, this.wholeUs - length));
    this.panTo([start, start + length]);
  }

  get wholeUs() {
    return this.scene ? Math.max(1, this.scene.tree.widths[this.scene.tree.root]) : 1;
  }

  /**
   * @param {number} widthPx
   * @param {number} ratio
   */
  resize(widthPx, ratio) {
    if (widthPx === this.widthPx && ratio === this.ratio) return;
    for (const canvas of [this.canvas, this.picture]) {
      canvas.width = Math.max(1, Math.round(widthPx * ratio));
      canvas.height = Math.round(MINIMAP_PX * ratio);
    }
    this.canvas.style.width = `${widthPx}px`;
    this.canvas.style.height = `${MINIMAP_PX}px`;
    this.ratio = ratio;
    this.widthPx = widthPx;
    this.stale = true;
    // A new size has wiped the canvas: its picture must not be missing for a moment.
    this.wiped = this.scene !== null;
  }

  /**
   * Paint; a new picture of everything may come a frame later than the chart.
   * @param {Scene} scene
   * @param {Painter} colours
   */
  update(scene, colours) {
    this.scene = scene;
    if (!this.stale || this.wiped) {
      this.paint(scene, colours);
      return;
    }
    if (this.waiting) return;
    this.waiting = true;
    whenIdle(() => {
      this.waiting = false;
      if (this.scene) this.paint(this.scene, colours);
    });
  }

  /**
   * @param {Scene} scene
   * @param {Painter} colours
   */
  paint(scene, colours) {
    if (this.stale) this.paintPicture(scene, colours);
    this.wiped = false;
    const pen = this.pen;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const [left, right] = scene.view.map((us) => (us / this.wholeUs) * this.widthPx);
    pen.globalAlpha = 0.3;
    pen.drawImage(this.picture, 0, 0);
    pen.globalAlpha = 1;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const width = Math.max(2, right - left);
    pen.save();
    pen.beginPath();
    pen.rect(left, 0, width, MINIMAP_PX);
    pen.clip();
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.drawImage(this.picture, 0, 0);
    pen.restore();
    pen.strokeStyle = colours.outline;
    pen.lineWidth = 1.5;
    pen.strokeRect(left + 0.75, 0.75, Math.max(1, width - 1.5), MINIMAP_PX - 1.5);
  }

  /**
   * @param {Scene} scene
   * @param {Painter} colours
   */
  paintPicture({ tree, layout, dim }, colours) {
    const pen = this.picturePen;
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    pen.clearRect(0, 0, this.widthPx, MINIMAP_PX);
    const [least, most] = MINIMAP_ROW_PX;
    const rowPx = Math.min(most, Math.max(least, Math.floor(MINIMAP_PX / (tree.below[tree.root] + 1))));
    const rows = Math.ceil(MINIMAP_PX / rowPx);
    for (let row = 0; row < rows && row < tree.size; row += 1) {
      if (layout.rowStarts[row] === layout.rowStarts[row + 1]) break;
      eachInRow(tree, layout, row, [0, this.wholeUs], this.widthPx, (node, x, width) => {
        if (tree.isFolded(node, NONE)) return;
        pen.globalAlpha = dim !== null && dim[node] === 1 ? 0.15 : 1;
        pen.fillStyle = colours.colourOf(tree.colour(node)).fill;
        pen.fillRect(x, row * rowPx, width > 3 ? width - 0.5 : width, rowPx);
      });
    }
    this.stale = false;
  }
}
