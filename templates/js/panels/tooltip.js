// The facts of the box under the pointer; the tooltip stays inside the window.

/** @import { Icicle } from "../chart/icicle.js" */
/** @import { Forest } from "../model/forest.js" */

import { element, pairOf } from "../lib/dom.js";
import { clipped } from "../lib/text.js";
import { NONE } from "../model/columns.js";

const MOST_FACT = 260;

/**
 * @param {Forest} tree
 * @param {number} node
 */
export function factRows(tree, node) {
  return tree.facts(node).map(([label, value]) => pairOf(label, value, MOST_FACT));
}

export class Tooltip {
  /** @param {HTMLElement} box */
  constructor(box) {
    this.box = box;
    this.node = NONE;
    /** @type {Forest | null} */
    this.tree = null;
  }

  /**
   * @param {Icicle} chart
   * @param {number} node
   * @param {number} x
   * @param {number} y
   */
  show(chart, node, x, y) {
    if (node === NONE) {
      this.box.hidden = true;
      this.node = NONE;
      return;
    }
    if (this.node !== node || this.tree !== chart.tree) this.fill(chart, node);
    const box = this.box.getBoundingClientRect();
    const left = Math.min(x + 14, innerWidth - box.width - 8);
    const top = y + 18 + box.height > innerHeight ? y - box.height - 12 : y + 18;
    this.box.style.transform = `translate(${Math.max(8, left)}px, ${Math.max(8, top)}px)`;
  }

  /**
   * @param {Icicle} chart
   * @param {number} node
   */
  fill(chart, node) {
    const { tree } = chart;
    this.node = node;
    this.tree = tree;
    const list = element("dl", "pairs");
    list.append(...factRows(tree, node));
    const title = element("p", "tip-name");
    title.append(element("span", `swatch ${tree.colour(node)}`), clipped(tree.name(node), 300));
    const folded = tree.isSum(node) && node !== tree.root && chart.openBlock !== tree.block(node);
    this.box.replaceChildren(title, list, ...(folded ? [element("p", "quiet", "Click to unfold what it loads.")] : []));
    this.box.hidden = false;
  }
}
