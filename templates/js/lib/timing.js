// When to do what: the first frame and every keystroke come before the rest.

/**
 * Run once what is drawn has reached the screen.
 * @param {() => void} run
 */
export function afterFrame(run) {
  requestAnimationFrame(() => setTimeout(run));
}

/** True while the browser still reads the file; the facts of modules are at its end. */
export function isParsing() {
  return document.readyState === "loading";
}

/** @param {() => void} run */
export function whenParsed(run) {
  if (isParsing()) document.addEventListener("DOMContentLoaded", run, { once: true });
  else run();
}

/**
 * Run as soon as nothing else is to be done, but soon in any case.
 * @param {() => void} run
 */
export function whenIdle(run) {
  // Not every browser has it.
  if ("requestIdleCallback" in globalThis) requestIdleCallback(run, { timeout: 400 });
  else afterFrame(run);
}
