// Names and labels: clipped, elided, without what the reader knows already.

/**
 * Names may be as long as a file; the page shows their two ends.
 * @param {string} text
 */
export function clipped(text, most = 160) {
  const points = Array.from(text.slice(0, 4 * most));
  if (text.length <= most) return text;
  const head = points.slice(0, Math.ceil(most * 0.6)).join("");
  return `${head}…${Array.from(text.slice(-4 * most)).slice(-Math.floor(most * 0.4)).join("")}`;
}

/**
 * The name without the packages that its parent's name has already.
 * @param {string} name
 * @param {string} parentName
 */
export function relativeName(name, parentName) {
  if (!parentName || name === parentName) return name;
  const parent = parentName.split(".");
  const parts = name.split(".");
  let shared = 0;
  while (shared < parts.length - 1 && shared < parent.length && parts[shared] === parent[shared]) {
    shared += 1;
  }
  return shared ? `.${parts.slice(shared).join(".")}` : name;
}

/**
 * At most so many characters, elided in the middle.
 * @param {string} text
 * @param {number} most
 */
export function elided(text, most) {
  if (text.length <= most) return text;
  if (most < 3) return "";
  // Two ends this short cannot be read; the beginning says more.
  if (most < 9) return `${text.slice(0, most - 1)}…`;
  const head = Math.ceil((most - 1) / 2);
  const tail = Math.floor((most - 1) / 2);
  return `${text.slice(0, head)}…${tail ? text.slice(-tail) : ""}`;
}

/**
 * True if each character is as wide as the font's others; the ellipsis of an elided name is.
 * @param {string} text
 */
export function isPlain(text) {
  return /^[\x20-\x7e…]*$/.test(text);
}

/**
 * @param {string} name
 * @param {boolean} [isFromRuntime] whether Lambda's runtime brings the distribution
 */
export function ownerLabel(name, isFromRuntime = false) {
  if (name === "function") return "your code";
  return isFromRuntime ? `${name} (from the runtime)` : name;
}
