// Figures as people read them, the same in every locale: Intl would say no more and takes as long
// to load as the tree.

/** Dollars that arithmetic may take from half a cent, which is rounded up. */
const BELOW_HALF = 1e-9;

/** @param {number} value */
export function wholeText(value) {
  return value.toFixed(0).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** @param {number} value */
export function wholeMs(value) {
  return wholeText(Math.round(value));
}

/**
 * Three significant figures: the measurement supports no more.
 * @param {number} us
 */
export function msText(us) {
  const ms = us / 1000;
  const size = Math.abs(ms);
  if (size >= 100) return `${wholeText(Math.round(ms))} ms`;
  if (size >= 10) return `${ms.toFixed(1)} ms`;
  if (size >= 0.1 || us === 0) return `${ms.toFixed(2)} ms`;
  return `${Math.round(us)} µs`;
}

/**
 * Columns of numbers line up only if every row has the same decimals.
 * @param {number} us
 */
export function msColumn(us) {
  const ms = us / 1000;
  return Math.abs(ms) >= 1000 ? wholeText(Math.round(ms)) : ms.toFixed(1);
}

/**
 * @param {number} part
 * @param {number} whole
 */
export function shareText(part, whole) {
  if (!(whole > 0)) return "–";
  const percent = (100 * part) / whole;
  if (percent > 0 && percent < 0.1) return "<0.1 %";
  return percent >= 10 ? `${Math.round(percent)} %` : `${percent.toFixed(1)} %`;
}

/**
 * A true minus is as wide as the digits.
 * @param {string} text
 */
export function minus(text) {
  return text.replace("-", "−");
}

/** @param {number | null} kb */
export function memoryText(kb) {
  if (kb === null) return "not known";
  return Math.abs(kb) >= 1024 ? `${(kb / 1024).toFixed(1)} MB` : `${wholeText(kb)} kB`;
}

/** @param {number} value */
export function dollarsText(value) {
  if (value > 0 && value < 0.01) return "under $0.01";
  const [whole, cents] = (value + BELOW_HALF).toFixed(2).split(".");
  return `$${wholeText(Number(whole))}.${cents}`;
}

/** @param {{ low: number, high: number }} interval */
export function rangeText({ low, high }) {
  return `${dollarsText(low)} to ${dollarsText(high)}`;
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} many
 */
export function plural(count, one, many) {
  return `${wholeText(count)} ${count === 1 ? one : many}`;
}

/** @param {number} us */
export function signedMs(us) {
  if (Math.round(us) === 0) return "±0 ms";
  return `${us < 0 ? "−" : "+"}${msText(Math.abs(us))}`;
}

/** @param {number} value */
export function signedWhole(value) {
  const size = Math.round(Math.abs(value));
  return `${size === 0 ? "±" : value < 0 ? "−" : "+"}${wholeText(size)}`;
}

/** @param {number} value */
export function signedDollars(value) {
  const size = Math.abs(value);
  const [whole, cents] = (size + BELOW_HALF).toFixed(2).split(".");
  // An amount that rounds to nothing has no sign.
  const sign = Number(`${whole}.${cents}`) === 0 ? "±" : value < 0 ? "−" : "+";
  return `${sign}$${wholeText(Number(whole))}.${cents}`;
}

/**
 * A tick of the time ruler; its decimals follow from the distance between ticks.
 * @param {number} us
 * @param {number} step
 */
export function tickText(us, step) {
  if (us === 0) return "0";
  if (step < 10) return `${Math.round(us)} µs`;
  if (step < 1000) return `${(us / 1000).toFixed(step < 100 ? 2 : 1)} ms`;
  return `${wholeText(us / 1000)} ms`;
}

/** @param {number} value */
export function tickDollars(value) {
  if (value >= 1) return `$${wholeText(value)}`;
  return `$${value.toFixed(value < 0.1 ? 3 : 2).replace(/(\.\d\d)0$/, "$1")}`;
}

/** @param {number} ms */
export function tickMs(ms) {
  return ms >= 1000 ? `${wholeText(ms / 1000)} s` : `${ms < 1 ? ms : wholeText(ms)} ms`;
}

/** @param {number} ms */
export function waitText(ms) {
  return ms >= 10000 ? `${(ms / 1000).toFixed(1)} s` : msText(1000 * ms);
}

/**
 * The share of cold starts below which a deferral pays.
 * @param {number} breakEven  from 0 to 1
 */
export function payText(breakEven) {
  return breakEven < 1 ? `${Math.round(100 * breakEven)} %` : "always";
}

/**
 * 1, 2 and 5 of each power of ten; only whole powers if all of them are more than `few`.
 * @param {number} least
 * @param {number} most
 * @param {number} few
 */
export function roundValues(least, most, few) {
  const values = [];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power += 1) {
    values.push(...[1, 2, 5].map((digit) => Number((digit * 10 ** power).toPrecision(1))));
  }
  const inside = values.filter((value) => value >= least && value <= most);
  if (inside.length <= few) return inside;
  const sparse = inside.filter((value) => !String(value).includes("2"));
  return sparse.length <= few ? sparse : inside.filter((value) => /^[0.]*10*$/.test(String(value)));
}
