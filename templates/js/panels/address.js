// The page's address, with the selected node as its fragment.

import { NONE } from "../model/columns.js";

const SETTLE_MS = 250;
const NO_FRAGMENT = "#";

export class Address {
  constructor() {
    this.fragment = NO_FRAGMENT;
    this.timer = 0;
  }

  /**
   * Replace the address, so that Back leaves the report instead of walking through every
   * selection. Once the selection rests: browsers refuse an address that changes with every repeat
   * of a held key.
   * @param {number} node  NONE for no node
   */
  tell(node) {
    const fragment = node === NONE ? NO_FRAGMENT : `#n=${node}`;
    this.fragment = fragment;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      if (location.hash === (fragment === NO_FRAGMENT ? "" : fragment)) return;
      try {
        history.replaceState(null, "", fragment);
      } catch {
        // A page inside another page's frame has no address of its own; all else works there.
      }
    }, SETTLE_MS);
  }

  /** The node that the address names, NONE if it names none. */
  node() {
    const digits = /^#n=(\d{1,9})$/.exec(location.hash);
    return digits ? Number(digits[1]) : NONE;
  }

  /** A link to the selection. */
  link() {
    return location.href.split("#")[0] + this.fragment;
  }
}
