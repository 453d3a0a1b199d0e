// The columns of the table of functions.

/** @import { ProjectIndex } from "../../model/project_index.js" */
/** @import { Pick, TableColumn } from "../table.js" */

import { buttonOf, element } from "../../lib/dom.js";
import { dollarsText, wholeMs, wholeText } from "../../lib/numbers.js";
import { clipped } from "../../lib/text.js";

const MOST_SEGMENTS = 24;
/** @type {Record<string, string>} */
const VERDICT_WORDS = { pass: "within", fail: "over", unknown: "not decided" };

/** @param {number | null} value */
function orLeast(value) {
  return value === null ? -Infinity : value;
}

/**
 * @param {ProjectIndex} index
 * @returns {TableColumn[]}
 */
export function functionColumns(index) {
  const { columns } = index;
  const hasMonths = columns.dollars_a_month.some((value) => value !== null);
  const hasSizes = columns.package_mb.some((value) => value !== null);
  const hasVerdicts = index.data.verdicts.length > 1;
  return [
    { key: "name", title: "Function", words: true, cell: (n) => nameCell(index, n), value: (n) => index.name(n).toLowerCase() },
    { key: "billed", title: `${index.data.words.init}, ms`, first: true, text: (n) => wholeText(columns.billed_ms[n]), value: (n) => columns.billed_ms[n] },
    { key: "parts", title: "Where it goes", left: true, cell: (n, pick) => partsCell(index, n, pick), value: (n) => columns.own_ms[n] },
    { key: "own", title: index.data.words.is_modelled ? "Without floor, ms" : "Own, ms", text: (n) => wholeMs(columns.own_ms[n]), value: (n) => columns.own_ms[n] },
    { key: "saved", title: "Could wait, ms", text: (n) => savedText(columns.saved_ms[n]), value: (n) => columns.saved_ms[n] },
    ...(hasMonths ? [monthColumn(index)] : []),
    ...(hasVerdicts ? [verdictColumn(index)] : []),
    { key: "runtime", title: "Runtime", words: true, cell: (n) => runtimeCell(index, n), value: (n) => index.runtime(n).name },
    { key: "memory", title: "Memory, MB", text: (n) => wholeText(columns.memory_mb[n]), value: (n) => columns.memory_mb[n] },
    { key: "used", title: "Used here, MB", text: (n) => usedText(columns.memory_used_mb[n]), value: (n) => orLeast(columns.memory_used_mb[n]) },
    ...(hasSizes ? [sizeColumn(index)] : []),
    ...(columns.dollars_per_million.some((value) => value !== null) ? [millionColumn(index)] : []),
    { key: "modules", title: "Modules", text: (n) => wholeText(columns.modules[n]), value: (n) => columns.modules[n] },
    { key: "form", title: "Package", words: true, text: (n) => index.form(n), value: (n) => index.form(n) },
    { key: "handler", title: "Handler", words: true, text: (n) => clipped(index.handler(n), 60), value: (n) => index.handler(n) },
  ];
}

/** @param {ProjectIndex} index @returns {TableColumn} */
function monthColumn({ columns }) {
  return moneyColumn("month", "$ a month", columns.dollars_a_month);
}

/** @param {ProjectIndex} index @returns {TableColumn} */
function millionColumn({ columns }) {
  return moneyColumn("million", "$ per million", columns.dollars_per_million);
}

/**
 * @param {string} key
 * @param {string} title
 * @param {(number | null)[]} amounts
 * @returns {TableColumn}
 */
function moneyColumn(key, title, amounts) {
  return {
    key, title, value: (n) => orLeast(amounts[n]),
    text: (n) => {
      const value = amounts[n];
      return value === null ? "–" : dollarsText(value);
    },
  };
}

/** @param {ProjectIndex} index @returns {TableColumn} */
function sizeColumn({ columns }) {
  return {
    key: "size", title: "Unpacked, MB", value: (n) => orLeast(columns.package_mb[n]),
    cell: (n) => {
      const [mb, stale] = [columns.package_mb[n], columns.stale_modules[n]];
      const cell = element("td", "num", mb === null ? "–" : mb.toFixed(1));
      if (!stale) return cell;
      const mark = element("abbr", "ending", "stale");
      mark.title = `${wholeText(stale)} modules that init loads come without valid bytecode`;
      cell.append(" ", mark);
      return cell;
    },
  };
}

/** @param {ProjectIndex} index @returns {TableColumn} */
function verdictColumn(index) {
  return {
    key: "budget", title: "Budget", words: true, value: (n) => index.verdict(n),
    cell: (n) => {
      const verdict = index.verdict(n);
      const words = Object.hasOwn(VERDICT_WORDS, verdict) ? VERDICT_WORDS[verdict] : "–";
      return element("td", `verdict-cell ${verdict === "fail" || verdict === "pass" ? verdict : ""}`, words);
    },
  };
}

/** @param {number} ms */
function savedText(ms) {
  return ms > 0 ? wholeMs(ms) : "–";
}

/** @param {number | null} mb */
function usedText(mb) {
  return mb === null ? "–" : wholeText(Math.round(mb));
}

/**
 * The name, a link to the function's own report if there is one.
 * @param {ProjectIndex} index
 * @param {number} row
 */
export function nameOf(index, row) {
  const page = index.columns.pages[row];
  const label = clipped(index.name(row), 120);
  if (!page || !isBeside(page)) return element("span", "name", label);
  const link = element("a", "name", label);
  link.href = page.split("/").map(encodeURIComponent).join("/");
  return link;
}

/**
 * True for a file below the page's own folder: a page that came from elsewhere names no other
 * address. `encodeURIComponent` then keeps a scheme from being one.
 * @param {string} page
 */
export function isBeside(page) {
  const isWhole = !/[\ud800-\udfff]/u.test(page);
  return isWhole && page.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

/** @param {ProjectIndex} index @param {number} row */
function nameCell(index, row) {
  const cell = element("th", "module");
  cell.scope = "row";
  cell.append(nameOf(index, row));
  return cell;
}

/** @param {ProjectIndex} index @param {number} row */
function runtimeCell(index, row) {
  const { name, ends } = index.runtime(row);
  const cell = element("td", "", clipped(name, 40));
  if (!ends) return cell;
  const mark = element("abbr", "ending", endingWord(ends));
  mark.title = clipped(ends, 300);
  cell.append(" ", mark);
  return cell;
}

/**
 * The date in a sentence on a runtime's end, or a word if it has none.
 * @param {string} sentence
 */
export function endingWord(sentence) {
  const found = /\b(ended|ends) on (\d{4}-\d\d-\d\d)/.exec(sentence);
  return found ? `${found[1]} ${found[2]}` : "ends";
}

/**
 * @param {ProjectIndex} index
 * @param {number} row
 * @param {Pick} pick
 */
function partsCell(index, row, pick) {
  const cell = element("td", "parts-cell");
  const button = buttonOf("parts-bar", "", () => pick(row));
  button.setAttribute("aria-label", `Where the init of ${clipped(index.name(row), 80)} goes`);
  button.append(...barSegments(index, row));
  cell.append(button);
  return cell;
}

/**
 * The segments of a function's bar, as long as its share of the longest init.
 * @param {ProjectIndex} index
 * @param {number} row
 */
function barSegments(index, row) {
  const parts = index.parts(row);
  const shown = parts.slice(0, MOST_SEGMENTS);
  const more = parts.slice(MOST_SEGMENTS).reduce((sum, part) => sum + part.ms, 0);
  if (more > 0) shown.push({ label: "", colour: "neutral-0", ms: more, packageId: -1 });
  const whole = Math.max(index.mostMs, 1);
  return shown.map(({ colour, ms }) => {
    const segment = element("span", `segment ${colour}`);
    segment.style.width = `${(100 * ms) / whole}%`;
    return segment;
  });
}
