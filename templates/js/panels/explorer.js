// Ties search, legend, chart and table together; both pages extend it.

/** @import { Clipboard } from "../lib/clipboard.js" */
/** @import { Flags, Forest, ShownIds } from "../model/forest.js" */
/** @import { Matches, Tally } from "../model/search.js" */
/** @import { KeyActions } from "./keys.js" */
/** @import { ImportTable } from "./table.js" */

import { listenToChart } from "../chart/controls.js";
import { Icicle } from "../chart/icicle.js";
import { byId, canvasById } from "../lib/dom.js";
import { plural } from "../lib/numbers.js";
import { NONE } from "../model/columns.js";
import { TIME_ORDER } from "../model/forest.js";
import { Address } from "./address.js";
import { drawCrumbs } from "./crumbs.js";
import { listenToKeys } from "./keys.js";
import { listenToSearch } from "./search_box.js";
import { drawSelection } from "./selection.js";
import { Tooltip } from "./tooltip.js";

/**
 * The tree of a page: a forest that can be searched.
 * @typedef {Forest & {
 *   search(text: string): Matches,
 *   tally(matches: Uint8Array, shown: ShownIds): Tally,
 * }} SearchedTree
 */

export class Explorer {
  /**
   * @param {SearchedTree} tree
   * @param {string[]} orders
   * @param {Clipboard} clipboard
   */
  constructor(tree, orders, clipboard) {
    this.searched = tree;
    this.orders = orders;
    this.order = TIME_ORDER;
    this.clipboard = clipboard;
    this.address = new Address();
    /** @type {Matches | null} */
    this.matches = null;
    /** @type {ShownIds} */
    this.shown = null;
    /** @type {number[]} */
    this.hits = [];
    this.hit = NONE;
    /** @type {ImportTable | null} */
    this.table = null;
    this.chart = this.drawChart(new Tooltip(byId("tooltip")));
    drawCrumbs(this.chart);
  }

  /** @param {Tooltip} tooltip */
  drawChart(tooltip) {
    const parts = {
      canvas: canvasById("icicle"), ruler: canvasById("ruler"), map: canvasById("minimap"),
      scroller: byId("icicle-scroll"), sizer: byId("icicle-sizer"),
    };
    const chart = new Icicle(parts, this.searched, {
      select: (node) => this.onSelect(node),
      zoom: () => drawCrumbs(chart),
      hover: (node, x, y) => tooltip.show(chart, node, x, y),
    });
    listenToChart(chart);
    return chart;
  }

  /** @param {ImportTable} table */
  setTable(table) {
    this.table = table;
    // What was typed or pressed before there were rows counts for them as well.
    if (this.matches || this.shown) this.applyFilters();
  }

  applyFilters() {
    this.tellMatches();
    const dim = this.searched.dimmed(this.matchedNodes, this.shown);
    this.chart.setDim(this.chart.tree === this.searched ? dim : this.dimOfChart());
    if (this.table) this.filterTable(this.table, dim);
  }

  /** @returns {Flags} */
  get matchedNodes() {
    return this.matches && this.matches.nodes;
  }

  dimOfChart() {
    return this.chart.tree.dimmed(this.matchedNodes, this.shown);
  }

  /**
   * @param {ImportTable} table
   * @param {Flags} dim  of the tree's nodes
   */
  filterTable(table, dim) {
    table.filter(dim);
  }

  /** Tell beside the box what search and legend leave together; Enter walks through it. */
  tellMatches() {
    const { matchedNodes: matches, shown } = this;
    const tally = matches && this.searched.tally(matches, shown);
    this.hits = tally ? tally.hits : [];
    this.hit = NONE;
    let text = "";
    if (tally && this.hits.length) text = `${plural(this.hits.length, "match", "matches")}, ${tally.text}`;
    else if (matches) text = shown && matches.includes(1) ? "No match in what is shown" : "No match";
    byId("search-result").textContent = text;
  }

  /** @param {string} text */
  search(text) {
    this.matches = text ? this.searched.search(text) : null;
    this.applyFilters();
  }

  /** @param {number} step */
  nextHit(step) {
    if (!this.hits.length) return;
    // Before the first of them, a step back is one to the last.
    const from = this.hit === NONE && step < 0 ? 0 : this.hit;
    this.hit = (from + step + this.hits.length) % this.hits.length;
    this.selectNode(this.hits[this.hit]);
  }

  /**
   * A legend's entry was pressed: show only what is pressed.
   * @param {number} id
   * @param {HTMLElement} button
   */
  toggleShown(id, button) {
    const shown = new Set(this.shown ?? []);
    if (!shown.delete(id)) shown.add(id);
    button.setAttribute("aria-pressed", String(shown.has(id)));
    this.setShown(shown.size ? shown : null);
  }

  showAll() {
    for (const button of byId("legend").querySelectorAll("[aria-pressed=true]")) {
      button.setAttribute("aria-pressed", "false");
    }
    this.setShown(null);
  }

  /** @param {ShownIds} shown */
  setShown(shown) {
    this.shown = shown;
    byId("legend-clear").hidden = !shown;
    this.applyFilters();
  }

  /** @param {number} node */
  onSelect(node) {
    const { tree } = this.chart;
    drawSelection(tree, node);
    const linked = tree === this.searched && node < tree.real ? node : NONE;
    byId("detail-link").hidden = linked === NONE;
    this.address.tell(linked);
  }

  /**
   * Select a node of the page's tree in the chart.
   * @param {number} node
   */
  selectNode(node) {
    this.chart.show(node);
  }

  /** @param {number} node */
  showInChart(node) {
    this.selectNode(node);
    byId("icicle-scroll").scrollIntoView({ block: "nearest" });
    this.chart.canvas.focus({ preventScroll: true });
  }

  fromAddress() {
    const { chart, searched } = this;
    const node = this.address.node();
    if (node === NONE || node >= searched.real) return;
    if (chart.tree === searched && node === chart.selected) return;
    this.selectNode(node);
    byId("icicle-scroll").scrollIntoView({ block: "nearest" });
  }

  /** @param {string} order */
  setOrder(order) {
    this.markOrder(order);
    this.order = order;
    this.chart.setOrder(order);
    this.chart.reveal(this.chart.selected, false);
  }

  /** @param {string} order */
  markOrder(order) {
    for (const other of this.orders) {
      byId(`order-${other}`).setAttribute("aria-pressed", String(order === other));
    }
  }

  nextOrder() {
    this.setOrder(this.orders[(this.orders.indexOf(this.order) + 1) % this.orders.length]);
  }

  copyName() {
    const { chart } = this;
    this.clipboard.copy(chart.tree.name(chart.selected), "Name copied");
  }

  /** @returns {KeyActions} */
  keyActions() {
    return { o: () => this.nextOrder(), c: () => this.copyName() };
  }

  listen() {
    listenToSearch({
      search: (text) => this.search(text),
      next: (step) => this.nextHit(step),
      leave: () => this.chart.canvas.focus(),
    });
    for (const order of this.orders) {
      byId(`order-${order}`).addEventListener("click", () => this.setOrder(order));
    }
    byId("legend-clear").addEventListener("click", () => this.showAll());
    byId("detail-copy").addEventListener("click", () => this.copyName());
    byId("detail-link").addEventListener("click", () => {
      this.clipboard.copy(this.address.link(), "Link copied");
    });
    listenToKeys(this.keyActions());
    addEventListener("hashchange", () => this.fromAddress());
  }
}
