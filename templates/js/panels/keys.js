// Keys that work everywhere on the page, and the list of them.

import { byId, dialogById } from "../lib/dom.js";

/** @typedef {Record<string, () => void>} KeyActions */

/** @param {KeyActions} pageActions */
export function listenToKeys(pageActions) {
  const help = dialogById("help");
  /** @type {KeyActions} */
  const actions = {
    ...pageActions,
    "/": () => byId("search").focus(),
    "?": () => help.showModal(),
    t: () => byId("table-section").focus(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest("input:not([type=range]), textarea, select")) return;
    if (!Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });
  byId("help-open").addEventListener("click", () => help.showModal());
  byId("help-close").addEventListener("click", () => help.close());
}
