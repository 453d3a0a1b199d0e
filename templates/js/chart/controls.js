// Pointer, wheel and keys of the icicle, and what makes it draw itself again.

/** @import { Icicle } from "./icicle.js" */

import { NONE } from "../model/columns.js";
import { besideInRow, LEAST_PX } from "../model/rows.js";

/** @param {Icicle} icicle */
export function listenToChart(icicle) {
  listenToPointer(icicle);
  icicle.canvas.addEventListener("keydown", (event) => onChartKey(icicle, event));
  icicle.canvas.addEventListener("wheel", (event) => onWheel(icicle, event), { passive: false });
  icicle.scroller.addEventListener("scroll", () => {
    icicle.leave();
    icicle.repaint();
  });
  listenToMedia(icicle);
}

/** @param {Icicle} icicle */
function listenToPointer(icicle) {
  const { canvas } = icicle;
  canvas.addEventListener("click", (event) => {
    const node = icicle.at(event);
    if (node === NONE) return;
    icicle.select(node);
    icicle.zoom(node);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const node = icicle.at(event);
    canvas.classList.toggle("over", node !== NONE);
    if (node !== icicle.hovered) {
      icicle.hovered = node;
      icicle.repaint();
    }
    icicle.hooks.hover(node, event.clientX, event.clientY);
  });
  canvas.addEventListener("pointerleave", () => icicle.leave());
  canvas.addEventListener("focus", () => icicle.repaint());
  canvas.addEventListener("blur", () => icicle.repaint());
}

/** @param {Icicle} icicle */
function listenToMedia(icicle) {
  new ResizeObserver(() => {
    // It reports at once what the constructor has drawn already. A frame later, because the chart's
    // own new size would have to be reported in this one, which is an error.
    if (icicle.scroller.clientWidth !== icicle.widthPx) requestAnimationFrame(() => icicle.resize());
  }).observe(icicle.scroller);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    icicle.readColours();
    icicle.repaint();
  });
  // Paper is light, and no frame comes before it is printed.
  matchMedia("print").addEventListener("change", () => {
    icicle.readColours();
    icicle.paint();
  });
}

/**
 * With Ctrl (or a pinch) the wheel zooms, sideways it pans; otherwise the page scrolls as usual.
 * @param {Icicle} icicle
 * @param {WheelEvent} event
 */
function onWheel(icicle, event) {
  const { camera } = icicle;
  const sideways = event.shiftKey ? event.deltaY : event.deltaX;
  if (event.ctrlKey || event.metaKey) {
    const box = icicle.canvas.getBoundingClientRect();
    icicle.scale(2 ** (event.deltaY / 200), (event.clientX - box.left) / icicle.widthPx);
  } else if (Math.abs(sideways) > Math.abs(event.shiftKey ? 0 : event.deltaY)) {
    const left = camera.view[0] + (sideways / icicle.widthPx) * camera.lengthUs;
    icicle.pan(camera.within(left, camera.lengthUs));
  } else return;
  event.preventDefault();
}

/**
 * @param {Icicle} icicle
 * @param {KeyboardEvent} event
 */
function onChartKey(icicle, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  /** @type {Record<string, () => void>} */
  const actions = {
    ArrowLeft: () => icicle.move(nodeBeside(icicle, -1)),
    ArrowRight: () => icicle.move(nodeBeside(icicle, 1)),
    ArrowUp: () => icicle.move(icicle.tree.rowAbove(icicle.selected)),
    ArrowDown: () => icicle.move(nodeBelow(icicle)),
    Enter: () => icicle.zoom(icicle.selected),
    " ": () => icicle.zoom(icicle.selected),
    Escape: () => icicle.zoomOut(),
    Backspace: () => icicle.zoomOut(),
    "+": () => icicle.scale(0.5, 0.5),
    "-": () => icicle.scale(2, 0.5),
    Home: () => icicle.showEverything(),
  };
  if (!Object.hasOwn(actions, event.key)) return;
  event.preventDefault();
  actions[event.key]();
}

/**
 * The first box below the selection, unless it is folded.
 * @param {Icicle} icicle
 */
function nodeBelow({ tree, layout, selected, openBlock }) {
  const node = tree.rowBelow(selected, layout);
  return node === NONE || tree.isFolded(node, openBlock) ? NONE : node;
}

/**
 * The next box of the selection's row that is wide enough to be seen.
 * @param {Icicle} icicle
 * @param {number} step
 */
function nodeBeside({ tree, layout, focus, selected, openBlock, widthPx }, step) {
  const leastUs = (tree.widths[focus] / widthPx) * LEAST_PX;
  return besideInRow(tree, layout, { node: selected, focus, step, leastUs, openBlock });
}
