// The explorer of a profile: besides the orders of the import tree it shows who pays for what, and
// one module between its importers and its imports.

/** @import { ImportTree } from "../../model/import_tree.js" */
/** @import { Clipboard } from "../../lib/clipboard.js" */
/** @import { KeyActions } from "../keys.js" */

import { byId } from "../../lib/dom.js";
import { NONE } from "../../model/columns.js";
import { HEAVY_ORDER, TIME_ORDER } from "../../model/forest.js";
import { PayerTree } from "../../model/payer_tree.js";
import { SandwichTree } from "../../model/sandwich_tree.js";
import { drawCrumbs } from "../crumbs.js";
import { Explorer } from "../explorer.js";

const PAY_ORDER = "pay";

export class ReportExplorer extends Explorer {
  /**
   * @param {ImportTree} tree
   * @param {Clipboard} clipboard
   */
  constructor(tree, clipboard) {
    super(tree, [TIME_ORDER, HEAVY_ORDER, PAY_ORDER], clipboard);
    this.tree = tree;
    /** @type {PayerTree | null} */
    this.payers = null;
  }

  /** @param {number} node */
  selectNode(node) {
    if (this.chart.tree !== this.tree) this.setOrder(TIME_ORDER);
    super.selectNode(node);
  }

  /** @param {number} node */
  onSelect(node) {
    super.onSelect(node);
    const { tree } = this.chart;
    const isMiddle = tree !== this.tree && node === tree.root;
    byId("detail-sandwich").hidden = tree.source(node) === NONE || isMiddle;
  }

  /** @param {string} order */
  setOrder(order) {
    this.markView(order);
    if (order === PAY_ORDER && this.chart.tree === this.payers) return;
    if (order === PAY_ORDER) this.showPayers();
    else this.showTree(order);
    this.order = order;
    this.chart.setDim(this.dimOfChart());
    drawCrumbs(this.chart);
  }

  /** @param {string} order */
  markView(order) {
    this.markOrder(order);
    byId("chart-title-text").textContent = order === PAY_ORDER ? "Who pays for what" : "Import tree";
  }

  showPayers() {
    const { chart } = this;
    this.payers ??= new PayerTree(this.tree);
    const source = chart.tree.source(chart.selected);
    chart.setTree(this.payers, HEAVY_ORDER);
    const payer = this.payers.find(source);
    chart.select(payer);
    if (payer !== this.payers.root) chart.zoom(payer);
  }

  /** @param {string} order */
  showTree(order) {
    const { chart } = this;
    if (chart.tree === this.tree) {
      chart.setOrder(order);
      chart.reveal(chart.selected, false);
      return;
    }
    const source = chart.tree.source(chart.selected);
    chart.setTree(this.tree, order);
    if (source !== NONE) chart.show(source);
  }

  /** Show the selected module in the middle of what imports it and what it loads. */
  showSandwich() {
    const { chart } = this;
    const source = chart.tree.source(chart.selected);
    if (source === NONE) return;
    this.markOrder(PAY_ORDER);
    byId("chart-title-text").textContent = "Who imports it, what it loads";
    chart.setTree(new SandwichTree(this.tree, source), TIME_ORDER);
    chart.reveal(chart.tree.root, false);
    this.order = PAY_ORDER;
    chart.setDim(this.dimOfChart());
    this.onSelect(chart.tree.root);
    drawCrumbs(chart);
  }

  /** @returns {KeyActions} */
  keyActions() {
    return { ...super.keyActions(), p: () => this.setOrder(PAY_ORDER), s: () => this.showSandwich() };
  }

  listen() {
    super.listen();
    byId("detail-sandwich").addEventListener("click", () => this.showSandwich());
  }
}
