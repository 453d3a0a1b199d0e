// The address of a project's page: search, choice, order and selection as its fragment.

/** @import { IndexState } from "../../model/index_state.js" */

import { fragmentOf, stateOf } from "../../model/index_state.js";

const REST_MS = 250;

export class IndexAddress {
  constructor() {
    this.timer = 0;
  }

  state() {
    return stateOf(location.hash);
  }

  /**
   * Replace the address once the state rests, so that Back leaves the page.
   * @param {IndexState} state
   */
  tell(state) {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => {
      const fragment = fragmentOf(state);
      if (location.hash.replace(/^#/, "") === fragment) return;
      try {
        history.replaceState(null, "", `#${fragment}`);
      } catch {
        // A page inside another page's frame has no address of its own; all else works there.
      }
    }, REST_MS);
  }
}
