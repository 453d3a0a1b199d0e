// What the billing model says at another memory size; its constants come with the data.

/** @import { IntervalData, MoneyConstants } from "./data.js" */

/**
 * @typedef {object} Bill
 * @property {MoneyConstants | null} money  null if no price follows the memory size
 * @property {Headline} headline
 * @property {{ memory_mb: number }} function
 */

/**
 * @typedef {object} Headline
 * @property {IntervalData} init_ms
 * @property {IntervalData} shown_ms
 * @property {number | null} second_dollars
 * @property {number} waiting_ms
 */

export class Money {
  /** @param {Bill} bill */
  constructor(bill) {
    this.constants = bill.money;
    this.headline = bill.headline;
    this.memoryMb = bill.function.memory_mb;
  }

  /** After init a function has its share of one vCPU: deferred work takes so many times longer. */
  get throttle() {
    return this.constants ? Math.max(1, this.constants.mb_per_vcpu / this.memoryMb) : 1;
  }

  /** True if there is a price. */
  get isPriced() {
    return this.constants !== null || this.headline.second_dollars !== null;
  }

  /**
   * Dollars for a million cold starts that bill so much, 0 without a price.
   * @param {number} ms
   */
  dollars(ms) {
    if (!this.constants) return (ms / 1000) * (this.headline.second_dollars ?? 0) * 1e6;
    return (this.memoryMb / 1024) * (ms / 1000) * this.constants.gb_second_dollars * 1e6;
  }

  /**
   * The billed init. Init runs unthrottled at every size; past the limit Lambda runs it again, and
   * it computes throttled. Waiting takes as long as before.
   * @returns {IntervalData}
   */
  billed() {
    if (!this.constants) return this.headline.shown_ms;
    const limit = this.constants.init_limit_ms;
    const { low, value, high, confidence } = this.headline.init_ms;
    const again = (/** @type {number} */ ms) => {
      const waits = Math.min(this.headline.waiting_ms, ms);
      return waits + (ms - waits) * this.throttle;
    };
    const up = (/** @type {number} */ ms) =>
      Math.ceil(Number((ms <= limit ? ms : again(ms)).toFixed(6)));
    const lost = high > limit ? limit : 0;
    return { low: up(low), value: up(value), high: up(high) + lost, confidence };
  }

  /**
   * What a deferral saves, what the first request that needs it waits, and the share of such
   * requests at which both are even.
   * @param {number} savedMs
   * @param {number} computedMs  the part of it that computes: only that is throttled
   */
  deferral(savedMs, computedMs) {
    const waits = computedMs * this.throttle + (savedMs - computedMs);
    return {
      saved: savedMs,
      waits,
      breakEven: waits > 0 ? savedMs / waits : 1,
      dollars: this.dollars(savedMs),
    };
  }
}
