// A table of any length: only the rows in view exist, between two that are as high as the rest.
// It is the chart's form for screen readers, so every row tells its number.

/** @import { Flags } from "../model/forest.js" */

import { element } from "../lib/dom.js";
import { plural, wholeText } from "../lib/numbers.js";
import { clipped } from "../lib/text.js";
import { afterFrame, whenIdle } from "../lib/timing.js";
import { NONE } from "../model/columns.js";

const TABLE_ROW_PX = 30;
const TABLE_SPARE = 8;
const MOST_PRINTED = 200;
// As many columns as the style sheet leaves on paper: a wider cell would make room for the others.
const PRINTED_COLUMNS = 7;

/** @typedef {(row: number) => void} Pick  show a row's module in the chart */

/**
 * A column has a text or a cell of its own.
 * @typedef {object} TableColumn
 * @property {string} title
 * @property {string} [key]  what the address calls it
 * @property {(row: number) => number | string} value  what sorting compares
 * @property {(row: number) => string} [text]
 * @property {(row: number, pick: Pick) => HTMLElement} [cell]
 * @property {boolean} [words]  not a figure
 * @property {boolean} [left]  a figure that begins at the left, such as a bar
 * @property {boolean} [first]  sorted by this column at first
 * @property {boolean} [up]  the first press sorts upwards
 */

/**
 * @typedef {object} TableParts
 * @property {HTMLElement} head
 * @property {HTMLElement} body
 * @property {HTMLElement} count
 * @property {HTMLElement} scroller
 * @property {HTMLElement} table
 * @property {HTMLElement} empty
 * @property {[one: string, many: string]} noun
 */

export class ImportTable {
  /**
   * @param {TableParts} parts
   * @param {number} length
   * @param {TableColumn[]} columns
   * @param {Pick} pick
   */
  constructor(parts, length, columns, pick) {
    this.parts = parts;
    this.length = length;
    this.columns = columns;
    this.pick = pick;
    /** @type {Flags} */
    this.dim = null;
    this.sorted = { column: columns.findIndex((column) => column.first), descending: true };
    this.order = new Int32Array(0);
    this.rows = this.order;
    this.waiting = false;
    /** Called after the reader has changed the order. */
    this.whenSorted = () => {};
    /** @type {[number, number] | null} */
    this.drawn = null;
    /** @type {WeakMap<Element, number>} */
    this.numberOf = new WeakMap();
    this.above = new Spacer();
    this.under = new Spacer();
    this.headers = columns.map((column, i) => this.header(column, i));
    parts.head.append(...this.headers);
    this.listen();
    this.arrange();
  }

  listen() {
    const { scroller } = this.parts;
    scroller.addEventListener("scroll", () => this.draw());
    addEventListener("beforeprint", () => this.print());
    addEventListener("afterprint", () => this.draw(true));
    // On paper the table is as high as its rows: drawing what fits would never end.
    const paper = matchMedia("print");
    const fit = () => {
      if (!paper.matches) this.draw();
    };
    // A frame later: new rows change the size, which would have to be reported in this one.
    new ResizeObserver(() => requestAnimationFrame(fit)).observe(scroller);
  }

  /**
   * @param {TableColumn} column
   * @param {number} place
   */
  header(column, place) {
    const head = element("th", column.words || column.left ? "" : "num");
    head.scope = "col";
    const button = element("button", "sort", column.title);
    button.type = "button";
    button.addEventListener("click", () => this.sortBy(place));
    head.append(button);
    return head;
  }

  /** @param {number} column */
  sortBy(column) {
    const same = this.sorted.column === column;
    const { words, up } = this.columns[column];
    this.sortTo(column, same ? !this.sorted.descending : !(words || up));
    this.whenSorted();
  }

  /**
   * @param {number} column
   * @param {boolean} descending
   */
  sortTo(column, descending) {
    this.sorted = { column, descending };
    this.arrange();
  }

  /**
   * Leave rows out. The chart gets this frame, the rows the next one: typing must not wait for
   * both.
   * @param {Flags} dim
   */
  filter(dim) {
    this.dim = dim;
    this.choose();
    if (this.waiting) return;
    this.waiting = true;
    afterFrame(() => {
      this.waiting = false;
      this.rewind();
    });
  }

  /** Sort all rows once: filtering then only leaves rows out, which keeps typing quick. */
  arrange() {
    const { column, descending } = this.sorted;
    this.order = this.sortedBy(this.columns[column], descending ? -1 : 1);
    this.headers.forEach((head, i) => {
      if (i === column) head.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else head.removeAttribute("aria-sort");
    });
    this.choose();
    this.rewind();
  }

  /**
   * @param {TableColumn} column
   * @param {number} sign
   */
  sortedBy({ value, words }, sign) {
    const values = words ? new Array(this.length) : new Float64Array(this.length);
    for (let row = 0; row < this.length; row += 1) values[row] = value(row);
    return new Int32Array(this.length).map((_, row) => row).sort((a, b) => {
      if (values[a] < values[b]) return -sign;
      return values[a] > values[b] ? sign : a - b;
    });
  }

  choose() {
    const { dim, parts } = this;
    this.rows = dim ? this.order.filter((row) => !dim[row]) : this.order;
    const [total, all] = [this.rows.length, this.length];
    const counted = plural(all, ...parts.noun);
    parts.count.textContent = total === all ? counted : `${wholeText(total)} of ${counted}`;
    parts.table.setAttribute("aria-rowcount", String(total + 1));
    parts.empty.hidden = total > 0;
  }

  /** Draw what can be seen first, and what scrolling will need when there is time. */
  rewind() {
    this.parts.scroller.scrollTop = 0;
    this.draw(true, 1);
    whenIdle(() => this.draw());
  }

  draw(again = false, spare = 2 * TABLE_SPARE) {
    const { scroller } = this.parts;
    const seen = scroller.clientHeight || 10 * TABLE_ROW_PX;
    const top = Math.floor(scroller.scrollTop / TABLE_ROW_PX) - TABLE_SPARE;
    const from = Math.max(0, top - (top % 2));
    const to = Math.min(this.rows.length, from + Math.ceil(seen / TABLE_ROW_PX) + spare);
    const [drawnFrom, drawnTo] = !again && this.drawn ? this.drawn : [NONE, NONE];
    if (drawnFrom === from && drawnTo === to) return;
    this.drawn = [from, to];
    if (drawnFrom === from && drawnTo < to) this.extend(drawnTo, to);
    else this.fill(from, to);
    this.above.setHeight(from * TABLE_ROW_PX);
    this.under.setHeight((this.rows.length - to) * TABLE_ROW_PX);
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  rowsBetween(from, to) {
    return Array.from(this.rows.subarray(from, to), (number, i) => this.row(number, from + i));
  }

  /**
   * @param {number} from
   * @param {number} to
   */
  extend(from, to) {
    this.under.row.before(...this.rowsBetween(from, to));
  }

  /**
   * Keep the focus: a row that scrolls a little must not lose the reader's place.
   * @param {number} from
   * @param {number} to
   */
  fill(from, to) {
    const { body } = this.parts;
    const row = body.contains(document.activeElement) ? document.activeElement?.closest("tr") : null;
    const held = row ? this.numberOf.get(row) : undefined;
    const drawn = this.rowsBetween(from, to);
    body.replaceChildren(this.above.row, ...drawn, this.under.row);
    if (held === undefined) return;
    const again = drawn.find((other) => this.numberOf.get(other) === held);
    /** @type {HTMLElement | null | undefined} */
    const control = again?.querySelector("button, a");
    control?.focus({ preventScroll: true });
  }

  /** Paper does not scroll: print the first rows of the order, and how many there are. */
  print() {
    const to = Math.min(this.rows.length, MOST_PRINTED);
    this.drawn = null;
    this.fill(0, to);
    this.above.setHeight(0);
    this.under.setHeight(0);
    if (to === this.rows.length) return;
    const more = element("tr");
    const cell = element("td", "", `and ${wholeText(this.rows.length - to)} more, in the page itself`);
    cell.colSpan = Math.min(this.columns.length, PRINTED_COLUMNS);
    more.append(cell);
    this.parts.body.append(more);
  }

  /**
   * @param {number} number
   * @param {number} place
   */
  row(number, place) {
    const row = element("tr");
    row.setAttribute("aria-rowindex", String(place + 2));
    this.numberOf.set(row, number);
    for (const { cell, text, words } of this.columns) {
      if (cell) row.append(cell(number, this.pick));
      else if (text) row.append(element("td", words ? "" : "num", clipped(text(number), 120)));
    }
    return row;
  }
}

/** A row as high as all that are not drawn above or below. */
class Spacer {
  constructor() {
    this.row = element("tr", "spacer");
    this.row.setAttribute("aria-hidden", "true");
    this.cell = element("td");
    this.row.append(this.cell);
  }

  /** @param {number} px */
  setHeight(px) {
    this.cell.style.height = `${px}px`;
  }
}
