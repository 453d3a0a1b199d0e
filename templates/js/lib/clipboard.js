// Copying, and saying so.

import { byId, element } from "./dom.js";

const TOAST_MS = 1800;

export class Clipboard {
  constructor() {
    this.timer = 0;
  }

  /** @param {string} text */
  announce(text) {
    const toast = byId("toast");
    byId("live").textContent = text;
    toast.textContent = text;
    toast.classList.add("on");
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => toast.classList.remove("on"), TOAST_MS);
  }

  /**
   * @param {string} text
   * @param {string} done  what to announce if it worked
   */
  async copy(text, done) {
    try {
      await navigator.clipboard.writeText(text);
      this.announce(done);
    } catch {
      this.announce(copyBySelection(text) ? done : "The browser did not allow copying");
    }
  }
}

/**
 * Pages opened from disk may not always use the clipboard; a selection works there.
 * @param {string} text
 */
function copyBySelection(text) {
  const box = element("textarea", "hidden-label");
  box.value = text;
  const before = document.activeElement;
  document.body.append(box);
  box.select();
  const copied = document.execCommand("copy");
  box.remove();
  if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  return copied;
}
