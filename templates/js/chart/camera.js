// The window of time that the chart shows, and its way from one to another.

/** @import { View } from "../model/rows.js" */

const ZOOM_MS = 180;
// The log counts whole microseconds: closer than this there is nothing to see.
const LEAST_VIEW_US = 10;

export class Camera {
  /** @param {number} wholeUs */
  constructor(wholeUs) {
    this.wholeUs = Math.max(1, wholeUs);
    /** @type {View} */
    this.view = [0, this.wholeUs];
    /** @type {{ from: View, to: View, since: number } | null} */
    this.motion = null;
  }

  get lengthUs() {
    return this.view[1] - this.view[0];
  }

  /** @param {View} view */
  show(view) {
    this.motion = null;
    this.view = view;
  }

  /**
   * @param {View} to
   * @param {number} now
   */
  glide(to, now) {
    this.motion = { from: this.view, to, since: now };
  }

  /**
   * Move on to where a frame at this time should be.
   * @param {number} now
   */
  step(now) {
    if (!this.motion) return;
    const { from, to, since } = this.motion;
    const part = Math.min(1, Math.max(0, (now - since) / ZOOM_MS));
    const eased = 1 - (1 - part) ** 3;
    this.view = [from[0] + (to[0] - from[0]) * eased, from[1] + (to[1] - from[1]) * eased];
    if (part === 1) this.motion = null;
  }

  /**
   * The window of this length nearest to a left edge.
   * @param {number} left
   * @param {number} length
   * @returns {View}
   */
  within(left, length) {
    const start = Math.min(Math.max(0, left), Math.max(0, this.wholeUs - length));
    return [start, start + length];
  }

  /**
   * The window after zooming around a point of it (0 to 1).
   * @param {number} factor
   * @param {number} part
   */
  scaled(factor, part) {
    const length = Math.min(this.wholeUs, Math.max(LEAST_VIEW_US, this.lengthUs * factor));
    return this.within(this.view[0] + (this.lengthUs - length) * part, length);
  }
}
