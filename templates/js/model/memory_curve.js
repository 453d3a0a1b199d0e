// Cost and waiting over memory sizes, as lines of functions from megabytes to a figure.

/** @import { CurveData, CurveSide, MoneyConstants } from "./data.js" */

import { Money } from "./money.js";

/**
 * @typedef {object} CurveLine
 * @property {string} name
 * @property {string} kind  its classes in the style sheet
 * @property {(memoryMb: number) => number} value
 */

export class MemoryCurve {
  /**
   * @param {CurveData} data
   * @param {MoneyConstants} constants
   */
  constructor({ sides, deferral, missing }, constants) {
    this.constants = constants;
    this.sides = sides;
    this.own = sides[0];
    this.missing = missing;
    // A saving that rounds to nothing has no line of its own.
    const saved = this.own.saved_ms ?? 0;
    this.savedMs = saved > 0 ? saved : 0;
    this.savedWaitingMs = Math.min(this.own.saved_waiting_ms, this.savedMs);
    this.deferral = this.savedMs > 0 ? deferral : null;
  }

  /**
   * The headline's model at another architecture, size or init.
   * @param {CurveSide} side
   * @param {number} memoryMb
   */
  at(side, memoryMb, lessMs = 0, lessWaitingMs = 0) {
    const { low, value, high, confidence } = side.init_ms;
    const [a, b, c] = [low, value, high].map((ms) => Math.max(0, ms - lessMs));
    return new Money({
      money: { ...this.constants, gb_second_dollars: side.gb_second_dollars },
      headline: {
        init_ms: { low: a, value: b, high: c, confidence },
        shown_ms: { low: a, value: b, high: c, confidence },
        second_dollars: null,
        waiting_ms: Math.max(0, side.waiting_ms - lessWaitingMs),
      },
      function: { memory_mb: memoryMb },
    });
  }

  /**
   * @param {CurveSide} side
   * @param {number} memoryMb
   */
  dollars(side, memoryMb, lessMs = 0, lessWaitingMs = 0) {
    const at = this.at(side, memoryMb, lessMs, lessWaitingMs);
    const { low, value, high } = at.billed();
    return { low: at.dollars(low), value: at.dollars(value), high: at.dollars(high) };
  }

  /** @param {number} memoryMb */
  deferredDollars(memoryMb) {
    return this.dollars(this.own, memoryMb, this.savedMs, this.savedWaitingMs).value;
  }

  /** @param {number} memoryMb */
  waitMs(memoryMb) {
    const computedMs = this.savedMs - this.savedWaitingMs;
    return this.at(this.own, memoryMb).deferral(this.savedMs, computedMs).waits;
  }

  /**
   * The share of cold starts below which the deferral pays.
   * @param {number} memoryMb
   */
  breakEven(memoryMb) {
    const computedMs = this.savedMs - this.savedWaitingMs;
    return this.at(this.own, memoryMb).deferral(this.savedMs, computedMs).breakEven;
  }

  /** The classes of the deferral's line: a prediction must not look like a measurement. */
  get deferralKind() {
    return this.deferral?.verified ? "deferred" : "deferred predicted";
  }

  /** @returns {CurveLine[]} */
  costLines() {
    /** @type {CurveLine[]} */
    const lines = this.sides.map((side, i) => ({
      name: side.arch, kind: `side-${i}`, value: (mb) => this.dollars(side, mb).value,
    }));
    if (this.deferral) {
      const name = `${this.own.arch}, ${this.deferral.what}${this.deferral.verified ? "" : " (predicted)"}`;
      lines.push({ name, kind: this.deferralKind, value: (mb) => this.deferredDollars(mb) });
    }
    return lines;
  }

  /** @returns {CurveLine[]} */
  waitLines() {
    return [
      { name: "saved at init", kind: "reference", value: () => this.savedMs },
      { name: "waits at first use", kind: this.deferralKind, value: (mb) => this.waitMs(mb) },
    ];
  }

  /** The band of the configured architecture. */
  band() {
    return {
      low: (/** @type {number} */ mb) => this.dollars(this.own, mb).low,
      high: (/** @type {number} */ mb) => this.dollars(this.own, mb).high,
    };
  }
}
